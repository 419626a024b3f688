import assert from "node:assert/strict";
import { test } from "node:test";
import { steppedBy, withoutRecommendations } from "../../src/controller/memory.ts";
import type { Memory } from "../../src/core/index.ts";
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
