import assert from "node:assert/strict";
import { test } from "node:test";
import { summarize, summaryLines } from "../../src/demo/recorder.ts";

const seen = (at: number, backlog: number, replicas: number, ready: number) => ({ at, backlog, replicas, ready });

test("a summary tells the first worker asked for, the first ready, the peak, and both ways back to nothing", () => {
  const summary = summarize([
    seen(0, 10, 0, 0),
    seen(40, 200, 1, 0),
    seen(2100, 180, 10, 1),
    seen(9000, 0, 10, 10),
    seen(14_000, 0, 0, 0),
  ]);
  assert.deepEqual(summary, {
    firstScaleMs: 40,
    firstReadyMs: 2100,
    peakReplicas: 10,
    peakBacklog: 200,
    emptyMs: 9000,
    zeroMs: 14_000,
  });
});

test("an empty queue before any worker was ready is no work done, and zero before that is not the way back", () => {
  const summary = summarize([seen(0, 0, 0, 0), seen(10, 5, 0, 0), seen(20, 5, 1, 0)]);
  assert.equal(summary.zeroMs, undefined);
  assert.equal(summaryLines(summary), undefined);
});
