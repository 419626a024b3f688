import type { Log } from "../../controller/log.ts";

/** Everything that is waited for at the end takes less; Kubernetes kills a pod 30 s after SIGTERM by default. */
const ENDING_MS = 25_000;
/** A process that has closed everything ends by itself, within milliseconds. */
const CLOSED_MS = 2_000;

export interface ExitWatchdogOptions {
  /** Aborts when the process is asked to stop. */
  readonly stopping: AbortSignal;
  readonly log: Log;
  readonly exit: () => void;
  readonly limits?: { readonly endingMs: number; readonly closedMs: number };
}

/**
 * Ends a process that was asked to stop and does not end, and logs what was still open: a fault of ours, which must not
 * keep a pod in the state Terminating. Its timers keep no process alive. `closed` says that all has been closed.
 */
export function exitWatchdog(options: ExitWatchdogOptions): { closed(): void } {
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
