import assert from "node:assert/strict";
import { test } from "node:test";
import constant from "../../src/sources/constant.ts";
import { look } from "./look.ts";
import { testSettings } from "./settings-conformance.ts";

testSettings(constant, { settings: { value: -1 }, names: ["value"] });

test("a constant is always what it is", async () => {
  assert.equal((await look(constant, { value: 3 })).value, 3);
});
