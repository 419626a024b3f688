import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiWatch, WatchEvent } from "../../../../test/support/api-client.ts";
import { contract } from "../support/contract.ts";
import { webDeployment } from "../support/sandbox.ts";

const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";

contract("lists and watches", {}, (server) => {
  async function configMaps(...names: readonly string[]): Promise<string> {
    const { api, namespace } = server();
    const path = `/api/v1/namespaces/${await namespace()}/configmaps`;
    for (const name of names) {
      const made = await api.post(path, { metadata: { name, labels: { app: name, tier: "x" } }, data: { n: name } });
      assert.equal(made.status, 201);
    }
    return path;
  }

  const names = (items: readonly { metadata: { name: string } }[]): readonly string[] =>
    items.map((item) => item.metadata.name).filter((name) => name !== "kube-root-ca.crt");

  const seen = ({ type, object }: WatchEvent): string =>
    `${type} ${object.metadata?.name ?? object.rows?.[0]?.cells[0]}`;

  async function collect(watch: ApiWatch, count: number): Promise<readonly string[]> {
    const events: string[] = [];
    while (events.length < count) events.push(seen(await watch.next()));
    return events;
  }

  async function revision(path: string): Promise<string> {
    return (await server().api.get(path)).body.metadata.resourceVersion;
  }

  test("a list is in order, of its kind, and at a revision", async () => {
    const { api } = server();
    const path = await configMaps("b", "a", "c");
    const { body } = await api.get(path);
    assert.deepEqual([body.kind, body.apiVersion], ["ConfigMapList", "v1"]);
    assert.match(body.metadata.resourceVersion, /^\d+$/);
    assert.deepEqual(names(body.items), ["a", "b", "c"]);
    assert.equal(body.items[0].kind, undefined);
  });

  test("later pages show the list at the time of the first", async () => {
    const { api } = server();
    const path = await configMaps("a", "b", "c", "d", "e");
    const first = (await api.get(`${path}?limit=2`)).body;
    assert.deepEqual([names(first.items), first.metadata.remainingItemCount], [["a", "b"], 3]);
    await api.delete(`${path}/d`);
    await api.post(path, { metadata: { name: "bb" } });
    const token = encodeURIComponent(first.metadata.continue);
    const second = (await api.get(`${path}?limit=2&continue=${token}`)).body;
    assert.deepEqual(names(second.items), ["c", "d"]);
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
    const last = (await api.get(`${path}?limit=2&continue=${encodeURIComponent(second.metadata.continue)}`)).body;
    assert.deepEqual([names(last.items), last.metadata.continue ?? ""], [["e"], ""]);
    assert.equal((await api.get(`${path}?limit=2&continue=nonsense`)).status, 400);
  });

  test("labels and fields select", async () => {
    const { api } = server();
    const path = await configMaps("a", "b", "c");
    const selected = async (selector: string): Promise<readonly string[]> =>
      names((await api.get(`${path}?${selector}`)).body.items);
    assert.deepEqual(await selected(`labelSelector=${encodeURIComponent("app in (a,b),tier=x")}`), ["a", "b"]);
    assert.deepEqual(await selected(`labelSelector=${encodeURIComponent("app!=a,tier")}`), ["b", "c"]);
    assert.deepEqual(await selected(`labelSelector=${encodeURIComponent("app notin (a),!none,tier==x")}`), ["b", "c"]);
    assert.deepEqual(await selected("fieldSelector=metadata.name%3Dc"), ["c"]);
    assert.deepEqual(await selected("fieldSelector=metadata.name!%3Dc,metadata.name!%3Da"), ["b"]);
    assert.equal((await api.get(`${path}?labelSelector=${encodeURIComponent("a===b")}`)).status, 400);
    assert.equal((await api.get(`${path}?fieldSelector=spec.nope%3Dx`)).status, 400);
  });

  test("metadata alone can be requested, an unknown form cannot", async () => {
    const { api } = server();
    const path = await configMaps("a");
    const one = await api.get(`${path}/a`, { accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" });
    assert.deepEqual([one.body.kind, one.body.metadata.name, one.body.data], ["PartialObjectMetadata", "a", undefined]);
    const all = await api.get(path, { accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" });
    assert.equal(all.body.kind, "PartialObjectMetadataList");
    assert.equal((await api.get(path, { accept: "text/html" })).status, 406);
  });

  test("tables have the columns of their kind", async () => {
    const { api, namespace } = server();
    const path = `/apis/apps/v1/namespaces/${await namespace()}`;
    await api.post(`${path}/deployments`, webDeployment());
    await api.merge(`${path}/deployments/web/status`, {
      status: { replicas: 2, readyReplicas: 1, availableReplicas: 1 },
    });
    const { body } = await api.get(`${path}/deployments`, { accept: TABLE });
    const columns = body.columnDefinitions.map((one: { name: string; priority: number }) => [one.name, one.priority]);
    assert.deepEqual(columns, [
      ["Name", 0],
      ["Ready", 0],
      ["Up-to-date", 0],
      ["Available", 0],
      ["Age", 0],
      ["Containers", 1],
      ["Images", 1],
      ["Selector", 1],
    ]);
    const [name, ready, , available, age, ...wide] = body.rows[0].cells;
    assert.deepEqual([name, ready, available, wide], ["web", "1/2", 1, ["web", "nginx:1.25", "app=web"]]);
    assert.match(age, /^\d+s$/);
    const columnsOf = async (plural: string): Promise<readonly string[]> => {
      const answer = await api.get(plural, { accept: TABLE });
      return answer.body.columnDefinitions
        .filter((one: { priority: number }) => one.priority === 0)
        .map((one: { name: string }) => one.name);
    };
    assert.deepEqual(await columnsOf(`${path}/replicasets`), ["Name", "Desired", "Current", "Ready", "Age"]);
    assert.deepEqual(await columnsOf("/api/v1/pods"), ["Name", "Ready", "Status", "Restarts", "Age"]);
    assert.deepEqual(await columnsOf("/api/v1/events"), ["Last Seen", "Type", "Reason", "Object", "Message"]);
    assert.deepEqual(await columnsOf("/api/v1/namespaces"), ["Name", "Status", "Age"]);
    assert.deepEqual(await columnsOf("/api/v1/secrets"), ["Name", "Type", "Data", "Age"]);
    assert.deepEqual(await columnsOf("/apis/coordination.k8s.io/v1/leases"), ["Name", "Holder", "Age"]);
  });

  test("a watch resumes after a revision and sends every change in order", async () => {
    const { api } = server();
    const path = await configMaps("a");
    const from = await revision(path);
    await api.merge(`${path}/a`, { data: { n: "2" } });
    await api.post(path, { metadata: { name: "b" } });
    const watch = await api.watch(`${path}?watch=1&resourceVersion=${from}`);
    assert.deepEqual(await collect(watch, 2), ["MODIFIED a", "ADDED b"]);
    await api.delete(`${path}/a`);
    const last = await watch.next();
    assert.equal(seen(last), "DELETED a");
    assert.ok(Number(last.object.metadata.resourceVersion) > Number(from));
    watch.close();
  });

  test("a watch without a revision starts with the existing objects", async () => {
    const { api } = server();
    const path = await configMaps("a", "b");
    const watch = await api.watch(`${path}?watch=true&fieldSelector=metadata.name!%3Dkube-root-ca.crt`);
    assert.deepEqual((await collect(watch, 2)).toSorted(), ["ADDED a", "ADDED b"]);
    await api.post(path, { metadata: { name: "c" } });
    assert.deepEqual(await collect(watch, 1), ["ADDED c"]);
    watch.close();
  });

  test("an object that leaves a watch's selection is deleted for it, and one that enters is added", async () => {
    const { api } = server();
    const path = await configMaps("a", "b");
    const from = await revision(path);
    const watch = await api.watch(`${path}?watch=1&resourceVersion=${from}&labelSelector=app%3Da`);
    await api.merge(`${path}/a`, { metadata: { labels: { app: "z" } } });
    await api.merge(`${path}/b`, { metadata: { labels: { app: "a" } } });
    await api.merge(`${path}/b`, { data: { n: "3" } });
    assert.deepEqual(await collect(watch, 3), ["DELETED a", "ADDED b", "MODIFIED b"]);
    watch.close();
  });

  test("a watch can send tables, with headers only in the first event", async () => {
    const { api } = server();
    const path = await configMaps("a");
    const from = await revision(path);
    const watch = await api.watch(`${path}?watch=1&resourceVersion=${from}`, { accept: TABLE });
    await api.merge(`${path}/a`, { data: { m: "2" } });
    await api.merge(`${path}/a`, { data: { m: "3" } });
    const [first, second] = [await watch.next(), await watch.next()];
    assert.deepEqual([first.object.kind, first.object.rows[0].cells.slice(0, 2)], ["Table", ["a", 2]]);
    assert.ok(first.object.columnDefinitions.length > 0);
    assert.equal(second.object.columnDefinitions, null);
    watch.close();
  });

  test("a watch ends after its timeout, with a bookmark on request", async () => {
    const { api, isSandbox } = server();
    const path = await configMaps("a");
    const query = `watch=1&resourceVersion=${await revision(path)}&timeoutSeconds=3&allowWatchBookmarks=true`;
    const watch = await api.watch(`${path}?${query}`);
    // Kubernetes promises no bookmark, and 1.20 sends none to so short a watch.
    if (!isSandbox) return watch.ended;
    const bookmark = await watch.next();
    assert.deepEqual([bookmark.type, bookmark.object.kind], ["BOOKMARK", "ConfigMap"]);
    assert.match(bookmark.object.metadata.resourceVersion, /^\d+$/);
    await watch.ended;
  });

  test("a revision from the future is refused", async () => {
    const { api } = server();
    const path = await configMaps();
    const { status, body } = await api.get(`${path}?resourceVersion=99999999`);
    assert.deepEqual([status, body.reason], [504, "Timeout"]);
    assert.match(body.message, /^Timeout: Too large resource version: 99999999, current: \d+$/);
  });

  test("initial events end with a marked bookmark if the server streams lists", async (context) => {
    const { api, minor } = server();
    if (minor < 32) {
      context.diagnostic(`1.${minor} does not stream lists`);
      return;
    }
    const path = await configMaps("a", "b");
    const query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const watch = await api.watch(`${path}?${query}&labelSelector=tier`);
    assert.deepEqual((await collect(watch, 2)).toSorted(), ["ADDED a", "ADDED b"]);
    const mark = await watch.next();
    assert.deepEqual(
      [mark.type, mark.object.metadata.annotations],
      ["BOOKMARK", { "k8s.io/initial-events-end": "true" }],
    );
    watch.close();
    const unfit = await api.get(`${path}?watch=1&sendInitialEvents=true`);
    assert.deepEqual([unfit.status, unfit.body.reason], [422, "Invalid"]);
  });

  test("a watch from a forgotten revision gets 410", async () => {
    const { api, expire } = server();
    const path = await configMaps("a");
    await expire();
    const watch = await api.watch(`${path}?watch=1&resourceVersion=1`);
    const { type, object } = await watch.next();
    assert.deepEqual([type, object.kind, object.code, object.reason], ["ERROR", "Status", 410, "Expired"]);
    assert.match(object.message, /^too old resource version: 1 \(\d+\)$/);
    watch.close();
  });
});
