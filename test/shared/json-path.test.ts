import assert from "node:assert/strict";
import { test } from "node:test";
import { at, pathSteps } from "../../src/shared/json-path.ts";

test("separates a malformed path from one that leads nowhere", () => {
  for (const path of ["a..b", ".a", "a.", "[x]", "a[", "/a~2"]) assert.equal(pathSteps(path), undefined, path);
  assert.equal(at({ a: 1 }, "b.c"), undefined);
  assert.equal(at({ a: [1, { b: 2 }] }, "a[1].b"), 2);
});
