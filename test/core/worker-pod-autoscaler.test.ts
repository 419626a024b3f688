import assert from "node:assert/strict";
import { test } from "node:test";
import { type Decision, decide } from "../../src/core/index.ts";
import { NOW, type QueueAutoscaler, queueSituation } from "../support/situations.ts";

interface Case {
  readonly current: number;
  readonly messages: number;
  readonly arrivals?: number;
  readonly idle?: number | "all";
  readonly autoscaler?: QueueAutoscaler;
  readonly lastScaleSecondsAgo?: number;
  readonly expected: number;
}

function decided({ current, messages, arrivals, idle, autoscaler = {}, lastScaleSecondsAgo }: Case): Decision {
  const reading = {
    value: messages,
    ...(arrivals === undefined ? {} : { arrivalsPerMinute: arrivals }),
    ...(idle === undefined ? {} : { idleWorkers: idle }),
  };
  const memory = lastScaleSecondsAgo === undefined ? {} : { lastScaleAt: NOW - lastScaleSecondsAgo * 1000 };
  return decide(queueSituation(reading, current, { autoscaler, memory }));
}

const CASES: Readonly<Record<string, Case>> = {
  "the first message calls a worker": { current: 0, messages: 1, expected: 1 },
  "zero to many is one step": { current: 0, messages: 120, expected: 12 },
  "a backlog beyond maxReplicas gives maxReplicas": { current: 3, messages: 10_000, expected: 30 },
  "a change of exactly a tenth is not worth making": { current: 10, messages: 110, expected: 10 },
  "a change of more than a tenth is made": { current: 10, messages: 111, expected: 12 },
  "a tenth less is not worth making either": { current: 10, messages: 90, expected: 10 },
  "at zero workers there is no tolerance": { current: 0, messages: 5, expected: 1 },
  "an empty queue with idle workers goes to zero": { current: 7, messages: 0, idle: 7, expected: 0 },
  "a source that knows nobody is busy counts as all idle": { current: 7, messages: 0, idle: "all", expected: 0 },
  "an empty queue goes to minReplicas where idleness is unknown": {
    current: 7,
    messages: 0,
    autoscaler: { minReplicas: 2 },
    expected: 2,
  },
  "all idle lifts maxDisruption": {
    current: 10,
    messages: 0,
    idle: 10,
    autoscaler: { maxDisruption: { percent: 10 } },
    expected: 0,
  },
  "some idle does not": {
    current: 10,
    messages: 0,
    idle: 9,
    autoscaler: { maxDisruption: { percent: 10 } },
    expected: 9,
  },
  "a percentage of workers to disrupt is rounded up": {
    current: 7,
    messages: 1,
    autoscaler: { maxDisruption: { percent: 50 } },
    expected: 3,
  },
  "a count of workers to disrupt": {
    current: 20,
    messages: 1,
    autoscaler: { maxDisruption: { count: 5 } },
    expected: 15,
  },
  "no disruption at all": { current: 20, messages: 1, autoscaler: { maxDisruption: { count: 0 } }, expected: 20 },
  "arrivals keep fast workers alive over an empty queue": {
    current: 10,
    messages: 0,
    arrivals: 30,
    idle: 10,
    autoscaler: { secondsPerMessage: 10 },
    expected: 5,
  },
  "the rate floor is off without secondsToProcessOneJob": { current: 10, messages: 0, arrivals: 30, expected: 0 },
  "the rate floor lifts a small backlog": {
    current: 2,
    messages: 1,
    arrivals: 61,
    autoscaler: { secondsPerMessage: 10 },
    expected: 11,
  },
  "a rate floor at maxReplicas gives maxReplicas, even where the backlog asks for less": {
    current: 2,
    messages: 1,
    arrivals: 100_000,
    autoscaler: { secondsPerMessage: 10 },
    expected: 30,
  },
  "min above max gives max": {
    current: 2,
    messages: 1,
    autoscaler: { minReplicas: 9, maxReplicas: 4 },
    expected: 4,
  },
  "above maxReplicas comes down to it": { current: 40, messages: 10_000, expected: 30 },
  "no scale-down while the last scaling is exactly the cool-down ago": {
    current: 7,
    messages: 0,
    lastScaleSecondsAgo: 600,
    expected: 7,
  },
  "scale-down once it is longer ago": { current: 7, messages: 0, lastScaleSecondsAgo: 600.001, expected: 0 },
  "scale-up never waits": { current: 1, messages: 100, lastScaleSecondsAgo: 0, expected: 10 },
};

for (const [name, situation] of Object.entries(CASES)) {
  test(name, () => {
    assert.equal(decided(situation).desiredReplicas, situation.expected);
  });
}

test("a cool-down says until when it holds, and what it held back", () => {
  const decision = decided({ current: 7, messages: 0, lastScaleSecondsAgo: 500, expected: 7 });
  assert.equal(decision.reconsiderAt, NOW + 100_001);
  assert.deepEqual(decision.limited, {
    reason: "CoolDown",
    message: "the last scaling was 500 s ago; scaling down waits until it is more than 600 s ago",
  });
  assert.deepEqual(
    decision.steps.map(({ rule, from, to }) => [rule, from, to]),
    [
      ["sizeForBacklog", 7, 0],
      ["coolDownScaleDown", 0, 7],
    ],
  );
});

test("a last scaling in the future counts as made now, says so, and holds no longer than the cool-down", () => {
  const situation = queueSituation({ value: 0 }, 7, { memory: { lastScaleAt: NOW + 86_400_000 } });
  const held = decide(situation);
  assert.equal(held.desiredReplicas, 7);
  assert.match(held.steps.at(-1)?.because ?? "", /86400 s in the future and counts as made now/);
  assert.deepEqual(held.memory, { lastScaleAt: NOW });
  const later = NOW + 600_001;
  const queue = { reading: { at: later, value: 0 } };
  assert.equal(decide({ ...situation, memory: held.memory, signals: { queue }, now: later }).desiredReplicas, 0);
});

test("each limit has its reason", () => {
  const reasonOf = (situation: Omit<Case, "expected">): string | undefined =>
    decided({ ...situation, expected: 0 }).limited?.reason;
  assert.equal(reasonOf({ current: 3, messages: 10_000 }), "TooManyReplicas");
  assert.equal(reasonOf({ current: 0, messages: 0, autoscaler: { minReplicas: 2 } }), "TooFewReplicas");
  assert.equal(reasonOf({ current: 20, messages: 1, autoscaler: { maxDisruption: { count: 5 } } }), "MaxDisruption");
  assert.equal(reasonOf({ current: 4, messages: 40, autoscaler: { minReplicas: 9, maxReplicas: 4 } }), "MinAboveMax");
  assert.equal(reasonOf({ current: 3, messages: 30 }), undefined);
});

test("a failing source holds a scale-down and names the failure", () => {
  const failure = { kind: "Unavailable", message: "connection refused" } as const;
  const situation = queueSituation({ value: 0 }, 7);
  const decision = decide({ ...situation, signals: { queue: { ...situation.signals.queue, failure } } });
  assert.equal(decision.desiredReplicas, 7);
  assert.deepEqual(decision.steps.at(-1), {
    rule: "holdInDoubt",
    from: 0,
    to: 7,
    because: "queue cannot be read (Unavailable: connection refused): all 7 replicas stay",
  });
  assert.equal(decision.signals[0]?.trust, "failing");
});

test("a stale reading may still call workers up", () => {
  const decision = decide(queueSituation({ value: 200, at: NOW - 300_000 }, 7));
  assert.equal(decision.desiredReplicas, 20);
  assert.equal(decision.signals[0]?.trust, "stale");
});

test("doubt does not even bring the number under maxReplicas", () => {
  const decision = decide({ ...queueSituation({ value: 1 }, 40), signals: {} });
  assert.equal(decision.desiredReplicas, 40);
  assert.equal(decision.signals[0]?.trust, "absent");
});

test("arrivals that a look could not find out hold a scale-down where they matter, and only there", () => {
  const doubts = [{ kind: "Unauthorized", message: "cloudwatch:GetMetricData is not allowed" }] as const;
  const desired = (secondsPerMessage: number) =>
    decide(queueSituation({ value: 0, doubts }, 7, { autoscaler: { secondsPerMessage } })).desiredReplicas;
  assert.equal(desired(10), 7);
  assert.equal(desired(0), 0);
});

test("idleness that a look could not find out does not lift maxDisruption", () => {
  const doubts = [{ kind: "Throttled", message: "slow down" }] as const;
  const autoscaler = { maxDisruption: { percent: 10 } };
  const reading = { value: 0, idleWorkers: "all", doubts } as const;
  assert.equal(decide(queueSituation(reading, 10, { autoscaler })).desiredReplicas, 9);
});
