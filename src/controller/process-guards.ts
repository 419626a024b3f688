import type { Log } from "./log.ts";
import type { Telemetry } from "./telemetry.ts";

/** A normal end takes less; Kubernetes kills a pod 30 s after SIGTERM by default. */
const ENDING_MS = 25_000;
/** A process that has closed everything ends by itself, within milliseconds. */
const CLOSED_MS = 2_000;

interface ExitWatchdogOptions {
  /** Aborts when the process is asked to stop. */
  readonly stopping: AbortSignal;
  readonly log: Log;
  readonly exit: () => void;
  readonly limits?: { readonly endingMs: number; readonly closedMs: number };
}

/**
 * Ends a process that was asked to stop and does not, and logs what was still open: a bug of Muster's, which must not
 * keep a pod in the state Terminating. Its timers keep no process alive. `closed` says that all has been closed.
 */
export function startExitWatchdog(options: ExitWatchdogOptions): { closed(): void } {
  const { stopping, log, exit, limits = { endingMs: ENDING_MS, closedMs: CLOSED_MS } } = options;
  const exitAfter = (milliseconds: number) => {
    const timer = setTimeout(() => {
      log.error("Expected the process to end by itself, ending it", { open: openResources().join(", ") });
      exit();
    }, milliseconds);
    timer.unref();
  };
  stopping.addEventListener("abort", () => exitAfter(limits.endingMs), { once: true });
  return { closed: () => exitAfter(limits.closedMs) };
}

/** What keeps this process alive: kinds of resources, and where its sockets lead. */
function openResources(): readonly string[] {
  return [...process.getActiveResourcesInfo(), ...remoteAddresses()];
}

/** Node has no documented way to the sockets behind its resources; without this one, the kinds alone are logged. */
function remoteAddresses(): readonly string[] {
  const { _getActiveHandles: handles } = process as { _getActiveHandles?: () => readonly object[] };
  return (handles?.call(process) ?? []).flatMap((handle) => {
    const { remoteAddress, remotePort } = handle as { remoteAddress?: string; remotePort?: number };
    return remoteAddress === undefined ? [] : [`socket to ${remoteAddress}:${remotePort}`];
  });
}

/** Aborts on SIGTERM or SIGINT; on the second one, the process ends at once. */
export function stopOnSignals(log: Log): { readonly signal: AbortSignal; release(): void } {
  const stop = new AbortController();
  const asked = (name: NodeJS.Signals) => {
    if (stop.signal.aborted) process.exit(1);
    log.info("Stopping", { signal: name });
    stop.abort();
  };
  process.on("SIGTERM", asked).on("SIGINT", asked);
  return {
    signal: stop.signal,
    release: () => void process.off("SIGTERM", asked).off("SIGINT", asked),
  };
}

interface SurviveOptions {
  /** The process, or a stand-in in tests. */
  readonly process: Pick<NodeJS.EventEmitter, "on" | "off">;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Monotonic milliseconds. Default: this process's. */
  readonly now?: () => number;
  /** Called when errors do not stop. */
  readonly giveUp: () => void;
}

/** More than this in a minute are not the stray socket errors of a client library. */
const MOST_IN_A_MINUTE = 20;
const MINUTE_MS = 60_000;

/**
 * Keeps one queue's stray error (a socket without a listener, deep in a client library) from ending the process for
 * all: it is logged and counted. Where they do not end, gives up, so that a fresh process can start.
 */
export function surviveExceptions(options: SurviveOptions): { release(): void } {
  let recent: number[] = [];
  const listener = (kind: string) => (error: unknown) => {
    const now = options.now?.() ?? performance.now();
    recent = [...recent.filter((at) => now - at < MINUTE_MS), now];
    options.telemetry.failed(`Process/${kind}`);
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const where =
      error instanceof Error ? error.stack?.split("\n").slice(1, 4).join(" ").replace(/\s+/g, " ") : undefined;
    options.log.error("Survived an unexpected error", { kind, detail, where });
    if (recent.length > MOST_IN_A_MINUTE) options.giveUp();
  };
  const uncaught = listener("UncaughtException");
  const unhandled = listener("UnhandledRejection");
  options.process.on("uncaughtException", uncaught);
  options.process.on("unhandledRejection", unhandled);
  return {
    release: () => {
      options.process.off("uncaughtException", uncaught);
      options.process.off("unhandledRejection", unhandled);
    },
  };
}
