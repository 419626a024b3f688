import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { questionOf } from "../../src/controller/question.ts";

test("the order of settings does not matter", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (settings) => {
      const reversed = Object.fromEntries(Object.entries(settings).reverse());
      assert.equal(questionOf({ type: "t", settings }), questionOf({ type: "t", settings: reversed }));
    }),
  );
});

test("another value is another question", () => {
  const json = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(json, json, (one, other) => {
      const same = questionOf({ type: "t", settings: one }) === questionOf({ type: "t", settings: other });
      const plain = (value: object) => JSON.parse(JSON.stringify(value));
      if (same) assert.deepEqual(plain(one), plain(other));
    }),
  );
  assert.notEqual(questionOf({ type: "a", settings: {} }), questionOf({ type: "b", settings: {} }));
  assert.notEqual(questionOf({ type: "t", settings: { a: 1 } }), questionOf({ type: "t", settings: { a: "1" } }));
});
