import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mergePatchBetween } from "../../src/kubernetes/report/status-writer.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Fields = { [key: string]: Json };

/** RFC 7386, section 2. */
function applied(target: Json, patch: Json): Json {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Fields = typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applied(result[key] ?? null, value);
  }
  return result;
}

/** A merge patch cannot write null, and a status has none. */
const { fields } = fc.letrec<{ value: Json; fields: Fields }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom("a", "b"),
    fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
    tie("fields"),
  ),
  fields: fc.dictionary(fc.constantFrom("x", "y", "z"), tie("value"), { noNullPrototype: true }),
}));

test("the patch turns one object into the other; equal objects need none", () => {
  fc.assert(
    fc.property(fields, fields, (before, after) => {
      const patch = mergePatchBetween(before, after);
      assert.deepEqual(applied(before, (patch ?? {}) as Json), after);
      assert.equal(mergePatchBetween(after, structuredClone(after)), undefined);
    }),
  );
});

test("undefined fields count as absent", () => {
  assert.equal(mergePatchBetween({ a: 1 }, { a: 1, b: undefined }), undefined);
  assert.deepEqual(mergePatchBetween({ a: 1 }, { a: undefined }), { a: null });
});
