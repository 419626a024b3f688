import type { Log } from "../../controller/log.ts";
import type { Origin } from "../../core/index.ts";
import type { Reporter } from "../../kubernetes/ports.ts";

/** A dry run writes nothing to the cluster: what would have been an event becomes a line of the log. */
export function dryRunReporter(log: Log): Reporter {
  return {
    report: () => undefined,
    tell: ({ kind, namespace, name }: Origin, { reason, message }) =>
      log.info("Would have reported", { kind, namespace, name, reason, detail: message }),
    forget: () => undefined,
    discard: () => undefined,
    flush: () => Promise.resolve(),
  };
}
