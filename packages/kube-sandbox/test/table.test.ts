import assert from "node:assert/strict";
import { test } from "node:test";
import { humanDuration, jsonPath, printerColumns } from "../src/table.ts";

test("prints ages as kubectl does", () => {
  const [minute, hour, day] = [60, 3600, 86_400];
  const cases: readonly (readonly [seconds: number, text: string])[] = [
    [-5, "<invalid>"],
    [-1, "0s"],
    [0, "0s"],
    [119, "119s"],
    [120, "2m"],
    [3 * minute + 20, "3m20s"],
    [10 * minute, "10m"],
    [3 * hour, "3h"],
    [7 * hour + 5 * minute, "7h5m"],
    [47 * hour, "47h"],
    [3 * day + 4 * hour, "3d4h"],
    [30 * day, "30d"],
    [800 * day, "2y70d"],
    [9 * 365 * day, "9y"],
  ];
  for (const [seconds, text] of cases) assert.equal(humanDuration(seconds * 1000), text);
});

test("evaluates the JSONPaths of printer columns", () => {
  const object = {
    spec: { a: 1, "b.c": 2, list: [10, 20] },
    metadata: { labels: { "app.kubernetes.io/name": "web" } },
    status: {
      conditions: [
        { type: "Ready", status: "True" },
        { type: "Other", status: "False" },
      ],
    },
  };
  const cases: readonly (readonly [path: string, ...found: unknown[]])[] = [
    [".spec.a", 1],
    [".spec.nope"],
    [".spec['b.c']", 2],
    [".spec.b\\.c", 2],
    [".spec['a','nope','b.c']", 1, 2],
    [".metadata.labels.app\\.kubernetes\\.io/name", "web"],
    [".spec.list[0]", 10],
    [".spec.list[-1]", 20],
    [".spec.list[*]", 10, 20],
    ['.status.conditions[?(@.type=="Ready")].status', "True"],
    [".status.conditions[?(@.type!='Ready')].status", "False"],
  ];
  for (const [path, ...found] of cases) assert.deepEqual(jsonPath(path)(object), found, path);
  for (const path of [".spec[", "spec..a b", ".a[?(x)]"]) assert.throws(() => jsonPath(path), SyntaxError, path);
});

test("cells have their column's type, and are empty without a value", () => {
  const types = ["string", "integer", "number", "boolean", "date"] as const;
  const columns = printerColumns(types.map((type) => ({ name: type, type, jsonPath: `.${type}` })));
  const now = Date.parse("2026-01-01T00:01:00Z");
  const cells = (object: Record<string, unknown>): readonly unknown[] =>
    columns.slice(1).map((one) => one.cell(object, now));
  const full = { string: { a: 1 }, integer: 3.7, number: 2.5, boolean: true, date: "2026-01-01T00:00:00Z" };
  assert.deepEqual(cells(full), ['{"a":1}', 3, 2.5, true, "60s"]);
  assert.deepEqual(cells({}), [null, null, null, null, null]);
  assert.deepEqual(cells({ integer: "x", boolean: 1, date: "never" }), [null, null, null, null, "<invalid>"]);
});
