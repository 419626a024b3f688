import assert from "node:assert/strict";
import { test } from "node:test";
import type { Autoscaler } from "../../src/core/index.ts";
import { KubernetesError } from "../../src/kubernetes/ports.ts";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";

const COOL_DOWN_SECONDS = 600;

/** A process that begins with this status while an empty queue asks for no replicas at all. */
async function begin(
  status: { readonly reportedReplicas?: number },
  workload: { readonly replicas: number; readonly setBy?: "us" | "another" },
  fields: Partial<Autoscaler> = {},
) {
  const world = controllerWorld();
  const { replicas, ...more } = workload;
  world.workloads.set("mail", replicas, more);
  world.queue("mail").answer = 0;
  world.controller.keep({ ...parsedAutoscaler("mail", { coolDownSeconds: COOL_DOWN_SECONDS, ...fields }), ...status });
  await world.elect();
  return world;
}

for (const [who, setBy] of [
  ["of ours", "us"],
  ["of nobody knows whom, as before Kubernetes 1.22,", undefined],
] as const) {
  test(`a scaling ${who} that the status does not tell counts as made when it is found`, async () => {
    const world = await begin({ reportedReplicas: 0 }, { replicas: 5, ...(setBy && { setBy }) });
    await world.clock.advance((COOL_DOWN_SECONDS - 5) * 1000);
    assert.deepEqual(world.workloads.scalings, []);
    await world.clock.advance(60_000);
    assert.deepEqual(
      world.workloads.scalings.map(({ from, to }) => [from, to]),
      [[5, 0]],
    );
    await world.stop();
  });
}

for (const [what, status, workload] of [
  ["another's scaling", { reportedReplicas: 0 }, { replicas: 5, setBy: "another" }],
  ["a number that the status tells", { reportedReplicas: 5 }, { replicas: 5, setBy: "us" }],
  ["a number without a status", {}, { replicas: 5, setBy: "us" }],
] as const) {
  test(`${what} begins no cool-down`, async () => {
    const world = await begin(status, workload);
    await world.clock.advance(30_000);
    assert.equal(world.workloads.scalings.length, 1);
    await world.stop();
  });
}

test("a hand that scales while we lead begins no cool-down, and its number is set right at once", async () => {
  const world = await begin({ reportedReplicas: 0 }, { replicas: 0 });
  for (const more of [{}, { setBy: "another" }] as const) {
    world.workloads.set("mail", 7, more);
    await world.clock.advance(1_000);
    assert.equal(world.workloads.replicas("mail"), 0);
    // The cool-down after our own scaling.
    await world.clock.advance((COOL_DOWN_SECONDS + 60) * 1000);
  }
  await world.stop();
});

test("a write that took effect though it seemed to fail begins the cool-down when it is seen", async () => {
  const world = await begin({ reportedReplicas: 0 }, { replicas: 0 });
  world.workloads.interfere = async () => {
    throw new KubernetesError("TimedOut", "no answer");
  };
  world.queue("mail").answer = 50;
  await world.clock.advance(25_000);
  world.queue("mail").answer = 0;
  world.workloads.interfere = undefined;
  world.workloads.set("mail", 5);
  await world.clock.advance((COOL_DOWN_SECONDS - 30) * 1000);
  assert.equal(world.workloads.replicas("mail"), 5);
  await world.clock.advance(120_000);
  assert.equal(world.workloads.replicas("mail"), 0);
  await world.stop();
});

test("rate windows and stabilization know of the unreported scaling too", async () => {
  const rules = { selectPolicy: "Max", tolerance: undefined } as const;
  const policies = [{ type: "Pods", value: 5, periodSeconds: 300 }] as const;
  const behavior = {
    scaleUp: { ...rules, policies, stabilizationWindowSeconds: 0 },
    scaleDown: { ...rules, policies: [], stabilizationWindowSeconds: 300 },
  } as unknown as NonNullable<Autoscaler["behavior"]>;
  const fields = { profile: "worker-autoscaler", coolDownSeconds: 0, behavior } as const;
  const world = await begin({ reportedReplicas: 0 }, { replicas: 5, setBy: "us" }, fields);
  await world.clock.advance(200_000);
  assert.deepEqual(world.workloads.scalings, []);
  world.queue("mail").answer = 100;
  await world.clock.advance(60_000);
  assert.deepEqual(world.workloads.scalings, []);
  await world.clock.advance(100_000);
  assert.equal(world.workloads.replicas("mail"), 10);
  await world.stop();
});

test("a scaling to the number that an old status has waits for the status, but not for one that cannot be written", async () => {
  const world = await begin({ reportedReplicas: 5 }, { replicas: 0, setBy: "us" });
  world.queue("mail").answer = 50;
  await world.clock.advance(20_000);
  assert.equal(world.workloads.replicas("mail"), 5, "the time has passed");
  await world.stop();

  const other = controllerWorld();
  other.workloads.set("mail", 0);
  other.queue("mail").answer = 50;
  const parsed = parsedAutoscaler("mail");
  other.controller.keep({ ...parsed, reportedReplicas: 5 });
  await other.elect();
  assert.deepEqual(other.workloads.scalings, []);
  other.controller.keep({ ...parsed, reportedReplicas: 0 });
  await other.clock.advance(1);
  assert.equal(other.workloads.replicas("mail"), 5);
  await other.stop();
});

test("no status tells the new number before the memory has the scaling that made it", async () => {
  const world = await begin({ reportedReplicas: 0 }, { replicas: 0 });
  const account = () => world.reporter.accounts.get("mail");
  let release: () => void = () => undefined;
  world.workloads.interfere = (_name, { to }) => {
    // The watch is faster than the answer.
    world.workloads.set("mail", to, { setBy: "us" });
    return new Promise((resolve) => {
      release = resolve;
    });
  };
  world.queue("mail").answer = 50;
  await world.clock.advance(25_000);
  assert.equal(world.workloads.replicas("mail"), 5);
  assert.deepEqual([account()?.currentReplicas, account()?.lastScaleAt], [0, undefined]);
  release();
  await world.clock.advance(1_000);
  assert.equal(account()?.currentReplicas, 5);
  assert.notEqual(account()?.lastScaleAt, undefined);
  await world.stop();
});
