import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { drawChart } from "../../src/demo/view.ts";

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
