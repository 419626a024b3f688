import assert from "node:assert/strict";
import { test } from "node:test";
import constant from "../../src/sources/constant.ts";
import { testSource } from "./conformance.ts";
import { ASKS_NOBODY, noServer } from "./no-server.ts";
import { poll } from "./poll.ts";

testSource(constant, {
  value: 3,
  stage: noServer({ value: 3 }),
  excused: ASKS_NOBODY,
  wrong: { settings: { value: -1 }, names: ["value"] },
});

test("a constant is always what it is", async () => {
  assert.equal((await poll(constant, { value: 3 })).value, 3);
});
