import assert from "node:assert/strict";
import { test } from "node:test";
import { askStatus } from "../../src/journal/explain-status.ts";

const QUESTION = { namespace: "shop", name: "mailer", kind: undefined, at: undefined, last: 1, now: 0 };
const TIME = "2026-01-02T03:04:05Z";
const decision = (from: number, to: number) => ({
  ...{ time: TIME, from, desiredReplicas: to, steps: [], reason: "TakeLargest" },
  direction: to > from ? "up" : "none",
});

/** The only entry of an object with that spec and status. */
async function entryOf(spec: object, status: object) {
  const item = { metadata: { name: "mailer" }, spec: { minReplicas: 1, maxReplicas: 5, ...spec }, status };
  const get = async (path: string) => ({ items: path.includes("/workerautoscalers") ? [item] : [] });
  const { entries } = await askStatus(get, QUESTION);
  return entries[0];
}

test("the status of a dry run does not announce a scaling", async () => {
  const entry = await entryOf({ mode: "DryRun" }, { currentReplicas: 1, lastDecision: decision(1, 4) });
  assert.deepEqual([entry?.mode, entry?.outcome], ["DryRun", "DryRun"]);
});

test("shows a scaling since the decision with its time, but no older one", async () => {
  const scaling = (time: string) => ({
    lastDecision: decision(1, 4),
    lastScaling: { time, from: 1, to: 4, reason: "" },
  });
  assert.deepEqual((await entryOf({}, scaling(TIME)))?.scaled, { at: TIME, from: 1, to: 4 });
  assert.equal((await entryOf({}, scaling("2026-01-02T02:00:00Z")))?.outcome, "Pending");
});

test("a missing object may be a PHPA file, which has no status", async () => {
  await assert.rejects(
    askStatus(async () => ({ items: [] }), QUESTION),
    /there is no autoscaler shop\/mailer among the cluster's objects, and PHPA files are known to the controller alone/,
  );
});

test("takes the limit that holds the number from the condition", async () => {
  const limit = { type: "ScalingLimited", reason: "CoolDown", message: "the last scaling was 8 s ago" };
  const entry = async (status: string) =>
    entryOf({}, { conditions: [{ ...limit, status }], lastDecision: decision(4, 4) });
  assert.deepEqual((await entry("True"))?.limited?.reason, "CoolDown");
  assert.equal((await entry("False"))?.limited, undefined);
});
