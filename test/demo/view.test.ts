import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { drawChart, drawFrame } from "../../src/demo/view.ts";

const shape = { title: "backlog", width: 10, height: 2, spanMs: 1000 };

test("a chart shows the largest value on its axis and the latest in its title", () => {
  const lines = drawChart(shape, [
    { at: 0, value: 0 },
    { at: 500, value: 40 },
    { at: 999, value: 20 },
  ]);
  assert.deepEqual(lines, ["        backlog: 20", "    40 ┤     ████ ", "     0 ┤     █████", "       └──────────"]);
});

test("one message among thousands is still visible", () => {
  const lines = drawChart({ ...shape, width: 2 }, [
    { at: 0, value: 5000 },
    { at: 999, value: 1 },
  ]);
  assert.equal(lines.at(-2), "     0 ┤█▁");
});

test("every line fits the width with any samples", () => {
  const sample = fc.record({ at: fc.integer({ min: 0, max: 5000 }), value: fc.nat(100_000) });
  fc.assert(
    fc.property(
      fc.array(sample),
      fc.integer({ min: 1, max: 80 }),
      fc.integer({ min: 2, max: 12 }),
      (samples, width, height) => {
        const lines = drawChart(
          { title: "t", width, height, spanMs: 1000 },
          [...samples].sort((a, b) => a.at - b.at),
        );
        assert.equal(lines.length, height + 2);
        for (const line of lines.slice(1)) assert.ok([...line].length <= width + 8);
      },
    ),
  );
});

test("a frame fits a terminal of 80 columns and 24 lines, and grows with the terminal", () => {
  const turns = Array.from({ length: 20 }, (_, at) => ({
    at: at * 1_000,
    from: at,
    to: at + 1,
    because: "w".repeat(99),
  }));
  const observations = turns.map(({ at, to }) => ({ at, backlog: 1_000 - to, replicas: to, ready: to }));
  const labels = { backlog: "messages", replicas: "workers" };
  const kubectl = "kubectl --kubeconfig demo.kubeconfig get wpa,deployments,pods";
  const story = { scene: "Work.", kubectl, labels, turns, observations, remark: "The cool-down is shorter here." };
  const frame = drawFrame(story, { columns: 80, rows: 24 });
  assert.equal(frame.length, 23, "the last line is the cursor's");
  assert.ok(frame.every((line) => [...line].length <= 80));
  assert.equal(frame.at(-1), `  Look around: ${kubectl}`);
  assert.equal(drawFrame(story, { columns: 120, rows: 50 }).length, 28);
});

test("the README's moving picture shows each step of the demo, and each of its lines has its time", () => {
  const svg = readFileSync("docs/images/demo.svg", "utf8");
  const steps = [
    /0 -&gt; \d+ workers? {2}\d+ messages/,
    /-&gt; 10 workers {2}200 messages/,
    /-&gt; 0 workers {2}no messages/,
  ];
  for (const step of steps) assert.match(svg, step);
  const shown = new Set([...svg.matchAll(/<text class="(?:last )?(\w+)"/g)].map(([, name]) => name));
  const timed = new Set([...svg.matchAll(/@keyframes (\w+)\{/g)].map(([, name]) => name));
  assert.deepEqual(shown, timed);
  assert.ok(svg.length < 150_000);
});
