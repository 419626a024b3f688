import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import type { LogFields } from "../../src/controller/log.ts";
import { startExitWatchdog, surviveExceptions } from "../../src/controller/process-guards.ts";
import type { Telemetry } from "../../src/controller/telemetry.ts";
import { scriptedTcp } from "../support/scripted-tcp.ts";

const NEVER = 1_000_000;
const silent = () => undefined;

function watched(limits: { readonly endingMs: number; readonly closedMs: number }) {
  const stopping = new AbortController();
  let watchdog: ReturnType<typeof startExitWatchdog> = { closed: silent };
  const exited = new Promise<LogFields>((resolve) => {
    let logged: LogFields = {};
    const log = {
      ...{ debug: silent, info: silent, warn: silent },
      error: (_message: string, fields: LogFields = {}) => {
        logged = fields;
      },
    };
    watchdog = startExitWatchdog({ stopping: stopping.signal, log, exit: () => resolve(logged), limits });
  });
  return { stopping, watchdog, exited };
}

test("ends a process that closed everything and does not end, and logs what was open", async (t) => {
  const server = await scriptedTcp((socket) => void socket.resume());
  t.after(() => server.close());
  const socket = connect(server.port, server.host);
  t.after(() => socket.destroy());
  await once(socket, "connect");
  const { watchdog, exited } = watched({ endingMs: NEVER, closedMs: 10 });
  watchdog.closed();
  const { open } = await exited;
  assert.match(String(open), new RegExp(`TCPSocketWrap.*socket to 127\\.0\\.0\\.1:${server.port}`));
});

test("ends a process whose closing hangs, but not before it was asked to stop", async () => {
  const { stopping, exited } = watched({ endingMs: 10, closedMs: NEVER });
  let hasExited = false;
  void exited.then(() => {
    hasExited = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(hasExited, false);
  stopping.abort();
  // The watchdog's own timer keeps no process alive.
  const alive = setTimeout(silent, NEVER);
  await exited;
  clearTimeout(alive);
});

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

test("logs and counts a stray error, and the process continues", () => {
  const { process, errors, kinds, clock } = world();
  process.emit("uncaughtException", new Error("read ECONNRESET"));
  process.emit("unhandledRejection", "no error at all");
  assert.deepEqual(kinds, ["Process/UncaughtException", "Process/UnhandledRejection"]);
  assert.match(errors[0] ?? "", /Error: read ECONNRESET/);
  assert.equal(clock.givenUp, 0);
});

test("gives up on a storm of errors, but not on the same number over hours", () => {
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

test("stops listening when released", () => {
  const { process, guard } = world();
  guard.release();
  assert.equal(process.listenerCount("uncaughtException") + process.listenerCount("unhandledRejection"), 0);
});
