import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ClusterSecrets } from "../../src/kubernetes/cluster-secrets.ts";
import type { SecretState } from "../../src/kubernetes/ports.ts";
import type { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";
import { clusterClient, type Objects, objectsOf } from "../support/cluster-client.ts";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/waiting.ts";

const PATH = "/api/v1/namespaces/default/secrets";

describe("Secrets of a real API server", {
  skip: controlPlaneSkip(["etcd", "kube-apiserver"]),
  timeout: 500_000,
}, () => {
  let plane: ControlPlane;
  let admin: ConnectedClient;
  let limited: ConnectedClient;
  let objects: Objects;
  let secrets: ClusterSecrets;

  before(async () => {
    plane = await startControlPlane({ users: ["limited-token,limited,limited"] });
    admin = await clusterClient(plane);
    limited = await clusterClient(plane, { token: "limited-token" });
    objects = objectsOf(admin);
    secrets = new ClusterSecrets(limited);
    const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    const rules = [{ apiGroups: [""], resources: ["secrets"], resourceNames: ["allowed"], verbs: ["list", "watch"] }];
    const subject = { kind: "User", name: "limited", apiGroup: "rbac.authorization.k8s.io" };
    const role = { kind: "Role", name: "limited", apiGroup: "rbac.authorization.k8s.io" };
    await objects.create(`${rbac}/roles`, { metadata: { name: "limited" }, rules });
    await objects.create(`${rbac}/rolebindings`, { metadata: { name: "limited" }, subjects: [subject], roleRef: role });
  });
  after(async () => {
    secrets?.close();
    await limited?.close();
    await admin?.close();
    await plane?.stop();
  });

  test("rights to one name suffice to read it, to see it rotated, and to see it go and come", async () => {
    const states: SecretState[] = [];
    const { stop } = secrets.follow({ namespace: "default", name: "allowed" }, (state) => states.push(state));
    assert.equal(states[0]?.state, "unknown");
    const shows = (expected: SecretState) => eventually(async () => assert.deepEqual(states.at(-1), expected));
    await shows({ state: "missing" });
    await objects.create(PATH, { metadata: { name: "allowed" }, stringData: { password: "first", user: "ada" } });
    await shows({ state: "present", values: { password: "first", user: "ada" } });
    await objects.patch(`${PATH}/allowed`, { stringData: { password: "sécond" } });
    await shows({ state: "present", values: { password: "sécond", user: "ada" } });
    await objects.patch(`${PATH}/allowed`, { metadata: { annotations: { "muster.dev/allowed-hosts": "db.shop" } } });
    await shows({ state: "present", values: { password: "sécond", user: "ada" }, allowedHosts: "db.shop" });
    stop();
  });

  test("one without rights is unknown, with the server's reason", async () => {
    const states: SecretState[] = [];
    const { stop } = secrets.follow({ namespace: "default", name: "other" }, (state) => states.push(state));
    await eventually(async () =>
      assert.match(JSON.stringify(states.at(-1)), /"unknown".*403.*cannot (list|watch).*"isForbidden":true/),
    );
    stop();
  });
});
