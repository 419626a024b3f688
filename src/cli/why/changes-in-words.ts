import { span } from "../../core/wording.ts";
import type { JournalEntry } from "../../journal/journal-entry.ts";
import type { Change, WouldChange } from "./answers.ts";

/** What would change the answer, a line each: time, the signals' numbers, limits. */
export function changesInWords(would: WouldChange, newest: JournalEntry | undefined): readonly string[] {
  const { later, signals, readAgain, without } = would;
  const lines = [
    ...(newest === undefined || newest.desiredReplicas === would.desiredReplicas
      ? []
      : [`asked again now, the answer is ${would.desiredReplicas}`]),
    laterInWords(later),
    ...readAgain.map(
      ({ name, desiredReplicas }) => `${name}: if it were read again and said the same, it would be ${desiredReplicas}`,
    ),
    ...signals.flatMap(({ name, of, rise, fall }) => {
      const number = of === "value" ? name : `${name}'s arrivals a minute`;
      return [changeInWords(number, rise, "more"), changeInWords(number, fall, "fewer")];
    }),
    ...without.map(({ limit, desiredReplicas }) => `without ${limit} it would be ${desiredReplicas}`),
  ];
  return lines;
}

function laterInWords(later: WouldChange["later"]): string {
  if (later === undefined) return "time alone changes nothing, while the signals say what they say";
  const { at, afterSeconds, desiredReplicas } = later;
  const when = afterSeconds === 0 ? "at the next look" : `in ${span(afterSeconds * 1000)} (at ${at})`;
  return `${when} it would be ${desiredReplicas}, if the signals go on saying the same`;
}

function changeInWords(number: string, change: Change, way: "more" | "fewer"): string {
  if ("because" in change) {
    // A reason that speaks of a number nobody has read says so.
    const isToldOf = change.at !== undefined && change.because.split(/[^\d.-]+/).includes(String(change.at));
    const supposed = isToldOf ? `at ${change.at}: ` : "";
    return `${number}: no matter how many ${way}, the answer stays (${supposed}${change.because})`;
  }
  return `${number}: ${Math.abs(change.by)} ${way} (${change.to}) would make it ${change.desiredReplicas}`;
}
