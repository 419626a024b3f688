import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LEAVING_COST, matchConsumers, type PodAnswer, seeWorkers, type WorkerPod } from "../../src/core/index.ts";
import { NOW } from "../support/situations.ts";

const SET = { kind: "ReplicaSet", uid: "one" };

function pod(name: string, changes: Partial<WorkerPod> = {}): WorkerPod {
  return {
    ...{ name, uid: name, resourceVersion: "1", owner: SET, node: "node", phase: "Running", isReady: true },
    ...{ readySince: NOW - 60_000, restarts: 0, createdAt: NOW - 90_000, isEnding: false },
    ...changes,
  };
}

const BUSY: PodAnswer = { state: "busy", because: "works on 1 message" };
const IDLE: PodAnswer = { state: "idle" };

function seenOf(pods: readonly WorkerPod[], busy: readonly string[], costsCount = true) {
  const answers = new Map(pods.map(({ name }) => [name, busy.includes(name) ? BUSY : IDLE]));
  const seen = seeWorkers({ pods, answers, according: "a test", costsCount, now: NOW });
  assert.ok(!("unknown" in seen));
  return seen;
}

test("a pod of which nobody speaks counts as busy", () => {
  const pods = [pod("a"), pod("b")];
  const answers = new Map([["a", IDLE]]);
  const seen = seeWorkers({ pods, answers, according: "a test", costsCount: true, now: NOW });
  assert.ok(!("unknown" in seen));
  assert.deepEqual([seen.idle, seen.busy.map((one) => one.pod)], [["a"], ["b"]]);
});

test("a protected pod is busy until its protection ends, whatever is said of it", () => {
  const pods = [
    pod("forever", { protectedUntil: "forever" }),
    pod("soon", { protectedUntil: NOW + 1 }),
    pod("over", { protectedUntil: NOW }),
  ];
  assert.deepEqual(seenOf(pods, []).idle, ["over"]);
});

test("a busy pod that is not ready keeps idle ones from going, as Kubernetes would take it first", () => {
  const pods = [pod("idle"), pod("busy", { isReady: false })];
  const seen = seenOf(pods, ["busy"]);
  assert.deepEqual(seen.idle, []);
  assert.match(seen.heldBecause ?? "", /1 more idle pod cannot go: Kubernetes would take a busy one first/);
  assert.deepEqual(seenOf([pod("idle", { isReady: false }), pod("busy", { isReady: false })], ["busy"]).idle, ["idle"]);
});

test("costs that another controller wrote are counted on", () => {
  const foreign = (value: number) => ({ deletionCost: { value, isOurs: false } });
  assert.deepEqual(seenOf([pod("idle"), pod("busy", foreign(-2_147_483_648))], ["busy"]).idle, []);
  assert.deepEqual(seenOf([pod("idle", foreign(5)), pod("busy")], ["busy"]).idle, []);
  assert.deepEqual(seenOf([pod("idle", foreign(5)), pod("busy", foreign(6))], ["busy"]).idle, ["idle"]);
});

test("during a rolling update no idle pod goes while another one is busy", () => {
  const other = { owner: { kind: "ReplicaSet", uid: "two" } };
  assert.deepEqual(seenOf([pod("a"), pod("b", other), pod("busy")], ["busy"]).idle, []);
  assert.equal(seenOf([pod("a"), pod("b", other)], []).idle.length, 2);
});

test("a StatefulSet goes down to its highest busy ordinal", () => {
  const owner = { kind: "StatefulSet", uid: "set" };
  const pods = [0, 1, 2, 9, 10].map((ordinal) => pod(`db-${ordinal}`, { owner }));
  assert.deepEqual(seenOf(pods, ["db-2"]).idle, ["db-10", "db-9"]);
  assert.deepEqual(seenOf(pods, ["db-10"]).idle, []);
});

test("of another kind as many can go as are idle", () => {
  const owner = { kind: "CloneSet", uid: "set" };
  assert.equal(seenOf([pod("a", { owner }), pod("b", { owner }), pod("c", { owner })], ["b"]).idle.length, 2);
});

test("consumers are known by name, host name or address", () => {
  const pods = [pod("a"), pod("b", { ip: "10.0.0.2" }), pod("c", { hostName: "worker-c" }), pod("d")];
  const answers = matchConsumers(pods, [
    { worker: "a", messages: 1, since: NOW - 1000 },
    { worker: "a", messages: 2, since: NOW - 5000 },
    { worker: "10.0.0.2", messages: 1 },
    { worker: "worker-c", messages: 0 },
  ]);
  assert.ok(answers instanceof Map);
  assert.deepEqual(answers.get("a"), { state: "busy", because: "works on 3 messages", since: NOW - 5000 });
  assert.deepEqual([answers.get("b")?.state, answers.get("c"), answers.get("d")], ["busy", IDLE, IDLE]);
});

test("where busy consumers are listed and none is a pod, nobody knows", () => {
  const answers = matchConsumers([pod("a")], [{ worker: "172.17.0.1", messages: 1 }]);
  assert.ok("unknown" in answers);
  assert.match(answers.unknown, /1 busy consumer listed, such as 172.17.0.1/);
  assert.ok(matchConsumers([pod("a")], [{ worker: "172.17.0.1", messages: 0 }]) instanceof Map);
});

/** Kubernetes' own order of a ReplicaSet's pods, first to go first (controller.ActivePodsWithRanks); seconds for times. */
function kubernetesOrder(
  pods: readonly WorkerPod[],
  costsCount: boolean,
  cost: (pod: WorkerPod) => number,
): WorkerPod[] {
  const phases = ["Pending", "Unknown", "Running"];
  const rank = (one: WorkerPod) => pods.filter(({ node }) => node === one.node).length;
  const keys: ((pod: WorkerPod) => number)[] = [
    ({ node }) => (node === undefined ? 0 : 1),
    ({ phase }) => phases.indexOf(phase),
    ({ isReady }) => Number(isReady),
    ...(costsCount ? [cost] : []),
    (one) => -rank(one),
    ({ isReady, readySince = 0 }) => (isReady ? -readySince : 0),
    ({ restarts }) => -restarts,
    ({ createdAt }) => -createdAt,
  ];
  return [...pods].sort((one, other) => {
    for (const key of keys) if (key(one) !== key(other)) return key(one) - key(other);
    return 0;
  });
}

const anyPod = fc.record({
  node: fc.option(fc.constantFrom("n1", "n2"), { nil: undefined }),
  phase: fc.constantFrom("Pending" as const, "Unknown" as const, "Running" as const),
  isReady: fc.boolean(),
  readySince: fc.constantFrom(NOW - 1000, NOW - 2000),
  restarts: fc.nat(1),
  createdAt: fc.constantFrom(NOW - 3000, NOW - 4000),
  foreign: fc.option(fc.constantFrom(-2_147_483_648, -5, 0, 5), { nil: undefined }),
  busy: fc.boolean(),
});

test("however many idle pods are said to be free to go, Kubernetes takes no busy one for them", () => {
  fc.assert(
    fc.property(
      fc.array(anyPod, { maxLength: 8 }),
      fc.boolean(),
      fc.infiniteStream(fc.nat()),
      (drawn, costsCount, shuffle) => {
        const pods = drawn.map(({ foreign, busy: _, node, ...rest }, index) =>
          pod(`p${index}`, {
            ...rest,
            ...(node === undefined ? { node: undefined as never } : { node }),
            ...(foreign === undefined ? {} : { deletionCost: { value: foreign, isOurs: false } }),
          }),
        );
        const busy = pods.filter((_, index) => drawn[index]?.busy).map(({ name }) => name);
        const { idle } = seenOf(pods, busy, costsCount);
        for (let going = 1; going <= idle.length; going += 1) {
          const leaving = new Set(idle.slice(0, going));
          const cost = ({ name, deletionCost }: WorkerPod) =>
            deletionCost?.value ?? (leaving.has(name) ? LEAVING_COST : 0);
          // Ties are broken by nothing that we know.
          const keys = new Map(pods.map(({ name }) => [name, shuffle.next().value]));
          const shuffled = [...pods].sort((one, other) => (keys.get(one.name) ?? 0) - (keys.get(other.name) ?? 0));
          const gone = kubernetesOrder(shuffled, costsCount, cost).slice(0, going);
          assert.ok(!gone.some(({ name }) => busy.includes(name)), gone.map(({ name }) => name).join());
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test("shows how long pods took to start: the median of those that became ready once", () => {
  const took = (name: string, seconds: number, changes: Partial<WorkerPod> = {}) =>
    pod(name, { createdAt: NOW - 9_000_000, readySince: NOW - 9_000_000 + seconds * 1_000, ...changes });
  const pods = [took("a", 20), took("b", 40), took("c", 9_999), took("d", 1, { restarts: 3 })];
  assert.deepEqual(seenOf(pods, []).startUp, { seconds: 40, pods: 3 });
  assert.deepEqual(seenOf([took("late", 9_999)], []).startUp, { seconds: 3_600, pods: 1 });
  const { readySince: _, ...starting } = pod("starting", { isReady: false });
  assert.equal(seenOf([starting], []).startUp, undefined);
});
