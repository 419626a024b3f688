import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { SOURCES } from "../../src/sources/registry.generated.ts";

/** More than half of the sources need fewer lines, the parts of larger ones not counted. */
const MEDIAN_LINES = 130;

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

test("one source is one file, and most are short", () => {
  const lines = SOURCES.map(({ type }) => readFileSync(`src/sources/${type}.ts`, "utf8").split("\n").length);
  const median = lines.toSorted((one, other) => one - other)[Math.floor(lines.length / 2)] ?? 0;
  assert.ok(median < MEDIAN_LINES, `${median} lines`);
});
