import assert from "node:assert/strict";
import { createHook } from "node:async_hooks";
import { setTimeout as pause } from "node:timers/promises";

/**
 * What keeps a process busy or a server waiting: timers (also those that are `unref`ed), sockets, pipes, child processes.
 * TLS needs no name of its own, since each TLS socket has a TCP one below it.
 */
const HELD = new Set(["Timeout", "TCPWRAP", "PIPEWRAP", "UDPWRAP", "TCPSERVERWRAP", "PROCESSWRAP"]);
/** One clock for all of undici's clients, which stops by itself half a second after the last of them is gone. */
const UNDICI_CLOCK = "undici/lib/util/timers.js";
const PATIENCE_MILLISECONDS = 15_000;

/** Runs `body` and fails if something that it opened is still open a while after its end. */
export async function leavesNothingBehind(body: () => Promise<void>): Promise<void> {
  const open = new Map<number, string>();
  let ours = false;
  const hook = createHook({
    init(id, kind) {
      if (ours || !HELD.has(kind)) return;
      const opened = origin();
      if (!opened.includes(UNDICI_CLOCK)) open.set(id, `${kind} opened${opened}`);
    },
    destroy(id) {
      open.delete(id);
    },
  });
  const tick = () => {
    ours = true;
    const ticked = pause(10);
    ours = false;
    return ticked;
  };
  hook.enable();
  try {
    await body();
    const deadline = Date.now() + PATIENCE_MILLISECONDS;
    while (open.size > 0 && Date.now() < deadline) await tick();
  } finally {
    hook.disable();
  }
  assert.equal(open.size, 0, `left behind:\n${[...open.values()].join("\n")}`);
}

function origin(): string {
  const usual = Error.stackTraceLimit;
  Error.stackTraceLimit = 20;
  const stack = new Error().stack?.split("\n") ?? [];
  Error.stackTraceLimit = usual;
  return `\n${stack.slice(3).join("\n")}`;
}
