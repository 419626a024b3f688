import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sourceKey } from "../../src/engine/shared-polls.ts";

test("the order of settings does not matter", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (settings) => {
      const reversed = Object.fromEntries(Object.entries(settings).reverse());
      assert.equal(sourceKey({ type: "t", settings }), sourceKey({ type: "t", settings: reversed }));
    }),
  );
});

test("another value is another question", () => {
  const json = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(json, json, (one, other) => {
      const same = sourceKey({ type: "t", settings: one }) === sourceKey({ type: "t", settings: other });
      const plain = (value: object) => JSON.parse(JSON.stringify(value));
      if (same) assert.deepEqual(plain(one), plain(other));
    }),
  );
  assert.notEqual(sourceKey({ type: "a", settings: {} }), sourceKey({ type: "b", settings: {} }));
  assert.notEqual(sourceKey({ type: "t", settings: { a: 1 } }), sourceKey({ type: "t", settings: { a: "1" } }));
});
