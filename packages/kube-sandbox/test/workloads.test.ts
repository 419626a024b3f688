import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../../../test/support/eventually.ts";
import type { KubeObject } from "../src/objects.ts";
import { openSandbox, webDeployment } from "./support/sandbox.ts";

const PATH = "/apis/apps/v1/namespaces/default/deployments";

test("starts a Deployment's pods, updates its status, and removes the pods at zero", async (context) => {
  const { sandbox, api } = await openSandbox(context);
  await api.post(PATH, webDeployment("web", 3));
  const status = async (): Promise<Record<string, number>> => (await api.get(`${PATH}/web`)).body.status;
  await eventually(async () => (await status()).readyReplicas === 3, "three ready pods");
  const { replicas, updatedReplicas, availableReplicas, observedGeneration } = await status();
  assert.deepEqual([replicas, updatedReplicas, availableReplicas, observedGeneration], [3, 3, 3, 1]);
  const [set] = sandbox.store.list("replicasets.apps");
  assert.match(set?.metadata.name ?? "", /^web-[a-z0-9]+$/);
  for (const pod of sandbox.store.list("pods")) {
    assert.equal(pod.metadata.ownerReferences?.[0]?.uid, set?.metadata.uid);
    assert.match(pod.metadata.name, /^web-[a-z0-9]+-[a-z0-9]{5}$/);
  }
  await api.merge(`${PATH}/web/scale`, { spec: { replicas: 0 } });
  await eventually(() => sandbox.store.count("pods") === 0, "no pod is left");
  await eventually(async () => (await status()).observedGeneration === 2, "the status has caught up");
  assert.equal((await status()).readyReplicas, undefined);
  const reasons = sandbox.store.list("events").map((event) => event.message);
  assert.ok(reasons.includes(`Scaled up replica set ${set?.metadata.name} from 0 to 3`));
  assert.ok(reasons.includes(`Scaled down replica set ${set?.metadata.name} from 3 to 0`));
});

test("a new template replaces the pods", async (context) => {
  const { sandbox, api } = await openSandbox(context);
  await api.post(PATH, webDeployment());
  await eventually(() => sandbox.store.count("pods") === 2, "two pods");
  const containers = [{ name: "web", image: "nginx:2" }];
  await api.patch(`${PATH}/web`, "strategic-merge", { spec: { template: { spec: { containers } } } });
  const images = (): readonly unknown[] =>
    sandbox.store.list("pods").map((pod) => (pod.spec as { containers: { image: string }[] }).containers[0]?.image);
  await eventually(() => images().join() === "nginx:2,nginx:2", "the new image in both pods");
  assert.equal(sandbox.store.count("replicasets.apps"), 2);
});

test("a pod becomes ready after the time that is set for it", async (context) => {
  const slow = ({ metadata }: KubeObject): boolean => metadata.name.startsWith("slow");
  const pods = (pod: KubeObject) => ({ startSeconds: slow(pod) ? 3600 : 0, stopSeconds: 0 });
  const { sandbox, api } = await openSandbox(context, { pods });
  await api.post(PATH, webDeployment("slow", 1));
  const phase = (): unknown => (sandbox.store.list("pods")[0]?.status as { phase?: string } | undefined)?.phase;
  await eventually(
    () => (sandbox.store.list("pods")[0]?.spec as { nodeName?: string })?.nodeName === "sandbox",
    "a node",
  );
  assert.equal(phase(), "Pending");
  await api.delete(`${PATH}/slow`);
  await eventually(() => sandbox.store.count("pods") === 0, "the slow pod is gone");
  await api.post(PATH, webDeployment("quick", 1));
  await eventually(() => phase() === "Running", "the quick pod runs");
});

test("a StatefulSet numbers its pods, and removes the highest first", async (context) => {
  const { sandbox, api } = await openSandbox(context);
  const path = "/apis/apps/v1/namespaces/default/statefulsets";
  const object = webDeployment("db", 3);
  await api.post(path, { ...object, kind: "StatefulSet", spec: { ...object.spec, serviceName: "db" } });
  const names = (): string =>
    sandbox.store
      .list("pods")
      .map((pod) => pod.metadata.name)
      .join();
  await eventually(() => names() === "db-0,db-1,db-2", "three numbered pods");
  await api.merge(`${path}/db/scale`, { spec: { replicas: 1 } });
  await eventually(() => names() === "db-0", "the first is left");
  await eventually(async () => (await api.get(`${path}/db`)).body.status.readyReplicas === 1, "its status");
});

test("background deletion removes dependents, foreground deletion waits for them, orphans stay", async (context) => {
  const { sandbox, api } = await openSandbox(context);
  const counts = (): readonly number[] =>
    ["deployments.apps", "replicasets.apps", "pods"].map((resource) => sandbox.store.count(resource));
  for (const propagationPolicy of ["Background", "Foreground"]) {
    await api.post(PATH, webDeployment());
    await eventually(() => counts().join() === "1,1,2", "a Deployment with two pods");
    await api.delete(`${PATH}/web`, { propagationPolicy });
    await eventually(() => counts().join() === "0,0,0", `nothing is left after ${propagationPolicy}`);
  }
  await api.post(PATH, webDeployment());
  await eventually(() => counts().join() === "1,1,2", "a Deployment with two pods");
  await api.delete(`${PATH}/web`, { propagationPolicy: "Orphan" });
  await eventually(() => counts().join() === "0,1,2", "the ReplicaSet stays");
  const [set] = sandbox.store.list("replicasets.apps") as [KubeObject];
  assert.equal(set.metadata.ownerReferences, undefined);
});

test("a deleted namespace is emptied first, and accepts nothing new", async (context) => {
  const { sandbox, api } = await openSandbox(context);
  await api.post("/api/v1/namespaces", { metadata: { name: "shop" } });
  const path = PATH.replace("default", "shop");
  await api.post(path, webDeployment());
  const hold = { metadata: { name: "hold", finalizers: ["example.com/hold"] } };
  await api.post("/api/v1/namespaces/shop/configmaps", hold);
  await api.delete("/api/v1/namespaces/shop");
  await eventually(() => sandbox.store.list("pods", "shop").length === 0, "its pods are gone");
  const late = await api.post(path, webDeployment("late"));
  assert.equal(late.status, 403);
  assert.match(late.body.message, /unable to create new content in namespace shop because it is being terminated/);
  await api.merge("/api/v1/namespaces/shop/configmaps/hold", { metadata: { finalizers: null } });
  await eventually(async () => (await api.get("/api/v1/namespaces/shop")).status === 404, "the namespace is gone");
});

test("a pod runs its process from ready until it is deleted, and reports its warnings as events", async (context) => {
  const calls: string[] = [];
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const run = (warn: (reason: string, message: string) => void) => {
    calls.push("run");
    warn("Thirsty", "no water");
    const end = (call: string) => () => {
      calls.push(call);
      return finished;
    };
    return { stop: end("stop"), kill: end("kill") };
  };
  const { sandbox, api } = await openSandbox(context, { pods: { startSeconds: 0, stopSeconds: 0, run } });
  await api.post(PATH, webDeployment("running", 1));
  await eventually(() => sandbox.store.list("events").some(({ reason }) => reason === "Thirsty"), "the warning");
  await api.delete(`${PATH}/running`);
  await eventually(() => calls.includes("stop"), "its end");
  assert.equal(sandbox.store.count("pods"), 1);
  finish();
  await eventually(() => sandbox.store.count("pods") === 0, "the pod is gone");
  assert.deepEqual(calls, ["run", "stop"]);
});
