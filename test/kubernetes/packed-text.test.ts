import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PackedText } from "../../src/kubernetes/object-feed.ts";

test("packing a text loses nothing", () => {
  const time = fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  const value = fc.letrec((tie) => ({
    any: fc.oneof(time, fc.double(), fc.string({ unit: "binary" }), fc.dictionary(fc.string(), tie("any"))),
  })).any;
  fc.assert(
    fc.property(value, (any) => {
      const text = JSON.stringify(any);
      assert.equal(new PackedText(text).toString(), text);
    }),
  );
});
