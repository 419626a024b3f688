import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type BusyWorkers, type Decision, decide, type Memory, type WorkersSeen } from "../../src/core/index.ts";
import { NOW } from "../support/situations.ts";
import { fresh, signalWith, workerAutoscaler } from "../support/worker-autoscalers.ts";

const ONE_EACH = { kind: "backlog", messagesPerReplica: 1, tolerance: 0 } as const;
const ago = (seconds: number) => NOW - seconds * 1000;

function seen(idle: number, busy: number, secondsAgo = 0): WorkersSeen {
  const names = (count: number, kind: string) => Array.from({ length: count }, (_, index) => `${kind}-${index}`);
  const since = ago(720);
  return {
    at: ago(secondsAgo),
    pods: idle + busy,
    idle: names(idle, "idle"),
    busy: names(busy, "busy").map((pod) => ({ pod, since, because: "works on 1 message" })),
    according: "a test",
  };
}

/** A decision about this number of replicas, of which `messages` are asked for. */
function decided(
  messages: number,
  replicas: number,
  { workers, memory = {}, ...busyWorkers }: Partial<BusyWorkers> & { workers?: WorkersSeen; memory?: Memory },
): Decision {
  const signals = [signalWith("queue", ONE_EACH)];
  const autoscaler = workerAutoscaler({
    ...{ signals, minReplicas: 0, maxReplicas: 100, coolDownSeconds: 0 },
    busyWorkers: { protect: "Always", ...busyWorkers },
  });
  const situation = { autoscaler, currentReplicas: replicas, signals: { queue: fresh(messages) }, memory, now: NOW };
  return decide(workers === undefined ? situation : { ...situation, workers });
}

const reason = ({ steps }: Decision) => steps.at(-1)?.because;

test("nobody is stopped before somebody has said who is busy", () => {
  const decision = decided(3, 8, {});
  assert.equal(decision.desiredReplicas, 8);
  assert.equal(decision.wantsWorkers, true);
  assert.equal(reason(decision), "8 stay, not 3, until it is known who is busy");
  const stale = decided(3, 8, { workers: seen(8, 0, 6) });
  assert.deepEqual([stale.desiredReplicas, stale.wantsWorkers], [8, true], "what was seen 6 s ago is too old");
  const ahead = decided(3, 8, { workers: seen(8, 0, -1) });
  assert.deepEqual([ahead.desiredReplicas, ahead.wantsWorkers], [8, true], "nor can the future be seen");
});

test("a rise does not ask who is busy", () => {
  const decision = decided(12, 8, {});
  assert.deepEqual([decision.desiredReplicas, decision.wantsWorkers], [12, undefined]);
});

test("idle workers go, busy ones stay and are waited for", () => {
  const decision = decided(3, 8, { workers: seen(3, 5) });
  assert.equal(decision.desiredReplicas, 5);
  assert.deepEqual(decision.leaving, ["idle-0", "idle-1", "idle-2"]);
  assert.equal(
    reason(decision),
    "8 -> 5: 3 idle (pods idle-0, idle-1 and idle-2); 2 more wait for work that has run for 12 min",
  );
  assert.equal(decision.limited?.reason, "BusyWorkers");
  assert.equal(decision.memory.heldByBusySince, NOW);
});

test("no more idle workers go than the number asks for", () => {
  const decision = decided(6, 8, { workers: seen(5, 3) });
  assert.deepEqual([decision.desiredReplicas, decision.leaving], [6, ["idle-0", "idle-1"]]);
  assert.equal(decision.memory.heldByBusySince, undefined);
});

test("forceAfterSeconds ends the wait, with the youngest work first", () => {
  const terms = { workers: seen(1, 3), forceAfterSeconds: 600 };
  const before = decided(2, 4, { ...terms, memory: { heldByBusySince: ago(599) } });
  assert.equal(before.desiredReplicas, 3);
  assert.equal(before.reconsiderAt, NOW + 1000, "it decides again at the end of the wait");
  const after = decided(2, 4, { ...terms, memory: { heldByBusySince: ago(600) } });
  assert.deepEqual([after.desiredReplicas, after.leaving], [2, ["idle-0", "busy-0"]]);
  assert.match(reason(after) ?? "", /held it up for 10 min, and forceAfterSeconds is 600: 1 that may be busy must go/);
  // While the pods are being marked it decides again, and must say the same.
  assert.deepEqual(decided(2, 4, { ...terms, memory: after.memory }).leaving, after.leaving);
  assert.equal(decided(2, 2, { ...terms, memory: after.memory }).memory.heldByBusySince, undefined);
});

test("what has been held up for 10 min has a reason of its own, also between two surveys", () => {
  const unknown: WorkersSeen = { at: NOW, unknown: "RabbitMQ does not answer" };
  const stale: WorkersSeen = { at: ago(20), unknown: "RabbitMQ does not answer" };
  const reasons = (seconds: number) =>
    [seen(0, 8), seen(0, 8, 20), undefined, unknown, stale].map((workers) => {
      const memory = { heldByBusySince: ago(seconds) };
      return decided(2, 8, workers === undefined ? { memory } : { memory, workers }).limited?.reason;
    });
  assert.deepEqual(new Set(reasons(599)), new Set(["BusyWorkers"]));
  const held = ["HeldByBusyWorkers", "HeldByBusyWorkers", "HeldByBusyWorkers"];
  assert.deepEqual(reasons(600), [...held, "WorkersUnknown", "WorkersUnknown"]);
});

test("a wait that is over is forgotten", () => {
  const memory = { heldByBusySince: ago(100) };
  assert.equal(decided(8, 8, { memory }).memory.heldByBusySince, undefined);
  assert.equal(decided(9, 8, { memory }).memory.heldByBusySince, undefined);
  assert.equal(decided(3, 8, { memory }).memory.heldByBusySince, ago(100), "while it asks, it lasts");
});

test("with Always nobody goes while nobody can say who is busy; with Prefer Kubernetes chooses", () => {
  const workers = { at: NOW, unknown: "RabbitMQ does not answer" };
  const always = decided(3, 8, { workers });
  assert.equal(always.desiredReplicas, 8);
  assert.match(reason(always) ?? "", /8 replicas stay, .* RabbitMQ does not answer/);
  const prefer = decided(3, 8, { workers, protect: "Prefer" });
  assert.deepEqual([prefer.desiredReplicas, prefer.leaving], [3, undefined]);
});

test("a pause at a lower number waits for busy workers, and one at the present number asks nobody", () => {
  const paused = (pausedReplicas: number | undefined, workers?: WorkersSeen): Decision => {
    const autoscaler = workerAutoscaler({
      ...{ signals: [signalWith("queue", ONE_EACH)], minReplicas: 0, maxReplicas: 100 },
      ...{
        mode: "Paused",
        ...(pausedReplicas !== undefined && { pausedReplicas }),
        busyWorkers: { protect: "Always" },
      },
    });
    const situation = { autoscaler, currentReplicas: 8, signals: { queue: fresh(50) }, memory: {}, now: NOW };
    return decide(workers === undefined ? situation : { ...situation, workers });
  };
  const asking = paused(2);
  assert.deepEqual([asking.desiredReplicas, asking.wantsWorkers], [8, true]);
  const held = paused(2, seen(3, 5));
  assert.deepEqual([held.desiredReplicas, held.leaving], [5, ["idle-0", "idle-1", "idle-2"]]);
  assert.equal(held.steps[0]?.because, "paused at 2");
  assert.deepEqual([paused(undefined).desiredReplicas, paused(undefined).wantsWorkers], [8, undefined]);
  assert.deepEqual([paused(9).desiredReplicas, paused(9).wantsWorkers], [9, undefined]);
});

test("Prefer holds nothing up and takes idle workers first", () => {
  const decision = decided(1, 4, { workers: seen(2, 2), protect: "Prefer" });
  assert.deepEqual([decision.desiredReplicas, decision.leaving], [1, ["idle-0", "idle-1", "busy-0"]]);
});

test("pods that are not there yet are not waited for", () => {
  const workers = seen(0, 3);
  assert.equal(decided(3, 8, { workers }).desiredReplicas, 3);
  assert.equal(decided(1, 8, { workers }).desiredReplicas, 3);
});

test("whatever is seen, Always keeps as many workers as are busy, and a fall stays a fall", () => {
  const counts = fc.record({
    ...{ messages: fc.nat(30), replicas: fc.nat(30), idle: fc.nat(30), busy: fc.nat(30) },
    heldFor: fc.option(fc.nat(500), { nil: undefined }),
  });
  fc.assert(
    fc.property(counts, ({ messages, replicas, idle, busy, heldFor }) => {
      const memory = heldFor === undefined ? {} : { heldByBusySince: ago(heldFor) };
      const workers = seen(idle, busy);
      const { desiredReplicas, leaving = [] } = decided(messages, replicas, {
        workers,
        memory,
        forceAfterSeconds: 600,
      });
      if (messages >= replicas) assert.equal(desiredReplicas, messages);
      else {
        assert.ok(desiredReplicas >= messages && desiredReplicas <= replicas);
        assert.ok(desiredReplicas >= Math.min(replicas, busy));
        assert.ok(leaving.every((pod) => pod.startsWith("idle")));
        assert.equal(new Set(leaving).size, leaving.length);
        if (desiredReplicas < replicas) assert.equal(leaving.length, Math.max(0, idle + busy - desiredReplicas));
      }
    }),
  );
});
