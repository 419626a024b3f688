import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "../waiting.ts";
import type { Condition } from "./objects.ts";
import type { Stage } from "./stage.ts";

/** Resolves with the condition once the object's status says it for this reason. */
export function conditionOf(stage: Stage, name: string, type: string, reason: string): Promise<Condition> {
  return eventually(async () => {
    const { status } = await stage.found(name);
    const condition = status?.conditions?.find((one) => one.type === type);
    assert.equal(condition?.reason, reason, `${type} of ${name}: ${JSON.stringify(condition)}`);
    return condition as Condition;
  });
}

/** Resolves once the Deployment has so many replicas. */
export function scaledTo(stage: Stage, name: string, replicas: number): Promise<void> {
  return eventually(async () => assert.equal(await stage.replicas(name), replicas, `replicas of ${name}`));
}

/** Resolves once all these Deployments have so many replicas; asks for all of them at once, and not too often. */
export function allScaledTo(
  stage: Stage,
  names: readonly string[],
  replicas: number,
  namespace = "default",
): Promise<void> {
  return eventually(
    async () => {
      const { items } = (await stage.objects.get(`/apis/apps/v1/namespaces/${namespace}/deployments`)) as {
        items: { metadata: { name: string }; spec: { replicas: number } }[];
      };
      const found = new Map(items.map(({ metadata, spec }) => [metadata.name, spec.replicas]));
      assert.deepEqual(
        names.filter((name) => found.get(name) !== replicas),
        [],
      );
    },
    { patienceMs: 60_000, pauseMs: 300 },
  );
}

/** The events about one object: "Warning WorkloadMissing", one for each. */
export async function eventsOf(stage: Stage, name: string): Promise<readonly string[]> {
  const { items } = (await stage.objects.get("/api/v1/namespaces/default/events")) as {
    items: { involvedObject: { name: string }; type: string; reason: string }[];
  };
  return items
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ type, reason }) => `${type} ${reason}`);
}

/** Resolves once nothing was written through the proxy for a while. */
export async function quiet(stage: Stage, milliseconds = 1_500): Promise<void> {
  await eventually(async () => {
    const before = stage.proxy.writes().length;
    await pause(milliseconds);
    assert.equal(stage.proxy.writes().length, before, "writes go on");
  });
}
