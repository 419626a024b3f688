import assert from "node:assert/strict";
import { test } from "node:test";
import type { Autoscaler } from "../../src/core/index.ts";
import { renderWorkerAutoscalerStatus } from "../../src/formats/status.ts";
import { parseWorkerAutoscaler } from "../../src/formats/worker-autoscaler.ts";
import { EmptyAnswerError, SourceError } from "../../src/sources/shared/source-error.ts";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";

const FIELDS: Partial<Autoscaler> = {
  profile: "worker-autoscaler",
  coolDownSeconds: 0,
  scaleToZero: { cooldownSeconds: 120, initialCooldownSeconds: 0, activeReplicas: 1, despiteDisabled: false },
};

function sleeper(signal: object = {}) {
  return parsedAutoscaler("mail", { ...FIELDS, signal: { activeAbove: 5, ...signal } });
}

/** A workload of three, on a queue that is read. */
async function awake(signal: object = {}) {
  const world = controllerWorld();
  world.workloads.set("mail", 3);
  world.queue("mail").answer = 30;
  world.controller.keep(sleeper(signal));
  await world.elect();
  await world.clock.advance(30_000);
  assert.equal(world.workloads.replicas("mail"), 3);
  return world;
}

test("goes to zero once no signal has been active for the cool-down, and wakes above activeAbove", async () => {
  const world = await awake();
  world.queue("mail").answer = 5;
  await world.clock.advance(110_000);
  assert.equal(world.workloads.replicas("mail"), 1, "the last replica waits for the cool-down");
  await world.clock.advance(40_000);
  assert.equal(world.workloads.replicas("mail"), 0);
  await world.clock.advance(60_000);
  assert.equal(world.workloads.replicas("mail"), 0, "5 is not above 5");
  world.queue("mail").answer = 6;
  await world.clock.advance(30_000);
  assert.equal(world.workloads.replicas("mail"), 1);
});

test("a new leader waits for the rest of the cool-down, of which the status tells", async () => {
  const world = await awake();
  world.queue("mail").answer = 0;
  await world.clock.advance(60_000);
  const reported = world.reporter.accounts.get("mail");
  assert.ok(reported?.decision !== undefined);
  const { activity } = reported.decision.memory;
  assert.equal(activity?.active, false);
  const status = renderWorkerAutoscalerStatus(reported);
  const parsed = parseWorkerAutoscaler({
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name: "mail", namespace: "shop" },
    spec: {
      scaleTargetRef: { kind: "Deployment", name: "mail" },
      maxReplicas: 9,
      signals: [{ name: "a", source: { constant: { value: 1 } }, perReplica: { value: 1 } }],
    },
    status,
  });
  assert.ok("memory" in parsed, JSON.stringify(parsed));
  assert.equal(parsed.memory.activity?.active, false);
  assert.equal(parsed.memory.activity?.since, Math.floor((activity?.since ?? 0) / 1000) * 1000);
});

test("an empty answer that stands for a number is no failure, and another one is", async () => {
  const world = await awake({ emptyValue: 0 });
  const conditionOf = () =>
    world.reporter.accounts.get("mail")?.conditions.find(({ type }) => type === "ScalingActive")?.status;
  world.queue("mail").answer = new SourceError("Unavailable", "connection refused");
  await world.clock.advance(300_000);
  assert.deepEqual([world.workloads.replicas("mail"), conditionOf()], [3, "False"]);
  world.queue("mail").answer = new EmptyAnswerError("the query gives no element");
  await world.clock.advance(300_000);
  assert.deepEqual([world.workloads.replicas("mail"), conditionOf()], [0, "True"]);
});
