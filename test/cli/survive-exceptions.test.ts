import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { surviveExceptions } from "../../src/cli/run/survive-exceptions.ts";
import type { Telemetry } from "../../src/controller/telemetry.ts";

function world() {
  const process = new EventEmitter();
  const errors: string[] = [];
  const kinds: string[] = [];
  const clock = { now: 0, givenUp: 0 };
  const say = () => undefined;
  const log = {
    debug: say,
    info: say,
    warn: say,
    error: (_: string, fields = {}) => void errors.push(JSON.stringify(fields)),
  };
  const guard = surviveExceptions({
    process: process as never,
    log,
    telemetry: { failed: (kind: string) => kinds.push(kind) } as unknown as Telemetry,
    now: () => clock.now,
    giveUp: () => {
      clock.givenUp += 1;
    },
  });
  return { process, errors, kinds, clock, guard };
}

test("a stray error is logged and counted, and the process goes on", () => {
  const { process, errors, kinds, clock } = world();
  process.emit("uncaughtException", new Error("read ECONNRESET"));
  process.emit("unhandledRejection", "no error at all");
  assert.deepEqual(kinds, ["Process/UncaughtException", "Process/UnhandledRejection"]);
  assert.match(errors[0] ?? "", /Error: read ECONNRESET/);
  assert.equal(clock.givenUp, 0);
});

test("errors without end make it give up; the same number over hours do not", () => {
  const rare = world();
  for (let count = 0; count < 100; count += 1) {
    rare.clock.now += 10_000;
    rare.process.emit("uncaughtException", new Error("now and then"));
  }
  assert.equal(rare.clock.givenUp, 0);
  const storm = world();
  for (let count = 0; count < 21; count += 1) storm.process.emit("uncaughtException", new Error("again"));
  assert.equal(storm.clock.givenUp, 1);
});

test("released, it listens no longer", () => {
  const { process, guard } = world();
  guard.release();
  assert.equal(process.listenerCount("uncaughtException") + process.listenerCount("unhandledRejection"), 0);
});
