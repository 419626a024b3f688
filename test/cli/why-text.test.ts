import assert from "node:assert/strict";
import { test } from "node:test";
import { asText } from "../../src/cli/why-text.ts";
import type { Explanation } from "../../src/journal/explain.ts";

const NOW = Date.parse("2024-06-01T12:00:10Z");
const AT = "2024-06-01T12:00:00.000Z";

const ENTRY: Explanation["entries"][number] = {
  ...{ at: AT, until: AT, count: 1, currentReplicas: 1, desiredReplicas: 1, minReplicas: 0, maxReplicas: 9 },
  ...{ id: "WorkerAutoscaler/shop/mailer", kind: "WorkerAutoscaler", namespace: "shop", name: "mailer" },
  ...{ profile: "worker-autoscaler", mode: "Active", direction: "none", outcome: "NothingToDo" },
  signals: [{ name: "queue", trust: "failing" }],
  steps: [{ rule: "takeLargest", from: 1, to: 1, because: "queue cannot be read: the number stays at 1" }],
};

function told(reason: string, status: string, entry = ENTRY): string {
  const conditions = [
    { type: "Ready", status, reason, message: "so it is" },
    { type: "ScalingActive", status: "False", reason: "NotReady", message: "nothing is scaled, as so it is" },
  ];
  return asText({ from: "a test", tried: [], id: "WorkerAutoscaler/shop/mailer", conditions, entries: [entry] }, NOW);
}

test("the problem that keeps the workload from being scaled comes first, and once", () => {
  for (const [reason, status] of [
    ["WorkloadMissing", "False"],
    ["SecretMissing", "False"],
    ["WorkloadUnknown", "Unknown"],
  ] as const) {
    const text = told(reason, status);
    assert.match(text, new RegExp(`^WorkerAutoscaler/shop/mailer\\n\\nnothing is scaled now: ${reason}: so it is\\n`));
    assert.equal(text.split("so it is").length, 2);
  }
});

test("problems that do not stop the scaling come last", () => {
  const text = told("WorkloadHasRival", "False");
  assert.doesNotMatch(text, /nothing is scaled now/);
  assert.match(text, /^ {2}now {6}Ready is False: WorkloadHasRival: so it is$/m);
});

test("does not call a number right while a signal in doubt holds it", () => {
  const text = told("MetricUnreadable", "False");
  assert.match(text, /^1 replica stays, and queue cannot be trusted \(bounds 0 to 9\)$/m);
  assert.doesNotMatch(text, /right/);
  const trusted = told("ReadyForNewScale", "True", { ...ENTRY, signals: [{ name: "queue", trust: "ok" }] });
  assert.match(trusted, /^1 replica, and 1 is right \(bounds 0 to 9\)$/m);
});

test("shows what a drain rule has learned with its age and how much it was learned from", () => {
  const at = Date.parse(AT) - 40_000;
  const forecast = { at, minutes: 19, squares: [0, 0, 0, 0], noise: 0, perSecond: 3.04, trend: 0.1 };
  const errors = { own: 0.2, last: 1, mean: 2, actual: 5 };
  const known = { bins: 900, compared: 804, last: 5, mean: 5, long: errors, short: errors };
  const season = { outlook: { at, perSecond: [4.9, 5, 5, 5, 5], ...known } };
  const learned = { secondsPerMessage: 2, messages: 855, at: new Date(at).toISOString() };
  const signals = [{ name: "queue", trust: "ok" as const, value: 36, learned, seen: { forecast, season } }];
  const expected =
    /queue: 36, 2 s a message \(learned from 855, 40 s before\), 3 arriving a second, \+0\.1 each minute \(19 minutes compared, 40 s before\), 4\.9 a second foretold \(off by 4 %, the naive one by 20 %; 804 compared\)/;
  assert.match(told("ReadyForNewScale", "True", { ...ENTRY, signals }), expected);
});

test("says how many Jobs run and wait to run", () => {
  const jobs = { running: 3, pending: 2, knownSince: 0, groups: [] };
  const text = told("ReadyForNewScale", "True", { ...ENTRY, jobs });
  assert.match(text, /^ {2}jobs {5}3 running, 2 pending$/m);
});
