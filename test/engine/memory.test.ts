import assert from "node:assert/strict";
import { test } from "node:test";
import type { Memory } from "../../src/core/index.ts";
import { laterOf, steppedBy, withoutRecommendations } from "../../src/engine/memory.ts";
import { NOW } from "../support/situations.ts";

const learned = { secondsPerMessage: 1.9, messages: 340, at: NOW - 12_000 };
const grown = { at: NOW - 5_000, replicas: 8 };
const flow = [{ at: NOW, arrived: 3, completed: 2 }];
const memory: Memory = {
  lastScaleAt: NOW,
  drains: { queue: { learned, grown, flow, estimates: [2, 1.8], progressAt: NOW } },
};

test("over a step of the clock what was learned stays, and what is compared look by look begins anew", () => {
  assert.deepEqual(steppedBy(-3_600_000, memory), {
    lastScaleAt: NOW - 3_600_000,
    drains: {
      queue: {
        learned: { ...learned, at: learned.at - 3_600_000 },
        estimates: [2, 1.8],
        grown: { ...grown, at: grown.at - 3_600_000 },
      },
    },
  });
});

test("what was learned of other questions is void", () => {
  assert.deepEqual(withoutRecommendations(memory), { lastScaleAt: NOW });
});

test("times of a status may mean the end of their second, but not the future", () => {
  const second = Math.floor(NOW / 1000) * 1000;
  const stored = {
    lastScaleAt: second,
    recommendations: [{ at: second, replicas: 4 }],
    scalings: [{ at: second, change: 2 }],
  };
  const at = second + 999;
  const late = { lastScaleAt: at, recommendations: [{ at, replicas: 4 }], scalings: [{ at, change: 2 }] };
  assert.deepEqual(laterOf({}, stored, second + 60_000), late);
  assert.equal(laterOf({}, stored, second + 300).lastScaleAt, second + 300);
});

test("the exact time that this process remembers wins over the same one in the status", () => {
  const second = Math.floor(NOW / 1000) * 1000;
  assert.equal(
    laterOf({ lastScaleAt: second + 400 }, { lastScaleAt: second }, second + 60_000).lastScaleAt,
    second + 400,
  );
  assert.equal(
    laterOf({ lastScaleAt: second }, { lastScaleAt: second + 5_000 }, NOW + 60_000).lastScaleAt,
    second + 5_999,
  );
});
