import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { WorkloadReference } from "../../src/core/index.ts";
import type { KubernetesError, WorkloadState } from "../../src/kubernetes/ports.ts";
import type { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";
import { ClusterWorkloads } from "../../src/kubernetes/workloads/cluster-workloads.ts";
import { findWorkloadKind, patchScale, readScale } from "../../src/kubernetes/workloads/scale-subresource.ts";
import { clusterClient, deployment, type Objects, objectsOf } from "../support/cluster-client.ts";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/waiting.ts";

const skip = controlPlaneSkip(["etcd", "kube-apiserver"]);
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const FLEETS = "/apis/test.example/v1/namespaces/default/fleets";
const SIGNAL = new AbortController().signal;

describe("workloads of a real API server", { skip, timeout: 500_000 }, () => {
  let plane: ControlPlane;
  let client: ConnectedClient;
  let objects: Objects;
  let workloads: ClusterWorkloads;

  before(async () => {
    plane = await startControlPlane({ users: ["limited-token,limited,limited"] });
    client = await clusterClient(plane);
    objects = objectsOf(client);
    workloads = new ClusterWorkloads({ client });
  });
  after(async () => {
    workloads?.close();
    await client?.close();
    await plane?.stop();
  });

  function reference(name: string, more: Partial<WorkloadReference> = {}): WorkloadReference {
    return { apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name, ...more };
  }

  function followed(workload: WorkloadReference): { states: WorkloadState[]; stop(): void } {
    const states: WorkloadState[] = [];
    const following = workloads.follow(workload, (state) => states.push(state));
    return { states, stop: () => following.stop() };
  }

  function lastReplicas({ states }: { states: WorkloadState[] }): number | undefined {
    const last = states.at(-1);
    return last?.state === "present" ? last.replicas : undefined;
  }

  test("reports what it knows at once: unknown, then missing, then present", async () => {
    const { states, stop } = followed(reference("late"));
    assert.equal(states[0]?.state, "unknown");
    await eventually(async () => assert.equal(states.at(-1)?.state, "missing"));
    await objects.create(DEPLOYMENTS, deployment("late", 3));
    await eventually(async () => assert.equal(lastReplicas({ states }), 3));
    stop();
  });

  test("changes the replica count and nothing else, fields that it does not know included", async () => {
    const sidecar = { initContainers: [{ name: "proxy", image: "proxy", env: [{ name: "A", value: "b" }] }] };
    await objects.create(DEPLOYMENTS, deployment("with-sidecar", 0, { ...sidecar, hostNetwork: true }));
    const before = (await objects.get(`${DEPLOYMENTS}/with-sidecar`)) as { spec: object; metadata: object };
    await workloads.scale(reference("with-sidecar"), { from: 0, to: 4 }, SIGNAL);
    const after = (await objects.get(`${DEPLOYMENTS}/with-sidecar`)) as typeof before;
    assert.deepEqual(after.spec, { ...before.spec, replicas: 4 });
    assert.deepEqual({ ...withoutVersion(after.metadata) }, { ...withoutVersion(before.metadata) });
  });

  test("knows the new replicas once the write is acknowledged, even before the watch reports them", async () => {
    await objects.create(DEPLOYMENTS, deployment("acknowledged"));
    const seen = followed(reference("acknowledged"));
    await eventually(async () => assert.equal(lastReplicas(seen), 0));
    for (let to = 1; to <= 20; to += 1) {
      await workloads.scale(reference("acknowledged"), { from: to - 1, to }, SIGNAL);
      assert.equal(lastReplicas(seen), to);
    }
    const numbers = seen.states.flatMap((state) => (state.state === "present" ? [state.replicas] : []));
    assert.deepEqual(
      numbers,
      numbers.toSorted((one, other) => one - other),
      "never goes back to an older version",
    );
    seen.stop();
  });

  test("refuses a scale-down decided on an old version, and shows the present one; up goes at once", async () => {
    await objects.create(DEPLOYMENTS, deployment("contested", 5));
    const seen = followed(reference("contested"));
    await eventually(async () => assert.equal(lastReplicas(seen), 5));
    const old = seen.states.at(-1) as { resourceVersion: string };
    await objects.patch(`${DEPLOYMENTS}/contested`, { spec: { replicas: 6 } });
    const change = { from: 5, to: 2, resourceVersion: old.resourceVersion };
    await assert.rejects(workloads.scale(reference("contested"), change, SIGNAL), (error: KubernetesError) => {
      assert.equal(error.kind, "Conflict");
      return true;
    });
    assert.equal(lastReplicas(seen), 6);
    await workloads.scale(reference("contested"), { from: 6, to: 9, resourceVersion: old.resourceVersion }, SIGNAL);
    assert.equal(lastReplicas(seen), 9);
    const newest = seen.states.at(-1) as { resourceVersion: string };
    await workloads.scale(reference("contested"), { from: 9, to: 1, resourceVersion: newest.resourceVersion }, SIGNAL);
    assert.equal(lastReplicas(seen), 1);
    seen.stop();
  });

  test("rejects a missing workload with NotFound, and an impossible number with Invalid", async () => {
    await assert.rejects(workloads.scale(reference("nobody"), { from: 0, to: 1 }, SIGNAL), { kind: "NotFound" });
    await objects.create(DEPLOYMENTS, deployment("impossible"));
    await assert.rejects(workloads.scale(reference("impossible"), { from: 0, to: -1 }, SIGNAL), { kind: "Invalid" });
  });

  test("names HorizontalPodAutoscalers that scale the same workload, and no others", async () => {
    await objects.create(DEPLOYMENTS, deployment("shared", 1));
    const seen = followed(reference("shared"));
    const rivals = () => (seen.states.at(-1) as { rivals?: readonly string[] }).rivals;
    const path = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers";
    const targeting = (name: string) => ({
      maxReplicas: 3,
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
    });
    await objects.create(path, { metadata: { name: "other" }, spec: targeting("somebody-else") });
    await objects.create(path, { metadata: { name: "rival" }, spec: targeting("shared") });
    await eventually(async () => assert.deepEqual(rivals(), ["HorizontalPodAutoscaler default/rival"]));
    await objects.patch(`${path}/rival`, { spec: targeting("somebody-else") });
    await eventually(async () => assert.deepEqual(rivals(), []));
    seen.stop();
  });

  test("scales a custom kind by its scale subresource, wherever that keeps the number", async () => {
    const rollout = reference("custom", { apiVersion: "test.example/v1", kind: "Fleet" });
    const seen = followed(rollout);
    await eventually(async () => assert.match(JSON.stringify(seen.states.at(-1)), /expected Fleet of test.example/));
    await objects.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", fleetDefinition());
    const path = FLEETS;
    await eventually(() =>
      objects.create(path, { ...kindOf(rollout), metadata: { name: "custom" }, spec: { size: 7 } }),
    );
    await eventually(async () => assert.equal(lastReplicas(seen), 7));
    await workloads.scale(rollout, { from: 7, to: 8 }, SIGNAL);
    assert.equal(lastReplicas(seen), 8);
    await objects.patch(`${path}/custom`, { spec: { size: 3 } });
    await eventually(async () => assert.equal(lastReplicas(seen), 3));
    assert.deepEqual(((await objects.get(`${path}/custom`)) as { spec: object }).spec, { size: 3 });
    seen.stop();
  });

  for (const [what, kind, apiVersion, path] of [
    ["a Deployment", "Deployment", "apps/v1", DEPLOYMENTS],
    ["a custom kind", "Fleet", "test.example/v1", FLEETS],
  ] as const) {
    test(`a patch of the scale of ${what} with an old resourceVersion is a conflict, up as well as down`, async () => {
      const name = "precondition";
      const workload = reference(name, { apiVersion, kind });
      const made = kind === "Fleet" ? { apiVersion, kind, metadata: { name }, spec: { size: 5 } } : deployment(name, 5);
      const { metadata } = (await objects.create(path, made)) as { metadata: { resourceVersion: string } };
      const { resourceVersion } = metadata;
      await objects.patch(`${path}/${name}`, { metadata: { labels: { touched: "yes" } } });
      const { resource } = await findWorkloadKind(client, workload, SIGNAL);
      for (const replicas of [9, 2]) {
        const stale = patchScale(client, resource, workload, { replicas, resourceVersion }, SIGNAL);
        await assert.rejects(stale, { kind: "Conflict" });
      }
      await workloads.scale(workload, { from: 5, to: 9, resourceVersion }, SIGNAL);
      const { replicas } = await readScale(client, resource, workload, SIGNAL);
      assert.equal(replicas, 9, "a rise is tried again with the newest resourceVersion");
    });
  }

  test("a namespace's workloads can be followed with rights in that namespace alone", async () => {
    const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    const rules = [
      { apiGroups: ["apps"], resources: ["deployments"], verbs: ["list", "watch"] },
      { apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["get", "patch"] },
    ];
    const subject = { kind: "User", name: "limited", apiGroup: "rbac.authorization.k8s.io" };
    const role = { kind: "Role", name: "limited", apiGroup: "rbac.authorization.k8s.io" };
    await objects.create(`${rbac}/roles`, { metadata: { name: "limited" }, rules });
    await objects.create(`${rbac}/rolebindings`, { metadata: { name: "limited" }, subjects: [subject], roleRef: role });
    const limited = await clusterClient(plane, { token: "limited-token" });
    const everywhere = new ClusterWorkloads({ client: limited });
    const own = new ClusterWorkloads({ client: limited, namespace: "default" });
    const states: WorkloadState[] = [];
    await objects.create(DEPLOYMENTS, deployment("own", 2));
    own.follow(reference("own"), (state) => states.push(state));
    await eventually(async () => assert.equal(lastReplicas({ states }), 2));
    await own.scale(reference("own"), { from: 2, to: 3 }, SIGNAL);
    assert.equal(lastReplicas({ states }), 3);
    const refused: WorkloadState[] = [];
    everywhere.follow(reference("own"), (state) => refused.push(state));
    await eventually(async () => assert.match(JSON.stringify(refused.at(-1)), /"unknown".*403.*cannot (list|watch)/));
    own.close();
    everywhere.close();
    await limited.close();
  });
});

function withoutVersion(metadata: object): object {
  const { resourceVersion, generation, managedFields, ...rest } = metadata as Record<string, unknown>;
  return rest;
}

function kindOf({ apiVersion, kind }: WorkloadReference): object {
  return { apiVersion, kind };
}

function fleetDefinition(): object {
  const fields = { type: "object", properties: { size: { type: "integer" } } };
  return {
    metadata: { name: "fleets.test.example" },
    spec: {
      group: "test.example",
      scope: "Namespaced",
      names: { plural: "fleets", kind: "Fleet" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec: fields, status: fields } } },
          subresources: { scale: { specReplicasPath: ".spec.size", statusReplicasPath: ".status.size" } },
        },
      ],
    },
  };
}
