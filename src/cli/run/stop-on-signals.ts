import type { Log } from "../../controller/log.ts";

/** Aborts on SIGTERM or SIGINT; asked a second time, the process ends at once. */
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
