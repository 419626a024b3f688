import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { WorkerPod, WorkloadReference } from "../../src/core/index.ts";
import { ClusterPods } from "../../src/kubernetes/pods/cluster-pods.ts";
import type { KubernetesError } from "../../src/kubernetes/ports.ts";
import type { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";
import { clusterClient, deployment, type Objects, objectsOf } from "../support/cluster-client.ts";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/waiting.ts";

const skip = controlPlaneSkip();
const PODS = "/api/v1/namespaces/default/pods";
const APPS = "/apis/apps/v1/namespaces/default";
const SIGNAL = new AbortController().signal;
const COST = "controller.kubernetes.io/pod-deletion-cost";

describe("pods of a real cluster", { skip, timeout: 300_000 }, () => {
  let plane: ControlPlane;
  let client: ConnectedClient;
  let objects: Objects;
  let pods: ClusterPods;

  before(async () => {
    plane = await startControlPlane({ controllerManager: true, users: ["limited-token,limited,limited"] });
    client = await clusterClient(plane);
    objects = objectsOf(client);
    pods = new ClusterPods(client);
  });
  after(async () => {
    await client?.close();
    await plane?.stop();
  });

  function reference(name: string, kind = "Deployment"): WorkloadReference {
    return { apiVersion: "apps/v1", kind, namespace: "default", name };
  }

  async function podsOf(name: string, count: number, kind = "Deployment"): Promise<readonly WorkerPod[]> {
    return eventually(async () => {
      const { pods: found, replicas } = await pods.list(reference(name, kind), "storage", SIGNAL);
      assert.equal(replicas, count);
      assert.equal(found.length, count);
      return found;
    });
  }

  async function onePod(name: string): Promise<WorkerPod> {
    await objects.create(`${APPS}/deployments`, deployment(name, 1));
    const [pod] = await podsOf(name, 1);
    assert.ok(pod);
    return pod;
  }

  async function annotations(pod: WorkerPod): Promise<Record<string, string>> {
    const { metadata } = (await objects.get(`${PODS}/${pod.name}`)) as {
      metadata: { annotations?: Record<string, string> };
    };
    return metadata.annotations ?? {};
  }

  /** As a kubelet does it. */
  async function setStatus(pod: WorkerPod, status: object): Promise<void> {
    await objects.patch(`${PODS}/${pod.name}/status`, { status });
  }

  test("lists a Deployment's pods with what their order depends on, and no others", async () => {
    await objects.create(`${APPS}/deployments`, deployment("listed", 3));
    const [pod] = await podsOf("listed", 3);
    assert.ok(pod);
    const { name, uid, resourceVersion, owner, createdAt, ...rest } = pod;
    assert.match(name, /^listed-/);
    assert.ok(uid && resourceVersion);
    assert.equal(owner?.kind, "ReplicaSet");
    assert.ok(Math.abs(Date.now() - createdAt) < 60_000);
    assert.deepEqual(rest, { phase: "Pending", isReady: false, restarts: 0, isEnding: false });
    const labels = { app: "listed" };
    const spec = { containers: [{ name: "worker", image: "worker" }] };
    await objects.create(PODS, { apiVersion: "v1", kind: "Pod", metadata: { name: "by-hand", labels }, spec });
    await setStatus(pod, {
      phase: "Running",
      podIP: "10.1.2.3",
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-02T03:04:05Z" }],
      containerStatuses: [2, 4].map((restartCount, index) => {
        return { name: `c${index}`, image: "", imageID: "", ready: true, restartCount, state: {} };
      }),
    });
    const found = (await podsOf("listed", 3)).find((one) => one.name === name);
    assert.deepEqual(
      { ...found, resourceVersion: "" },
      {
        ...{ name, uid, resourceVersion: "", owner, createdAt, restarts: 4, isEnding: false },
        ...{ phase: "Running", ip: "10.1.2.3", isReady: true, readySince: Date.parse("2026-01-02T03:04:05Z") },
      },
    );
  });

  test("leaves out a pod that has ended, and shows one that is being deleted as ending", async () => {
    await objects.create(`${APPS}/deployments`, deployment("ending", 2));
    const [one, other] = await podsOf("ending", 2);
    assert.ok(one && other);
    await objects.patch(`${PODS}/${one.name}`, { metadata: { finalizers: ["test.example/kept"] } });
    await client.call({ method: "DELETE", path: `${PODS}/${one.name}`, what: "test", lane: "read" }, SIGNAL);
    await setStatus(other, { phase: "Failed" });
    await eventually(async () => {
      const { pods: found } = await pods.list(reference("ending"), "storage", SIGNAL);
      assert.equal(found.find(({ name }) => name === one.name)?.isEnding, true);
      assert.equal(
        found.some(({ name }) => name === other.name),
        false,
      );
    });
    await objects.patch(`${PODS}/${one.name}`, { metadata: { finalizers: null } });
  });

  test("lists many pods, and a StatefulSet's", async () => {
    await objects.create(`${APPS}/deployments`, deployment("many", 130));
    assert.equal(new Set((await podsOf("many", 130)).map(({ uid }) => uid)).size, 130);
    const { spec } = deployment("ordered", 1) as { spec: object };
    await objects.create(`${APPS}/statefulsets`, {
      ...{ apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name: "ordered" } },
      spec: { ...spec, serviceName: "ordered" },
    });
    const [pod] = await podsOf("ordered", 1, "StatefulSet");
    assert.equal(pod?.name, "ordered-0");
    assert.equal(pod?.hostName, "ordered-0");
  });

  test("marks a pod, which the watch cache shows, and takes the mark back", async () => {
    const pod = await onePod("marked");
    const before = await annotations(pod);
    const marked = await pods.mark("default", pod, -2147483648, SIGNAL);
    assert.deepEqual(marked?.deletionCost, { value: -2147483648, isOurs: true });
    assert.equal((await annotations(pod))[COST], "-2147483648");
    await eventually(async () => {
      const [seen] = (await pods.list(reference("marked"), "cache", SIGNAL)).pods;
      assert.deepEqual(seen?.deletionCost, { value: -2147483648, isOurs: true });
    });
    assert.ok(marked);
    assert.equal((await pods.mark("default", marked, undefined, SIGNAL))?.deletionCost, undefined);
    assert.deepEqual(await annotations(pod), before);
  });

  test("marks a pod that has changed since it was read", async () => {
    const pod = await onePod("changed");
    await objects.patch(`${PODS}/${pod.name}`, { metadata: { labels: { more: "labels" } } });
    assert.equal((await pods.mark("default", pod, -5, SIGNAL))?.deletionCost?.value, -5);
  });

  test("leaves another controller's cost alone, also one that came meanwhile or replaced ours", async () => {
    const pod = await onePod("foreign");
    await objects.patch(`${PODS}/${pod.name}`, { metadata: { annotations: { [COST]: "7" } } });
    const foreign = { value: 7, isOurs: false };
    assert.deepEqual((await pods.mark("default", pod, -5, SIGNAL))?.deletionCost, foreign);
    const [read] = await podsOf("foreign", 1);
    assert.ok(read);
    assert.deepEqual((await pods.mark("default", read, -5, SIGNAL))?.deletionCost, foreign);
    assert.deepEqual((await pods.mark("default", read, undefined, SIGNAL))?.deletionCost, foreign);
    assert.equal((await annotations(pod))[COST], "7");
    await objects.patch(`${PODS}/${pod.name}`, { metadata: { annotations: { [COST]: null } } });
    await pods.mark("default", read, -5, SIGNAL);
    await objects.patch(`${PODS}/${pod.name}`, { metadata: { annotations: { [COST]: "9" } } });
    const [replaced] = await podsOf("foreign", 1);
    assert.deepEqual(replaced?.deletionCost, { value: 9, isOurs: false });
  });

  test("a mark and a protection that are written at once never both stand", async () => {
    const pod = await onePod("crossing");
    for (let round = 0; round < 20; round += 1) {
      const [read] = await podsOf("crossing", 1);
      assert.ok(read);
      const until = Date.now() + 600_000;
      const [marked, outcome] = await Promise.all([
        pods.mark("default", read, -5, SIGNAL),
        pods.protect({ namespace: "default", name: pod.name, uid: pod.uid }, until, SIGNAL),
      ]);
      const isMarked = marked?.deletionCost?.isOurs === true;
      assert.equal(outcome, isMarked ? "leaving" : "done");
      const now = await pods.find({ namespace: "default", name: pod.name }, SIGNAL);
      assert.equal(now?.deletionCost?.isOurs ?? false, isMarked);
      assert.equal(now?.protectedUntil, isMarked ? undefined : until);
      assert.ok(now);
      await pods.mark("default", now, undefined, SIGNAL);
      await pods.protect({ namespace: "default", name: pod.name }, undefined, SIGNAL);
    }
  });

  test("protects a pod until a moment, and takes what cannot be read for a protection without end", async () => {
    const { name, uid } = await onePod("protected");
    const where = { namespace: "default", name };
    assert.equal(await pods.protect({ ...where, uid: "another" }, Date.now(), SIGNAL), "gone");
    assert.equal(await pods.protect({ ...where, name: "nobody" }, Date.now(), SIGNAL), "gone");
    const until = Date.parse("2030-01-02T03:04:05Z");
    assert.equal(await pods.protect({ ...where, uid }, until, SIGNAL), "done");
    assert.equal((await pods.find(where, SIGNAL))?.protectedUntil, until);
    for (const [written, expected] of [
      ["true", "forever"],
      ["tomorrow", "forever"],
      ["false", undefined],
    ] as const) {
      const annotations = { "muster.dev/protected-until": written };
      await objects.patch(`${PODS}/${name}`, { metadata: { annotations } });
      assert.equal((await pods.find(where, SIGNAL))?.protectedUntil, expected, written);
    }
    assert.equal(await pods.protect(where, undefined, SIGNAL), "done");
  });

  test("knows whether this Kubernetes stops pods by their costs", async () => {
    const { minor } = (await objects.get("/version")) as { minor: string };
    assert.equal(await pods.ordersByCost(SIGNAL), Number.parseInt(minor, 10) >= 22);
  });

  test("says which permission is missing", async () => {
    const limited = await clusterClient(plane, { token: "limited-token" });
    const rules = [{ apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["get"] }];
    const name = "reads-scales";
    const kind = { apiVersion: "rbac.authorization.k8s.io/v1" };
    const path = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    await objects.create(`${path}/roles`, { ...kind, kind: "Role", metadata: { name }, rules });
    await objects.create(`${path}/rolebindings`, {
      ...{ ...kind, kind: "RoleBinding", metadata: { name } },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "limited" }],
    });
    await onePod("unreadable");
    const listing = new ClusterPods(limited).list(reference("unreadable"), "storage", SIGNAL);
    await assert.rejects(listing, (error: KubernetesError) => {
      assert.equal(error.kind, "Forbidden");
      assert.match(error.message, /list pods: 403: pods is forbidden: User "limited" cannot list resource "pods"/);
      return true;
    });
    await limited.close();
  });
});
