import assert from "node:assert/strict";
import { test } from "node:test";
import { summaryLines } from "../../src/demo/recorder.ts";

const seen = (at: number, backlog: number, replicas: number, ready: number) => ({ at, backlog, replicas, ready });

test("the summary has the first worker asked for, the first ready, the peak, and the way back to nothing", () => {
  const lines = summaryLines([
    seen(0, 10, 0, 0),
    seen(40, 200, 1, 0),
    seen(2100, 180, 10, 1),
    seen(9000, 0, 10, 10),
    seen(14_000, 0, 0, 0),
  ]);
  assert.deepEqual(
    lines?.map((line) => line.split(/ {2,}/)[1]),
    ["40 ms", "2.1 s", "10 workers, 200 messages", "9.0 s", "14.0 s"],
  );
});

test("ignores an empty queue before any worker was ready", () => {
  assert.equal(summaryLines([seen(0, 0, 0, 0), seen(10, 5, 0, 0), seen(20, 5, 1, 0)]), undefined);
});
