import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { parseAllDocuments } from "yaml";
import { ClusterPods } from "../../src/kubernetes/pods/cluster-pods.ts";
import { PodTokens } from "../../src/kubernetes/pods/pod-tokens.ts";
import type { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";
import { clusterClient, type Objects, objectsOf } from "../support/cluster-client.ts";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { protectionServer } from "../support/protection-server.ts";
import { eventually } from "../support/waiting.ts";

const SHOP = "/api/v1/namespaces/shop";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const MUSTER = "system:serviceaccount:muster:muster";
const PROTECTED = "muster.dev/protected-until";
const SIGNAL = new AbortController().signal;

type Server = Awaited<ReturnType<typeof protectionServer>>;

describe("workers that protect themselves, on a real API server", {
  skip: controlPlaneSkip(),
  timeout: 300_000,
}, () => {
  let plane: ControlPlane;
  let admin: ConnectedClient;
  /** With the permissions of deploy/busy-workers.yaml alone. */
  let limited: ConnectedClient;
  let objects: Objects;
  let server: Server;
  let unpermitted: Awaited<ReturnType<Server["call"]>>;

  before(async () => {
    plane = await startControlPlane({ controllerManager: true, users: [`muster-token,${MUSTER},muster`] });
    admin = await clusterClient(plane);
    limited = await clusterClient(plane, { token: "muster-token" });
    objects = objectsOf(admin);
    server = await serverOf(limited);
    for (const name of ["shop", "elsewhere"]) {
      await objects.create("/api/v1/namespaces", { metadata: { name } });
      await objects.create(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: "worker" } });
    }
    unpermitted = await server.call("PUT", await newPod("early"), { expiresInSeconds: 60 });
    await apply("deploy/busy-workers.yaml", RBAC);
  });
  after(async () => {
    await server?.close();
    await limited?.close();
    await admin?.close();
    await plane?.stop();
  });

  async function apply(path: string, group: string): Promise<void> {
    for (const document of parseAllDocuments(readFileSync(path, "utf8"))) {
      const { kind, metadata, ...rest } = document.toJS();
      const within = metadata.namespace ? `/namespaces/${metadata.namespace}` : "";
      const plural = kind.toLowerCase().replace(/y?$/, (end: string) => (end === "y" ? "ies" : "s"));
      await objects.create(`${group}${within}/${plural}`, { kind, metadata, ...rest });
    }
  }

  function serverOf(client: ConnectedClient): Promise<Server> {
    return protectionServer({ tokens: new PodTokens(client), pods: new ClusterPods(client), now: Date.now });
  }

  interface TokenTerms {
    readonly pod?: { readonly name: string; readonly uid: string };
    readonly audiences?: readonly string[];
    readonly namespace?: string;
  }

  /** As the kubelet asks for one. */
  async function tokenFor({ pod, audiences = ["muster.dev"], namespace = "shop" }: TokenTerms): Promise<string> {
    const boundObjectRef = pod && { apiVersion: "v1", kind: "Pod", ...pod };
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/worker/token`;
    const spec = { expirationSeconds: 600, audiences, ...(boundObjectRef ? { boundObjectRef } : {}) };
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
    return ((await objects.create(path, body)) as { status: { token: string } }).status.token;
  }

  async function newPod(name: string, terms: Omit<TokenTerms, "pod"> = {}): Promise<string> {
    const spec = { serviceAccountName: "worker", containers: [{ name: "worker", image: "worker" }] };
    const path = `/api/v1/namespaces/${terms.namespace ?? "shop"}/pods`;
    const made = await objects.create(path, { metadata: { name }, spec });
    const { uid } = (made as { metadata: { uid: string } }).metadata;
    return tokenFor({ ...terms, pod: { name, uid } });
  }

  async function annotation(name: string): Promise<string | undefined> {
    const read = (await objects.get(`${SHOP}/pods/${name}`)) as { metadata: { annotations?: Record<string, string> } };
    return read.metadata.annotations?.[PROTECTED];
  }

  test("is off until the controller may check tokens, and says what to grant", () => {
    assert.equal(unpermitted.code, 503);
    assert.match(unpermitted.body.message, /protection is off.*tokenreviews.*deploy\/busy-workers\.yaml/);
  });

  test("a pod protects itself, renews that, reads it and ends it", async () => {
    const token = await newPod("chef");
    const asked = Date.now();
    const put = await server.call("PUT", token, { expiresInSeconds: 600 });
    assert.equal(put.code, 200, JSON.stringify(put.body));
    const until = Date.parse(put.body.protectedUntil);
    assert.ok(until >= asked + 600_000 && until < Date.now() + 600_001);
    assert.equal(await annotation("chef"), put.body.protectedUntil);
    const renewed = await server.call("PUT", token, { expiresInSeconds: 1_200 });
    assert.ok(Date.parse(renewed.body.protectedUntil) > until);
    const { body } = await server.call("GET", token);
    assert.deepEqual(body, { pod: "shop/chef", protectedUntil: renewed.body.protectedUntil, leaving: false });
    assert.equal((await server.call("DELETE", token)).code, 200);
    assert.equal(await annotation("chef"), undefined);
    assert.equal((await server.call("GET", token)).body.protectedUntil, null);
  });

  test("a protection ends by itself", async () => {
    const token = await newPod("brief");
    await server.call("PUT", token, { expiresInSeconds: 1 });
    assert.notEqual((await server.call("GET", token)).body.protectedUntil, null);
    await sleep(1_100);
    assert.equal((await server.call("GET", token)).body.protectedUntil, null);
  });

  test("takes the token that every pod has, for the API server, too", async () => {
    const token = await newPod("default-token", { audiences: ["https://kubernetes.default.svc"] });
    assert.equal((await server.call("PUT", token, { expiresInSeconds: 60 })).code, 200);
  });

  test("a token says which pod: another one's protects that one alone, and no body changes it", async () => {
    const mine = await newPod("mine");
    const others = await newPod("other");
    await server.call("PUT", others, { expiresInSeconds: 60 });
    assert.equal(await annotation("mine"), undefined);
    const named = await server.call("PUT", mine, { expiresInSeconds: 60, pod: "other" });
    assert.equal(named.code, 400);
    await server.call("DELETE", mine);
    assert.notEqual(await annotation("other"), undefined);
  });

  test("refuses tokens of nobody, for somebody else, without a pod, and of a pod that is gone", async () => {
    const wrong = await server.call("PUT", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", { expiresInSeconds: 60 });
    assert.equal(wrong.code, 401);
    const elsewhere = await newPod("vault-user", { audiences: ["vault"] });
    assert.equal((await server.call("PUT", elsewhere, { expiresInSeconds: 60 })).code, 401);
    const unbound = await server.call("PUT", await tokenFor({}), { expiresInSeconds: 60 });
    assert.equal(unbound.code, 403);
    assert.match(unbound.body.message, /bound to a pod/);
    const late = await newPod("late");
    await admin.call(
      { method: "DELETE", path: `${SHOP}/pods/late?gracePeriodSeconds=0`, what: "test", lane: "read" },
      SIGNAL,
    );
    assert.ok([401, 409].includes((await server.call("PUT", late, { expiresInSeconds: 60 })).code));
  });

  test("refuses the token of a Secret, which is bound to no pod", async () => {
    const annotations = { "kubernetes.io/service-account.name": "worker" };
    const metadata = { name: "legacy", annotations };
    await objects.create(`${SHOP}/secrets`, { metadata, type: "kubernetes.io/service-account-token" });
    const token = await eventually(async () => {
      const { data } = (await objects.get(`${SHOP}/secrets/legacy`)) as { data?: { token?: string } };
      assert.ok(data?.token);
      return Buffer.from(data.token, "base64").toString();
    });
    const { code } = await server.call("PUT", token, { expiresInSeconds: 60 });
    assert.equal(code, 403);
  });

  test("says which permission is missing for a namespace that was not granted", async () => {
    const token = await newPod("stranger", { namespace: "elsewhere" });
    const { code, body } = await server.call("PUT", token, { expiresInSeconds: 60 });
    assert.equal(code, 503);
    assert.match(body.message, /cannot get resource "pods".*"elsewhere".*deploy\/busy-workers\.yaml/);
  });

  test("a pod that is about to be stopped is told so, until that is called off", async () => {
    const token = await newPod("leaver");
    const pods = new ClusterPods(admin);
    const pod = await pods.find({ namespace: "shop", name: "leaver" }, SIGNAL);
    assert.ok(pod);
    const marked = await pods.mark("shop", pod, -5, SIGNAL);
    assert.ok(marked);
    const refused = await server.call("PUT", token, { expiresInSeconds: 60 });
    assert.equal(refused.code, 409);
    assert.match(refused.body.message, /take no message/);
    assert.equal((await server.call("GET", token)).body.leaving, true);
    assert.equal(await annotation("leaver"), undefined);
    await pods.mark("shop", marked, undefined, SIGNAL);
    assert.equal((await server.call("PUT", token, { expiresInSeconds: 60 })).code, 200);
  });

  test("a protected pod that goes by force is marked, and cannot renew its protection", async () => {
    const token = await newPod("forced");
    const pods = new ClusterPods(admin);
    const where = { namespace: "shop", name: "forced" };
    const before = await pods.find(where, SIGNAL);
    await server.call("PUT", token, { expiresInSeconds: 600 });
    assert.ok(before);
    assert.equal((await pods.mark("shop", before, -5, SIGNAL))?.deletionCost, undefined);
    const known = await pods.find(where, SIGNAL);
    assert.ok(known);
    assert.equal((await pods.mark("shop", known, -5, SIGNAL))?.deletionCost?.isOurs, true);
    assert.equal((await server.call("PUT", token, { expiresInSeconds: 600 })).code, 409);
  });

  test("of a mark and a protection at the same moment exactly one is written", async () => {
    const pods = new ClusterPods(admin);
    const won = { mark: 0, protection: 0 };
    for (let round = 0; round < 40; round += 1) {
      const name = `racer-${round}`;
      const token = await newPod(name);
      const pod = await pods.find({ namespace: "shop", name }, SIGNAL);
      assert.ok(pod);
      // The token is known already, so that both are about as fast.
      await server.call("GET", token);
      const [marked, reply] = await Promise.all([
        sleep(round % 5).then(() => pods.mark("shop", pod, -5, SIGNAL)),
        server.call("PUT", token, { expiresInSeconds: 60 }),
      ]);
      const isMarked = marked?.deletionCost?.isOurs === true;
      assert.equal(reply.code, isMarked ? 409 : 200);
      assert.equal((await annotation(name)) === undefined, isMarked);
      won[isMarked ? "mark" : "protection"] += 1;
    }
    assert.ok(won.mark > 0 && won.protection > 0, JSON.stringify(won));
  });

  test("a protection without an end, which somebody wrote on the pod, stays", async () => {
    const token = await newPod("kept");
    await objects.patch(`${SHOP}/pods/kept`, { metadata: { annotations: { [PROTECTED]: "true" } } });
    assert.equal((await server.call("PUT", token, { expiresInSeconds: 1 })).body.protectedUntil, "forever");
    assert.equal((await server.call("DELETE", token)).body.protectedUntil, "forever");
    assert.equal(await annotation("kept"), "true");
  });

  test("fifty pods at once are each protected, and nothing of a token is logged", async () => {
    const names = Array.from({ length: 50 }, (_, index) => `many-${index}`);
    const tokens = await Promise.all(names.map((name) => newPod(name)));
    const replies = await Promise.all(tokens.map((token) => server.call("PUT", token, { expiresInSeconds: 60 })));
    assert.deepEqual(new Set(replies.map(({ code }) => code)), new Set([200]));
    assert.equal(new Set(replies.map(({ body }) => body.pod)).size, 50);
    assert.deepEqual(server.lines, []);
  });

  test("with deploy/annotates-only.yaml the controller may annotate a pod and change nothing else of it", async () => {
    const { minor } = (await objects.get("/version")) as { minor: string };
    // The policy is for Kubernetes 1.30 and later; older servers do not know its kind.
    if (Number.parseInt(minor, 10) < 30) return;
    await apply("deploy/annotates-only.yaml", "/apis/admissionregistration.k8s.io/v1");
    const token = await newPod("annotated");
    const path = `${SHOP}/pods/annotated`;
    const patch = (body: object) => objectsOf(limited).patch(path, body);
    const containers = [{ name: "worker", image: "evil" }];
    // A policy counts a little later.
    let tries = 0;
    await eventually(() => {
      tries += 1;
      return assert.rejects(patch({ metadata: { labels: { tried: `${tries}` } } }), /nothing but annotations/);
    });
    await assert.rejects(patch({ spec: { containers } }), /nothing but annotations/);
    await assert.rejects(patch({ metadata: { finalizers: ["test.example/kept"] } }), /nothing but annotations/);
    assert.equal((await server.call("PUT", token, { expiresInSeconds: 60 })).code, 200);
    await objects.patch(path, { metadata: { labels: { by: "admin" } } });
  });

  test("says that the API server is down, and protects again once it is back", async () => {
    const token = await newPod("survivor");
    assert.equal((await server.call("PUT", token, { expiresInSeconds: 60 })).code, 200);
    await plane.stopApiServer();
    const { code, headers, body } = await server.call("PUT", token, { expiresInSeconds: 60 });
    assert.equal(code, 503);
    assert.equal(headers.get("retry-after"), "1");
    assert.match(body.message, /API server cannot be asked/);
    await plane.startApiServer();
    await eventually(async () => assert.equal((await server.call("PUT", token, { expiresInSeconds: 60 })).code, 200));
  });
});
