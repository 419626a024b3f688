import assert from "node:assert/strict";
import { test } from "node:test";
import { prune } from "../src/schema.ts";
import { openSandbox } from "./support/sandbox.ts";

const PATH = "/api/v1/namespaces/default/configmaps";

test("refuses unreadable bodies with 400, and too large ones with 413", async (context) => {
  const { api } = await openSandbox(context, { controllers: false });
  const bodies = ["", "{", "[]", "null", '"text"', "a: b: c", "a: 1\n---\nb: 2"];
  for (const body of bodies) {
    for (const type of ["application/json", "application/yaml"]) {
      const { status } = await api.post(PATH, body, { type });
      assert.equal(status, 400, `${type}: ${body}`);
    }
  }
  const large = JSON.stringify({ metadata: { name: "large" }, data: { a: "x".repeat(4 * 1024 * 1024) } });
  assert.equal((await api.post(PATH, large)).status, 413);
});

test("refuses logs, exec, attach and port-forward, and says why", async (context) => {
  const { api } = await openSandbox(context, { controllers: false });
  const pods = "/api/v1/namespaces/default/pods";
  await api.post(pods, { metadata: { name: "worker" }, spec: { containers: [{ name: "worker", image: "worker" }] } });
  const calls = [["GET", "log"], ...["exec", "attach", "portforward"].map((part) => ["POST", part])] as const;
  for (const [method = "", part = ""] of calls) {
    const { status, body } = await api.call(method, `${pods}/worker/${part}`);
    assert.deepEqual([status, body.reason], [501, "NotImplemented"], part);
    assert.match(body.message, /simulated/);
  }
});

test("refuses malformed queries and paths, and continues to serve", async (context) => {
  const { api } = await openSandbox(context, { controllers: false });
  const cases: readonly (readonly [path: string, status: number])[] = [
    [`${PATH}?continue=%00`, 400],
    [`${PATH}?resourceVersion=99999999`, 504],
    [`${PATH}?watch=1&resourceVersion=abc`, 422],
    [`${PATH}?fieldSelector=%3D%3D`, 400],
    [`${PATH}?labelSelector=a%20in%20b`, 400],
    [`${PATH}?includeObject=All`, 400],
    [`${PATH}/%E0%A4%A`, 404],
    [`${PATH}/a/b/c/d`, 404],
    ["/apis", 200],
    ["/apis/apps/v1/namespaces/default/deployments/x/scale", 404],
    ["/nothing", 404],
    [PATH, 200],
  ];
  for (const [path, status] of cases) assert.equal((await api.get(path)).status, status, path);
});

test("names that JavaScript treats specially are data like any other", () => {
  const schema = { type: "object", properties: { spec: { type: "object", additionalProperties: { type: "string" } } } };
  const unknown: string[] = [];
  const pruned = prune(schema, JSON.parse('{"spec":{"__proto__":"x","constructor":"y"},"toString":1}'), unknown);
  assert.equal(JSON.stringify(pruned), '{"spec":{"__proto__":"x","constructor":"y"}}');
  assert.deepEqual(unknown, ["toString"]);
  assert.equal(Object.getPrototypeOf(pruned.spec), Object.prototype);
});
