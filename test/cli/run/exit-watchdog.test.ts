import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { exitWatchdog } from "../../../src/cli/run/exit-watchdog.ts";
import type { LogFields } from "../../../src/controller/log.ts";
import { scriptedTcp } from "../../support/scripted-tcp.ts";

const NEVER = 1_000_000;
const silent = () => undefined;

function watched(limits: { readonly endingMs: number; readonly closedMs: number }) {
  const stopping = new AbortController();
  let watchdog: ReturnType<typeof exitWatchdog> = { closed: silent };
  const exited = new Promise<LogFields>((resolve) => {
    let logged: LogFields = {};
    const log = {
      ...{ debug: silent, info: silent, warn: silent },
      error: (_message: string, fields: LogFields = {}) => {
        logged = fields;
      },
    };
    watchdog = exitWatchdog({ stopping: stopping.signal, log, exit: () => resolve(logged), limits });
  });
  return { stopping, watchdog, exited };
}

test("a process that closed everything and does not end is ended, and says what was open", async (t) => {
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

test("a process whose closing does not come to an end is ended, and not before it was asked to stop", async () => {
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
