import assert from "node:assert/strict";
import { before, test } from "node:test";
import { eventually } from "../../../../test/support/eventually.ts";
import { contract } from "../support/contract.ts";
import { establishWidgets, widgetCrd } from "../support/sandbox.ts";

const GROUP = "test.example.com";
const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

const widget = (name: string, spec: unknown): object => ({
  apiVersion: `${GROUP}/v1`,
  kind: "Widget",
  metadata: { name },
  ...(spec !== undefined && { spec }),
});

/** By spec: every error that the server must report, in Kubernetes's words. Newer servers number the items of lists. */
const INVALID: readonly (readonly [spec: unknown, ...errors: RegExp[]])[] = [
  [undefined, /^spec: Required value$/],
  [null, /^spec: Required value$/],
  [{}, /^spec\.size: Required value$/],
  [{ size: null }, /^spec\.size: Required value$/],
  [
    { size: 1 },
    /^spec\.size: Invalid value: "integer": spec\.size in body must be of type string: "integer"$/,
    /^spec\.size: Unsupported value: 1: supported values: "small", "large"$/,
  ],
  [{ size: "x" }, /^spec\.size: Unsupported value: "x": supported values: "small", "large"$/],
  [
    { size: "small", replicas: "x" },
    /^spec\.replicas: Invalid value: "string": spec\.replicas in body must be of type integer: "string"$/,
    /^\.spec\.replicas: Invalid value: 0: \.spec\.replicas accessor error: x is of the type string, expected int64$/,
  ],
  [
    { size: "small", replicas: -1 },
    /^spec\.replicas: Invalid value: -1: spec\.replicas in body should be greater than or equal to 0$/,
    /^\.spec\.replicas: Invalid value: -1: should be a non-negative integer$/,
  ],
  [
    { size: "small", replicas: 101 },
    /^spec\.replicas: Invalid value: 101: spec\.replicas in body should be less than or equal to 100$/,
  ],
  [
    { size: "small", note: "a" },
    /^spec\.note: Invalid value: "a": spec\.note in body should be at least 2 chars long$/,
  ],
  [
    { size: "small", note: "A-B" },
    /^spec\.note: Invalid value: "A-B": spec\.note in body should match '\^\[a-z\]\+\$'$/,
  ],
  [
    { size: "small", note: "abcdefghijklm" },
    /^spec\.note: (Invalid value: "abcdefghijklm": spec\.note in body should be at most 10 chars long|Too long: may not be (more|longer) than 10( bytes)?)$/,
  ],
  [
    { size: "small", limit: true },
    /^spec\.limit: Invalid value: "boolean": spec\.limit in body must be of type integer,string: "boolean"$/,
  ],
  [{ size: "small", list: [] }, /^spec\.list: Invalid value: 0: spec\.list in body should have at least 1 items$/],
  [
    { size: "small", list: ["a", "b", "c", "d"].map((name) => ({ name })) },
    /^spec\.list: (Invalid value: 4: spec\.list in body should have at most 3 items|Too many: 4: must have at most 3 items)$/,
  ],
  [
    { size: "small", list: {} },
    /^spec\.list: Invalid value: "object": spec\.list in body must be of type array: "object"$/,
  ],
  [{ size: "small", list: [{}] }, /^spec\.list(\[0\])?\.name: Required value$/],
  [
    { size: "small", list: [{ name: "a", value: 3 }] },
    /^spec\.list(\[0\])?\.value: Invalid value: 3: spec\.list(\[0\])?\.value in body should be a multiple of 2$/,
  ],
  [{ size: "small", tags: ["a", "a"] }, /^spec\.tags\[1\]: Duplicate value: "a"$/],
  [
    { size: "small", when: "yesterday" },
    /^spec\.when: Invalid value: "yesterday": spec\.when in body must be of type date-time: "yesterday"$/,
  ],
  [
    { size: "small", labels: { a: 1 } },
    /^spec\.labels\.a: Invalid value: "integer": spec\.labels\.a in body must be of type string: "integer"$/,
  ],
  [
    { size: "small", first: "a", second: "b" },
    /^<nil>: Invalid value: "": "spec" must not validate the schema \(not\)$/,
  ],
];

contract("custom resources", {}, (server) => {
  let path = "";

  before(async () => {
    await establishWidgets(server().api, GROUP);
    path = `/apis/${GROUP}/v1/namespaces/${await server().namespace()}/widgets`;
  });

  test("establishes a CustomResourceDefinition and publishes its kind", async () => {
    const { api } = server();
    const { status } = (await api.get(`${CRDS}/widgets.${GROUP}`)).body;
    const conditions = Object.fromEntries(
      status.conditions.map((condition: { type: string; status: string }) => [condition.type, condition.status]),
    );
    assert.deepEqual([conditions.Established, conditions.NamesAccepted], ["True", "True"]);
    assert.deepEqual([status.acceptedNames.listKind, status.storedVersions], ["WidgetList", ["v1"]]);
    const names = (await api.get(`/apis/${GROUP}/v1`)).body.resources.map((one: { name: string }) => one.name);
    assert.deepEqual(names.sort(), ["widgets", "widgets/scale", "widgets/status"]);
  });

  test("refuses a schema that is not structural", async () => {
    const { api } = server();
    const crd = structuredClone(widgetCrd("other.example.com")) as {
      metadata: { name: string };
      spec: { scope: string; versions: { schema?: unknown }[] };
    };
    const misnamed = await api.post(CRDS, { ...crd, metadata: { name: "x.other.example.com" } });
    assert.match(
      misnamed.body.message,
      /metadata\.name: Invalid value: "x\.other\.example\.com": must be spec\.names\.plural\+"\."\+spec\.group/,
    );
    for (const version of crd.spec.versions) delete version.schema;
    const bare = await api.post(CRDS, crd);
    assert.match(bare.body.message, /schema\.openAPIV3Schema: Required value/);
  });

  test("drops unknown fields, fills in defaults, and keeps what the schema preserves", async () => {
    const { api } = server();
    const spec = {
      size: "small",
      extra: 1,
      list: [{ name: "a", more: 1 }],
      free: { deep: { er: 1 } },
      limit: "5%",
      maybe: null,
    };
    const { body, status } = await api.post(path, widget("pruned", spec));
    assert.equal(status, 201);
    assert.deepEqual(body.spec, {
      size: "small",
      replicas: 1,
      list: [{ name: "a" }],
      free: { deep: { er: 1 } },
      limit: "5%",
      maybe: null,
    });
    assert.equal((await api.post(path, widget("nulled", { size: "small", replicas: null }))).body.spec.replicas, 1);
  });

  for (const [spec, ...errors] of INVALID) {
    test(`refuses with Kubernetes' words: ${JSON.stringify(spec) ?? "no spec"}`, async () => {
      const { status, body } = await server().api.post(path, widget("bad", spec));
      assert.equal(status, 422, body.message);
      assert.equal(body.reason, "Invalid");
      assert.deepEqual([body.details.name, body.details.kind, body.details.group], ["bad", "Widget", GROUP]);
      const texts: string[] = body.details.causes.map(
        (cause: { field: string; message: string }) => `${cause.field}: ${cause.message}`,
      );
      for (const error of errors)
        assert.ok(
          texts.some((text) => error.test(text)),
          `${error} in ${texts.join("\n")}`,
        );
      assert.equal(new Set(texts).size, errors.length, texts.join("\n"));
      const list = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
      assert.equal(body.message, `Widget.${GROUP} "bad" is invalid: ${list}`);
    });
  }

  test("an update is checked too, needs its resourceVersion, and leaves status alone", async () => {
    const { api } = server();
    await api.post(path, widget("updated", { size: "small" }));
    const blind = await api.put(`${path}/updated`, widget("updated", { size: "large" }));
    assert.equal(blind.status, 422);
    assert.match(
      blind.body.message,
      /metadata\.resourceVersion: Invalid value: 0(x0)?: must be specified for an update$/,
    );
    assert.equal((await api.merge(`${path}/updated`, { spec: { size: "x" } })).status, 422);
    const ignored = await api.merge(`${path}/updated`, { spec: { size: "large" }, status: { replicas: 9 } });
    assert.deepEqual([ignored.body.spec.size, ignored.body.status], ["large", undefined]);
    assert.equal((await api.patch(`${path}/updated`, "strategic-merge", { spec: {} })).status, 415);
    const operations = [{ op: "replace", path: "/spec/size", value: "small" }];
    assert.equal((await api.patch(`${path}/updated`, "json", operations)).body.spec.size, "small");
  });

  test("status and scale subresources work on a custom resource", async () => {
    const { api } = server();
    await api.post(path, widget("scaled", { size: "small" }));
    const status = { replicas: 3, selector: "app=w", conditions: [{ type: "Ready", status: "True" }] };
    const written = await api.merge(`${path}/scaled/status`, { spec: { size: "large" }, status });
    assert.deepEqual([written.body.spec.size, written.body.status], ["small", status]);
    assert.equal(written.body.metadata.generation, 1);
    const scale = (await api.get(`${path}/scaled/scale`)).body;
    assert.deepEqual(
      [scale.kind, scale.spec, scale.status],
      ["Scale", { replicas: 1 }, { replicas: 3, selector: "app=w" }],
    );
    const up = await api.merge(`${path}/scaled/scale`, { spec: { replicas: 5 } });
    assert.deepEqual(up.body.spec, { replicas: 5 });
    const { metadata, spec } = (await api.get(`${path}/scaled`)).body;
    assert.deepEqual([metadata.generation, spec], [2, { size: "small", replicas: 5 }]);
    assert.equal((await api.merge(`${path}/scaled/scale`, { spec: { replicas: 500 } })).status, 422);
    assert.equal((await api.patch(`${path}/scaled/scale`, "strategic-merge", { spec: { replicas: 1 } })).status, 415);
  });

  test("every served version shows the same object", async () => {
    const { api } = server();
    await api.post(path, widget("versions", { size: "small" }));
    const { body } = await api.get(`${path.replace("/v1/", "/v1beta1/")}/versions`);
    assert.deepEqual([body.apiVersion, body.spec.size], [`${GROUP}/v1beta1`, "small"]);
  });

  test("field selectors support only name and namespace by default", async () => {
    const { body } = await server().api.get(`${path}?fieldSelector=spec.size%3Dsmall`);
    assert.equal(body.code, 400);
    assert.match(body.message, /field label not supported: spec\.size$/);
  });

  test("tables have the definition's own columns", async () => {
    const { api } = server();
    await api.post(path, widget("tabled", { size: "large", replicas: 4, note: "hello" }));
    await api.merge(`${path}/tabled/status`, { status: { conditions: [{ type: "Ready", status: "False" }] } });
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    const { body } = await api.get(`${path}?fieldSelector=metadata.name%3Dtabled`, { accept });
    const columns = body.columnDefinitions.map((column: { name: string; priority: number }) => [
      column.name,
      column.priority,
    ]);
    assert.deepEqual(columns, [
      ["Name", 0],
      ["Size", 0],
      ["Replicas", 0],
      ["Ready", 0],
      ["Note", 1],
      ["Age", 0],
    ]);
    assert.deepEqual(body.rows[0].cells.slice(0, 5), ["tabled", "large", 4, "False", "hello"]);
    assert.match(body.rows[0].cells[5], /^\d+s$/);
    assert.equal(body.rows[0].object.kind, "PartialObjectMetadata");
  });

  test("deleting a definition deletes its objects", async () => {
    const { api } = server();
    await establishWidgets(api, "gone.example.com");
    const place = `/apis/gone.example.com/v1/namespaces/default/widgets`;
    const body = { ...widget("one", { size: "small" }), apiVersion: "gone.example.com/v1" };
    assert.equal((await api.post(place, body)).status, 201);
    assert.equal((await api.delete(`${CRDS}/widgets.gone.example.com`)).status, 200);
    await eventually(async () => (await api.get(place)).status === 404, "the kind is served no more");
  });
});
