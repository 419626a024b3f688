import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jsonPatch } from "../src/patch/json-patch.ts";
import { applyPatch, mergePatch, strategicMergePatch } from "../src/patch/patch-object.ts";

const object = fc.dictionary(fc.string(), fc.jsonValue());

test("merging a value onto anything gives that value without its nulls", () => {
  fc.assert(
    fc.property(object, (wanted) => {
      const once = mergePatch({}, wanted);
      assert.deepEqual(mergePatch(once, wanted), once);
    }),
  );
});

test("a merge patch changes no other object, even with special names", () => {
  const patch = JSON.parse('{"__proto__": {"polluted": true}, "a": null}');
  const merged = mergePatch({ a: 1, b: 2 }, patch) as Record<string, unknown>;
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
  assert.deepEqual(Object.keys(merged).sort(), ["__proto__", "b"]);
});

test("a JSON patch moves and copies, and does not change its target in place", () => {
  const target = { list: [1, 2, 3], from: { x: 1 } };
  const patched = jsonPatch(target, [
    { op: "add", path: "/list/-", value: 4 },
    { op: "add", path: "/list/0", value: 0 },
    { op: "move", from: "/from/x", path: "/to" },
    { op: "copy", from: "/list", path: "/twice" },
    { op: "remove", path: "/list/1" },
  ]);
  assert.deepEqual(patched, { list: [0, 2, 3, 4], from: {}, to: 1, twice: [0, 1, 2, 3, 4] });
  assert.deepEqual(target, { list: [1, 2, 3], from: { x: 1 } });
  for (const path of ["/list/01", "/list/9", "/nope", "list"]) {
    assert.throws(() => jsonPatch(target, [{ op: "remove", path }]), { code: 422 });
  }
});

test("a strategic merge patch follows its directives", () => {
  const target = {
    containers: [
      { name: "a", image: "1", args: ["x"] },
      { name: "b", image: "1" },
    ],
    finalizers: ["one", "two"],
    strategy: { type: "Recreate", extra: 1 },
    labels: { keep: "1", drop: "1" },
  };
  const patched = strategicMergePatch(target, {
    containers: [
      { name: "b", image: "2" },
      { name: "a", args: ["y"] },
    ],
    "$setElementOrder/containers": [{ name: "b" }, { name: "a" }],
    "$deleteFromPrimitiveList/finalizers": ["one"],
    strategy: { $retainKeys: ["type"], type: "RollingUpdate" },
    labels: { $patch: "replace", fresh: "1" },
  });
  assert.deepEqual(patched, {
    containers: [
      { name: "b", image: "2" },
      { name: "a", image: "1", args: ["y"] },
    ],
    finalizers: ["two"],
    strategy: { type: "RollingUpdate" },
    labels: { fresh: "1" },
  });
});

test("applying removes what the same manager left out, and merges lists by their keys", () => {
  const schema = {
    properties: {
      list: { type: "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"], items: {} },
      set: { type: "array", "x-kubernetes-list-type": "set", items: {} },
      atomic: { type: "array", items: {} },
    },
  } as const;
  const current = {
    list: [{ id: 1, mine: 1, theirs: 1 }, { id: 2 }, { id: 3 }],
    set: ["a", "b"],
    atomic: [1],
    gone: 1,
    kept: 1,
  };
  const before = { list: [{ id: 1, mine: 1 }, { id: 2 }], set: ["a"], atomic: [1], gone: 1 };
  const applied = { list: [{ id: 1 }, { id: 4 }], set: ["c"], atomic: [2, 3] };
  assert.deepEqual(applyPatch(current, applied, before, schema), {
    list: [{ id: 1, theirs: 1 }, { id: 3 }, { id: 4 }],
    set: ["b", "c"],
    atomic: [2, 3],
    kept: 1,
  });
});
