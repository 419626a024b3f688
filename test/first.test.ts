import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILURE_KINDS } from "../src/core/index.ts";

test("failure kinds are distinct", () => {
  assert.equal(new Set(FAILURE_KINDS).size, FAILURE_KINDS.length);
});
