import { span } from "../core/wording.ts";
import type { Change, WouldChange } from "./explain.ts";
import type { JournalEntry } from "./journal-entry.ts";

/** What would change the answer, a line each: time, the signals' numbers, limits. */
export function describeChanges(would: WouldChange, newest: JournalEntry | undefined): readonly string[] {
  const { later, signals, readAgain, without } = would;
  const lines = [
    ...(newest === undefined || newest.desiredReplicas === would.desiredReplicas
      ? []
      : [`decided again now, the answer is ${would.desiredReplicas}`]),
    describeLater(later),
    ...readAgain.map(
      ({ name, desiredReplicas }) => `${name}: if the next read gave the same, it would be ${desiredReplicas}`,
    ),
    ...signals.flatMap(({ name, of, rise, fall }) => {
      const number = of === "value" ? name : `${name}'s arrivals a minute`;
      return [describeChange(number, rise, "more"), describeChange(number, fall, "fewer")];
    }),
    ...without.map(({ limit, desiredReplicas }) => `without ${limit} it would be ${desiredReplicas}`),
  ];
  return lines;
}

function describeLater(later: WouldChange["later"]): string {
  if (later === undefined) return "time alone changes nothing while the signals stay the same";
  const { at, afterSeconds, desiredReplicas } = later;
  const when = afterSeconds === 0 ? "at the next poll" : `in ${span(afterSeconds * 1000)} (at ${at})`;
  return `${when} it would be ${desiredReplicas}, if the signals stay the same`;
}

function describeChange(number: string, change: Change, way: "more" | "fewer"): string {
  if ("because" in change) {
    // A reason about a value that was not read names that value.
    const isToldOf = change.at !== undefined && change.because.split(/[^\d.-]+/).includes(String(change.at));
    const supposed = isToldOf ? `at ${change.at}: ` : "";
    return `${number}: no matter how many ${way}, the answer stays (${supposed}${change.because})`;
  }
  return `${number}: ${Math.abs(change.by)} ${way} (${change.to}) would make it ${change.desiredReplicas}`;
}
