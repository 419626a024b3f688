import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { readBody } from "../../src/shared/read-body.ts";

const bodyOf = (...chunks: string[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));

test("reads a whole body of up to the limit", async () => {
  assert.equal((await readBody(bodyOf("ab", "cd"), 4))?.toString(), "abcd");
  assert.equal((await readBody(bodyOf(), 4))?.toString(), "");
});

test("closes a body that is larger, or that its receiver refuses", async () => {
  const large = bodyOf("ab", "cd", "e");
  assert.equal(await readBody(large, 4), undefined);
  assert.ok(large.destroyed);
  const refused = bodyOf("ab", "cd");
  const refuse = () => {
    throw new Error("too much in all");
  };
  await assert.rejects(readBody(refused, 4, refuse), /too much in all/);
  assert.ok(refused.destroyed);
});
