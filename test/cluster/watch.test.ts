import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";
import { WatchCache } from "../../src/kubernetes/watch/watch-cache.ts";
import { clusterClient, type Objects, objectsOf } from "../support/cluster-client.ts";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { type FaultProxy, faultProxy } from "../support/fault-proxy.ts";
import { eventually } from "../support/waiting.ts";

const skip = controlPlaneSkip(["etcd", "kube-apiserver"]);
const CONFIG_MAPS = { group: "", version: "v1", plural: "configmaps" };
const PATH = "/api/v1/namespaces/default/configmaps";

describe("a watch of a real API server", { skip, timeout: 500_000 }, () => {
  let plane: ControlPlane;
  let proxy: FaultProxy;
  let direct: ConnectedClient;
  let objects: Objects;

  before(async () => {
    plane = await startControlPlane();
    proxy = await faultProxy(Number(new URL(plane.url).port));
    direct = await clusterClient(plane);
    objects = objectsOf(direct);
  });
  after(async () => {
    await direct?.close();
    await proxy?.close();
    await plane?.stop();
  });

  /** Keeps `data.value` of all ConfigMaps, through the proxy. */
  async function watching(
    body: (cache: WatchCache<string>, lists: () => number, client: ConnectedClient) => Promise<void>,
  ): Promise<void> {
    const client = await clusterClient(plane, { port: proxy.port });
    const stop = new AbortController();
    const cache = new WatchCache({
      client,
      resource: CONFIG_MAPS,
      namespace: "default",
      trim: (object) => (object as { data?: { value?: string } }).data?.value ?? "",
    });
    const running = cache.run(stop.signal);
    try {
      await eventually(async () => assert.equal(cache.isSynced, true));
      await body(cache, () => cache.health().lists, client);
    } finally {
      stop.abort();
      await running;
      await client.close();
    }
  }

  let made = 0;
  async function change(cache: WatchCache<string>): Promise<void> {
    made += 1;
    const name = `map-${made}`;
    await objects.create(PATH, { metadata: { name }, data: { value: "first" } });
    await objects.patch(`${PATH}/${name}`, { data: { value: "second" } });
    await eventually(async () => assert.equal(cache.get("default", name)?.value, "second"));
  }

  test("shows what is made, changed and deleted, over one HTTP/2 connection", async () => {
    await watching(async (cache) => {
      await change(cache);
      await objects.create(PATH, { metadata: { name: "short-lived" } });
      await eventually(async () => assert.ok(cache.get("default", "short-lived")));
      await deleted(direct, `${PATH}/short-lived`);
      await eventually(async () => assert.equal(cache.get("default", "short-lived"), undefined));
    });
  });

  for (const [name, fault] of [
    ["reset", () => proxy.reset()],
    ["closed", () => proxy.end()],
    ["black-holed", () => proxy.blackHole()],
  ] as const) {
    test(`goes on where it stopped, without a new list, when the connection is ${name}`, async () => {
      await watching(async (cache, lists) => {
        await change(cache);
        fault();
        const began = Date.now();
        await change(cache);
        assert.equal(lists(), 1);
        assert.ok(Date.now() - began < 15_000, `took ${Date.now() - began} ms`);
      });
    });
  }

  test("a call on a connection that has fallen silent goes over a new one once the watch finds out", async () => {
    await watching(async (_cache, _lists, client) => {
      const get = { method: "GET", path: PATH, what: "get configmaps", lane: "scale" } as const;
      // As many connections as undici likes, and all of them idle.
      for (let n = 0; n < 5; n += 1) await client.call(get, new AbortController().signal);
      const before = proxy.connections();
      proxy.blackHole();
      await client.call(get, new AbortController().signal);
      assert.ok(proxy.connections() > before);
    });
  });

  test("survives connections that are cut in the middle of a line again and again", async () => {
    await watching(async (cache) => {
      proxy.cutAfter(6_000);
      proxy.reset();
      for (let round = 0; round < 5; round += 1) await change(cache);
      proxy.cutAfter(undefined);
      proxy.reset();
      await change(cache);
    });
  });

  test("has what the server has after any number of faults while objects are made, changed and deleted", async () => {
    await watching(async (cache) => {
      const faults = [
        () => proxy.reset(),
        () => proxy.end(),
        () => proxy.cutAfter(5_000),
        () => proxy.cutAfter(undefined),
      ];
      let round = 0;
      const breaking = setInterval(() => faults[round++ % faults.length]?.(), 30);
      const names = Array.from({ length: 150 }, (_, n) => `chaos-${n}`);
      for (const [n, name] of names.entries()) {
        await objects.create(PATH, { metadata: { name }, data: { value: "first" } });
        if (n % 3 !== 0) await objects.patch(`${PATH}/${name}`, { data: { value: `second-${n}` } });
        if (n % 4 === 0) await deleted(direct, `${PATH}/${name}`);
      }
      clearInterval(breaking);
      proxy.cutAfter(undefined);
      const { items } = (await objects.get(PATH)) as { items: { metadata: { name: string }; data?: object }[] };
      const truth = items.map(({ metadata, data }) => [metadata.name, (data as { value?: string })?.value ?? ""]);
      const known = () => [...cache.keys()].map((key) => key.slice("default/".length));
      await eventually(async () =>
        assert.deepEqual(
          known()
            .map((name) => [name, cache.get("default", name)?.value])
            .sort(),
          truth.sort(),
        ),
      );
      assert.ok(round > 5, `${round} faults`);
    });
  });

  test("a watch of an idle kind that is opened again after a silence was not interrupted", async () => {
    const calls: string[] = [];
    // A watch must live for 5 s to be opened again at once.
    const client = await clusterClient(plane, { silenceMs: 6_000, observe: ({ what }) => calls.push(what) });
    const stop = new AbortController();
    const failures: unknown[] = [];
    const cache: WatchCache<undefined> = new WatchCache({
      client,
      resource: { group: "apps", version: "v1", plural: "statefulsets" },
      trim: () => undefined,
      stateChanged: () => failures.push(cache.failure),
    });
    const running = cache.run(stop.signal);
    await eventually(async () => assert.ok(calls.includes("check statefulsets.apps")));
    assert.equal(await cache.confirm("default", "any", stop.signal), true);
    assert.deepEqual(failures, [undefined]);
    assert.ok(!calls.includes("read statefulsets.apps"), calls.join(", "));
    stop.abort();
    await running;
    await client.close();
  });

  test("waits for a server that refuses connections", async () => {
    await watching(async (cache, lists) => {
      await proxy.refuse();
      await objects.create(PATH, { metadata: { name: "while-refused" } });
      await eventually(async () => assert.equal(cache.health().failure?.kind, "Unavailable"));
      await proxy.accept();
      await eventually(async () => assert.ok(cache.get("default", "while-refused")));
      await eventually(async () => assert.equal(cache.health().failure, undefined));
      assert.equal(lists(), 1);
    });
  });

  test("misses nothing when the API server is killed and restarted with changes in between", async () => {
    await watching(async (cache) => {
      await change(cache);
      const last = `map-${made}`;
      await plane.stopApiServer();
      await plane.startApiServer();
      await objects.patch(`${PATH}/${last}`, { data: { value: "after the restart" } });
      await objects.create(PATH, { metadata: { name: "new-after-restart" } });
      await eventually(async () => assert.ok(cache.get("default", "new-after-restart")));
      assert.equal(cache.get("default", last)?.value, "after the restart");
      await change(cache);
    });
  });
});

async function deleted(client: ConnectedClient, path: string): Promise<void> {
  await client.call({ method: "DELETE", path, what: "test delete", lane: "read" }, new AbortController().signal);
}
