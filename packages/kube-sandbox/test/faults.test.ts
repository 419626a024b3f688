import assert from "node:assert/strict";
import { test } from "node:test";
import { openSandbox, webDeployment } from "./support/sandbox.ts";

const PATH = "/apis/apps/v1/namespaces/default/deployments";

test("a fault affects the requests that match it, as many times as set, and no others", async (context) => {
  const { sandbox, api } = await openSandbox(context, { controllers: false });
  await api.post(PATH, webDeployment());
  const match = { verb: "patch", resource: "deployments.apps", subresource: "scale" };
  const fault = sandbox.faults.add({ match, respond: { status: 429, retryAfterSeconds: 7 }, times: 2 });
  const patch = () => api.merge(`${PATH}/web/scale`, { spec: { replicas: 3 } });
  const [first, second] = [await patch(), await patch()];
  assert.deepEqual([first.status, first.body.reason, first.headers["retry-after"]], [429, "TooManyRequests", "7"]);
  assert.equal(second.status, 429);
  assert.equal((await patch()).status, 200);
  assert.equal(fault.hits, 2);
  for (const [status, reason] of [
    [409, "Conflict"],
    [500, "InternalError"],
    [503, "ServiceUnavailable"],
  ] as const) {
    sandbox.faults.add({ respond: { status }, times: 1 });
    const answer = await api.get(`${PATH}/web`);
    assert.deepEqual([answer.status, answer.body.reason], [status, reason]);
  }
});

test("a cut happens before the write or after it", async (context) => {
  const { sandbox, api } = await openSandbox(context, { controllers: false });
  await api.post(PATH, webDeployment());
  const replicas = () => sandbox.store.get("deployments.apps", "default", "web")?.spec as { replicas: number };
  sandbox.faults.add({ match: { verb: "patch" }, respond: "cut", times: 1 });
  await assert.rejects(api.merge(`${PATH}/web`, { spec: { replicas: 5 } }), { code: "ECONNRESET" });
  assert.equal(replicas().replicas, 2);
  sandbox.faults.add({ match: { verb: "patch" }, respond: "cut-after", times: 1 });
  await assert.rejects(api.merge(`${PATH}/web`, { spec: { replicas: 5 } }), { code: "ECONNRESET" });
  assert.equal(replicas().replicas, 5);
});

test("a hung request gets no answer, a delayed one a late answer, and garbage is not JSON", async (context) => {
  const { sandbox, api } = await openSandbox(context, { controllers: false });
  const hung = sandbox.faults.add({ match: (request) => request.name === "hung", respond: "hang" });
  const waiting = assert.rejects(api.get(`${PATH}/hung`), { code: "ECONNRESET" });
  sandbox.faults.add({ respond: { delayMs: 60 }, times: 1 });
  const before = performance.now();
  assert.equal((await api.get(PATH)).status, 200);
  assert.ok(performance.now() - before >= 50);
  sandbox.faults.add({ respond: "garbage", times: 1 });
  await assert.rejects(api.get(PATH), SyntaxError);
  assert.equal(hung.hits, 1);
  await sandbox.restart();
  await waiting;
});

test("dropped watches resume where they were", async (context) => {
  const { sandbox, api } = await openSandbox(context, { controllers: false });
  const { resourceVersion } = (await api.get(PATH)).body.metadata;
  const watch = await api.watch(`${PATH}?watch=1&resourceVersion=${resourceVersion}`);
  assert.equal(sandbox.watches.count, 1);
  sandbox.watches.drop();
  await assert.rejects(watch.next());
  await api.post(PATH, webDeployment());
  const again = await api.watch(`${PATH}?watch=1&resourceVersion=${resourceVersion}`);
  assert.equal((await again.next()).type, "ADDED");
  again.close();
});

test("a watch that the server has ended receives no further change", async (context) => {
  const { sandbox, api } = await openSandbox(context, { controllers: false });
  const watch = await api.watch("/api/v1/configmaps?watch=1");
  sandbox.watches.end();
  sandbox.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: late}}");
  await watch.ended;
  assert.equal((await api.get("/api/v1/namespaces/default/configmaps/late")).status, 200);
});

test("a restart keeps the port and, by default, the objects", async (context) => {
  const { sandbox, api } = await openSandbox(context);
  await api.post(PATH, webDeployment());
  await sandbox.goDown();
  await assert.rejects(api.get(PATH));
  await sandbox.comeBack();
  assert.equal((await api.get(`${PATH}/web`)).status, 200);
  await sandbox.restart({ keepState: false, downMs: 10 });
  assert.equal((await api.get(`${PATH}/web`)).status, 404);
  assert.equal((await api.post(PATH, webDeployment())).status, 201);
  const old = await api.watch(`${PATH}?watch=1&resourceVersion=2`);
  assert.equal((await old.next()).object.code, 410);
});

test("a page of a forgotten list is 410, with a token that continues without consistency", async (context) => {
  const { sandbox, api } = await openSandbox(context, { controllers: false });
  for (const name of ["a", "b", "c"]) await api.post(PATH, webDeployment(name));
  const first = (await api.get(`${PATH}?limit=1`)).body;
  await api.delete(`${PATH}/b`);
  sandbox.compact();
  const gone = await api.get(`${PATH}?limit=1&continue=${first.metadata.continue}`);
  assert.deepEqual([gone.status, gone.body.reason], [410, "Expired"]);
  const rest = (await api.get(`${PATH}?continue=${gone.body.metadata.continue}`)).body;
  assert.deepEqual(
    rest.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ["c"],
  );
});

test("the audit counts requests by verb and resource, and the writes", async (context) => {
  const { sandbox, api } = await openSandbox(context);
  await api.get(PATH);
  assert.equal(sandbox.audit.writes(), 0);
  await api.post(PATH, webDeployment());
  await api.merge(`${PATH}/web/scale`, { spec: { replicas: 1 } });
  await api.merge(`${PATH}/web/scale`, { spec: { replicas: 3 } });
  assert.deepEqual(sandbox.audit.counts(), {
    "list deployments.apps": 1,
    "create deployments.apps": 1,
    "patch deployments.apps/scale": 2,
  });
  assert.equal(sandbox.audit.writes(), 3);
  assert.equal(
    sandbox.audit.writes((request) => request.subresource === "scale"),
    2,
  );
  assert.equal(sandbox.audit.entries().at(-1)?.name, "web");
  sandbox.audit.reset();
  assert.deepEqual(sandbox.audit.counts(), {});
});
