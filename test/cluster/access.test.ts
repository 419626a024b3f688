import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ClusterAccess } from "../../src/kubernetes/cluster-access.ts";
import type { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";
import { clusterClient, objectsOf } from "../support/cluster-client.ts";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";

describe("reading the controller's status by a token, on a real API server", {
  skip: controlPlaneSkip(["etcd", "kube-apiserver"]),
  timeout: 500_000,
}, () => {
  let plane: ControlPlane;
  let admin: ConnectedClient;

  before(async () => {
    plane = await startControlPlane({
      users: ["everything,reader,reader", "one,shopkeeper,shopkeeper", "none,other,other"],
    });
    admin = await clusterClient(plane);
    const objects = objectsOf(admin);
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    const rules = [{ apiGroups: ["muster.dev"], resources: ["workerautoscalers"], verbs: ["list"] }];
    const roleRef = { kind: "ClusterRole", name: "readers", apiGroup: "rbac.authorization.k8s.io" };
    const subjects = (name: string) => [{ kind: "User", name, apiGroup: "rbac.authorization.k8s.io" }];
    const metadata = { name: "readers" };
    await objects.create(`${rbac}/clusterroles`, { metadata, rules });
    await objects.create(`${rbac}/clusterrolebindings`, { metadata, roleRef, subjects: subjects("reader") });
    const inShop = { metadata, roleRef, subjects: subjects("shopkeeper") };
    await objects.create("/api/v1/namespaces", { metadata: { name: "shop" } });
    await objects.create(`${rbac}/namespaces/shop/rolebindings`, inShop);
  });
  after(async () => {
    await admin?.close();
    await plane?.stop();
  });

  test("a token may read in the namespaces where it may list WorkerAutoscalers, and nowhere else", async () => {
    const access = new ClusterAccess(admin);
    const answers = (token: string) =>
      Promise.all([
        access.mayRead(token, {}),
        access.mayRead(token, { namespace: "shop" }),
        access.mayRead(token, { namespace: "b" }),
      ]);
    assert.deepEqual(await answers("everything"), ["allowed", "allowed", "allowed"]);
    assert.deepEqual(await answers("one"), ["known", "allowed", "known"]);
    assert.deepEqual(await answers("none"), ["known", "known", "known"]);
    assert.deepEqual(await answers("made-up"), ["unknown", "unknown", "unknown"]);
  });
});
