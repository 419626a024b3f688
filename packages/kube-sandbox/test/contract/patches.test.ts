import assert from "node:assert/strict";
import { test } from "node:test";
import { contract } from "../support/contract.ts";
import { webDeployment } from "../support/sandbox.ts";

contract("patches and subresources", {}, (server) => {
  async function web(): Promise<string> {
    const path = `/apis/apps/v1/namespaces/${await server().namespace()}/deployments`;
    await server().api.post(path, webDeployment());
    return `${path}/web`;
  }

  test("a merge patch merges objects, removes nulls and replaces lists", async () => {
    const { api } = server();
    const path = await web();
    const labels = { tier: "front", app: null };
    const { body } = await api.merge(path, { metadata: { labels }, spec: { replicas: 4 } });
    assert.deepEqual([body.metadata.labels, body.spec.replicas], [{ tier: "front" }, 4]);
    assert.equal((await api.merge(path.replace("/web", "/nope"), { spec: {} })).status, 404);
  });

  test("a JSON patch tests, adds, replaces and removes, all or nothing", async () => {
    const { api } = server();
    const path = await web();
    const good = await api.patch(path, "json", [
      { op: "test", path: "/spec/replicas", value: 2 },
      { op: "replace", path: "/spec/replicas", value: 5 },
      { op: "add", path: "/metadata/annotations", value: { "example.com/a": "1" } },
      { op: "remove", path: "/metadata/annotations/example.com~1a" },
    ]);
    assert.equal(good.body.spec.replicas, 5);
    const failed = [
      [{ op: "test", path: "/spec/replicas", value: 2 }],
      [{ op: "remove", path: "/spec/nope" }],
      [{ op: "replace", path: "/spec/nope/x", value: 1 }],
    ];
    for (const operations of failed) {
      const answer = await api.patch(path, "json", operations);
      assert.deepEqual([answer.status, answer.body.reason], [422, "Invalid"], JSON.stringify(operations));
    }
    assert.equal((await api.patch(path, "json", {})).status, 400);
  });

  test("a strategic merge patch merges containers and variables by name", async () => {
    const { api } = server();
    const path = await web();
    const containers = (items: readonly unknown[]): object => ({ spec: { template: { spec: { containers: items } } } });
    const side = { name: "side", image: "side:1" };
    const added = await api.patch(
      path,
      "strategic-merge",
      containers([{ name: "web", env: [{ name: "B", value: "2" }] }, side]),
    );
    const names = (body: { spec: { template: { spec: { containers: { name: string }[] } } } }): string[] =>
      body.spec.template.spec.containers.map((container) => container.name).sort();
    assert.deepEqual(names(added.body), ["side", "web"]);
    const container = added.body.spec.template.spec.containers.find((one: { name: string }) => one.name === "web");
    const variables = container.env.map((variable: { name: string }) => variable.name).sort();
    assert.deepEqual([container.image, variables], ["nginx:1.25", ["A", "B"]]);
    const removed = await api.patch(path, "strategic-merge", containers([{ name: "side", $patch: "delete" }]));
    assert.deepEqual(names(removed.body), ["web"]);
  });

  test("other patch types are refused with 415", async () => {
    const { api } = server();
    const path = await web();
    for (const type of ["application/json", "application/x-other"]) {
      assert.equal((await api.call("PATCH", path, {}, { type })).status, 415);
    }
  });

  test("server-side apply creates, changes, and removes what it no longer names", async () => {
    const { api, namespace } = server();
    const path = `/api/v1/namespaces/${await namespace()}/configmaps/applied?fieldManager=tester`;
    const object = (data: object): object => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "applied" },
      data,
    });
    const made = await api.apply(path, object({ a: "1", b: "2" }));
    assert.deepEqual([made.status, made.body.data], [201, { a: "1", b: "2" }]);
    const plain = path.replace(/\?.*/, "");
    await api.merge(plain, { data: { other: "kept" } });
    const changed = await api.apply(path, object({ a: "3" }));
    assert.deepEqual([changed.status, changed.body.data], [200, { a: "3", other: "kept" }]);
    const unmanaged = await api.apply(plain, object({}));
    assert.match(unmanaged.body.message, /fieldManager: Required value: is required for apply patch/);
  });

  test("the scale subresource shows and changes only replicas", async () => {
    const { api } = server();
    const path = await web();
    const shown = (await api.get(`${path}/scale`)).body;
    assert.deepEqual([shown.kind, shown.apiVersion, shown.spec], ["Scale", "autoscaling/v1", { replicas: 2 }]);
    assert.deepEqual(shown.status, { replicas: 0, selector: "app=web" });
    const before = (await api.get(path)).body;
    const up = await api.merge(`${path}/scale`, { spec: { replicas: 7 } });
    assert.deepEqual(up.body.spec, { replicas: 7 });
    const after = (await api.get(path)).body;
    assert.equal(after.metadata.generation, 2);
    assert.deepEqual(after.spec, { ...before.spec, replicas: 7 });
    const zero = await api.patch(`${path}/scale`, "json", [{ op: "replace", path: "/spec/replicas", value: 0 }]);
    assert.deepEqual(zero.body.spec, {});
    const metadata = { name: "web", namespace: zero.body.metadata.namespace };
    const put = await api.put(`${path}/scale`, { metadata, spec: { replicas: 3 } });
    assert.deepEqual(put.body.spec, { replicas: 3 });
    assert.equal((await api.patch(`${path}/scale`, "strategic-merge", { spec: { replicas: 1 } })).status, 200);
  });

  test("the scale subresource refuses a stale or negative value, and another object's", async () => {
    const { api } = server();
    const path = await web();
    const { resourceVersion } = (await api.get(path)).body.metadata;
    await api.merge(path, { metadata: { labels: { a: "b" } } });
    const stale = await api.merge(`${path}/scale`, { metadata: { resourceVersion }, spec: { replicas: 1 } });
    assert.deepEqual([stale.status, stale.body.reason], [409, "Conflict"]);
    const uid = "00000000-0000-0000-0000-000000000000";
    assert.equal((await api.merge(`${path}/scale`, { metadata: { uid }, spec: { replicas: 1 } })).status, 409);
    const negative = await api.merge(`${path}/scale`, { spec: { replicas: -1 } });
    const text =
      'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0';
    assert.deepEqual([negative.status, negative.body.message], [422, text]);
    const failed = await api.patch(`${path}/scale`, "json", [{ op: "test", path: "/spec/replicas", value: 1 }]);
    assert.equal(failed.status, 422);
    assert.equal((await api.merge(`${path.replace("/web", "/nope")}/scale`, { spec: {} })).status, 404);
    assert.equal((await api.get(path)).body.spec.replicas, 2);
  });

  test("the status subresource changes only status, and the object's path never does", async () => {
    const { api } = server();
    const path = await web();
    const status = { replicas: 2, readyReplicas: 1, observedGeneration: 1 };
    const written = await api.merge(`${path}/status`, { spec: { replicas: 99 }, status });
    assert.deepEqual([written.body.spec.replicas, written.body.metadata.generation], [2, 1]);
    assert.deepEqual(written.body.status, status);
    const ignored = await api.merge(path, { status: { replicas: 50 } });
    assert.equal(ignored.body.status.replicas, 2);
  });
});
