import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { SOURCES } from "../../src/sources/registry.generated.ts";

test("each source passes the conformance suite", () => {
  const untested = SOURCES.filter(({ type }) => {
    const file = `test/sources/${type}.test.ts`;
    return !existsSync(file) || !/^testSource\(/m.test(readFileSync(file, "utf8"));
  });
  assert.deepEqual(
    untested.map(({ type }) => type),
    [],
  );
});
