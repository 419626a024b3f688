import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogLevel } from "../../src/controller/log.ts";
import { lineLog } from "../../src/controller/log.ts";
import { assertPrintable, HARMLESS, HOSTILE } from "../support/hostile-text.ts";

function written(format: "text" | "json", level: LogLevel = "debug") {
  const lines: string[] = [];
  const counted: LogLevel[] = [];
  const log = lineLog({
    format,
    level,
    now: () => Date.UTC(2026, 0, 5, 12),
    write: (line) => void lines.push(line),
    counted: (severity) => void counted.push(severity),
  });
  return { log, lines, counted };
}

test("writes one line of JSON for each message, without fields that have no value", () => {
  const { log, lines } = written("json");
  log.info("Scaled the workload", { id: "a", from: 0, to: 5, reason: undefined });
  assert.deepEqual(lines, [
    '{"time":"2026-01-05T12:00:00.000Z","level":"info","message":"Scaled the workload","id":"a","from":0,"to":5}\n',
  ]);
});

test("writes text with fields that are quoted where they need it", () => {
  const { log, lines } = written("text");
  log.warn("Found something wrong", { id: "a/b", detail: 'it said "no"', empty: "" });
  assert.deepEqual(lines, [
    '2026-01-05T12:00:00.000Z WARN  Found something wrong id=a/b detail="it said \\"no\\"" empty=""\n',
  ]);
});

test("text from outside cannot forge a second line", () => {
  const { log, lines } = written("text");
  log.error("first\nsecond", { detail: "third\nfourth" });
  assert.equal(lines.join("").split("\n").length, 2);
});

test("names and messages from outside are escaped in both formats, and stay the same in JSON", () => {
  for (const format of ["text", "json"] as const) {
    const { log, lines } = written(format);
    log.warn(`about ${HOSTILE}`, { id: `a/${HOSTILE}`, detail: HOSTILE });
    const [line = "", ...more] = lines;
    assert.deepEqual(more, []);
    assert.equal(line.indexOf("\n"), line.length - 1);
    assertPrintable(line);
    assert.ok(line.includes(HARMLESS), line);
    if (format === "json") assert.equal(JSON.parse(line).detail, HOSTILE);
  }
});

test("leaves out what is below its level, and counts what it writes", () => {
  const { log, lines, counted } = written("text", "warn");
  log.debug("no");
  log.info("no");
  log.warn("yes");
  log.error("yes");
  assert.equal(lines.length, 2);
  assert.deepEqual(counted, ["warn", "error"]);
});
