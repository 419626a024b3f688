import type { Log } from "../../controller/log.ts";
import type { Telemetry } from "../../controller/telemetry.ts";

/** What is listened to: the process, or a stand-in. */
export interface ExceptionSource {
  on(event: "uncaughtException" | "unhandledRejection", listener: (error: unknown) => void): unknown;
  off(event: "uncaughtException" | "unhandledRejection", listener: (error: unknown) => void): unknown;
}

export interface SurviveOptions {
  readonly process: ExceptionSource;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Called when it is no use to go on. */
  readonly giveUp: () => void;
}

/** More than so many in a minute, and the fault is no client library's stray socket error any more. */
const MOST_IN_A_MINUTE = 20;
const MINUTE_MS = 60_000;

/**
 * Keeps one queue's stray error (a socket without a listener, deep in a client library) from ending the process for
 * all: it is logged and counted. Where they do not end, gives up, so that a fresh process can start.
 */
export function surviveExceptions(options: SurviveOptions): { release(): void } {
  let recent: number[] = [];
  const listener = (kind: string) => (error: unknown) => {
    const now = options.now();
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
