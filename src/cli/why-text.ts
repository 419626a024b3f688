import { naiveError } from "../core/index.ts";
import { counted, listed, percent, roughly, span } from "../core/wording.ts";
import { describeChanges } from "../journal/describe-changes.ts";
import type { Explanation } from "../journal/explain.ts";
import type { JournalEntry, JournalSignal } from "../journal/journal-entry.ts";
import { explain, parseQuestion, Unanswered, type WhyOptions } from "./shared/explain.ts";
import { print, printError } from "./shared/print.ts";

/** Prints the answer; returns the exit status: 1 where nothing answered. */
export async function why(name: string, options: WhyOptions): Promise<number> {
  const now = Date.now();
  const question = parseQuestion(name, options, now);
  try {
    const explanation = await explain(question, options);
    const text =
      options.output === "json" ? `${JSON.stringify(explanation, undefined, 2)}\n` : asText(explanation, now);
    print(text);
    return 0;
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    printError(`muster: ${error.message}\n`);
    return 1;
  }
}

const SHOWN_ABOVE = ["ScalingLimited", "FallbackActive"];
const INDENT = " ".repeat(11);

/** The explanation for people, newest decision last. */
export function asText(explanation: Explanation, now: number): string {
  const { from, tried, id, conditions, entries, whatWouldChange, wouldHaveChanged = [] } = explanation;
  const obstacle = conditions.find(isObstacle);
  const lines = [id];
  if (obstacle !== undefined) lines.push("", `nothing is scaled now: ${obstacle.reason}: ${obstacle.message}`);
  entries.forEach((entry, index) => {
    lines.push("", ...describeEntry(entry, now, index === entries.length - 1));
  });
  if (entries.length === 0) lines.push("", "nothing has been decided yet");
  if (whatWouldChange !== undefined)
    lines.push(...labelled("change", describeChanges(whatWouldChange, entries.at(-1))));
  lines.push(...labelled("change", wouldHaveChanged));
  // Limits and the fallback are shown above.
  const news = conditions.filter(
    (one) => !SHOWN_ABOVE.includes(one.type) && one.status !== "True" && one !== obstacle && one.reason !== "NotReady",
  );
  lines.push(
    ...labelled(
      "now",
      news.map(({ type, status, reason, message }) => `${type} is ${status}: ${reason}: ${message}`),
    ),
  );
  lines.push("", `(from ${from})`, ...tried.map((one) => `(${one})`), "");
  return lines.join("\n");
}

/** Reasons of a condition Ready that is False although the workload is still scaled. */
const HARMLESS_REASONS = ["MetricUnreadable", "QueueUnreadable", "WorkloadHasRival", "FailedUpdateScale"];

function isObstacle({ type, status, reason }: Explanation["conditions"][number]): boolean {
  return type === "Ready" && status !== "True" && !HARMLESS_REASONS.includes(reason);
}

function describeEntry(entry: JournalEntry, now: number, isNewest: boolean): readonly string[] {
  return [
    headline(entry),
    ...labelled("decided", [describeTime(entry, now)]),
    ...labelled(
      "read",
      entry.signals.map((signal) => describeSignal(signal, Date.parse(entry.until))),
    ),
    ...labelled(
      "jobs",
      entry.jobs === undefined ? [] : [`${entry.jobs.running} running, ${entry.jobs.pending} pending`],
    ),
    ...labelled("rules", describeSteps(entry)),
    ...labelled("held by", entry.limited === undefined ? [] : [`${entry.limited.reason}: ${entry.limited.message}`]),
    ...labelled("done", [describeOutcome(entry, isNewest)]),
  ];
}

function headline({ fallback, currentReplicas: from, desiredReplicas: to, ...entry }: JournalEntry): string {
  const bounds = `(bounds ${entry.minReplicas} to ${entry.maxReplicas})`;
  if (fallback !== undefined) return `fallback: ${fallback.message} ${bounds}`;
  const doubted = entry.signals.filter(({ trust }) => !isTrusted(trust)).map(({ name }) => name);
  if (from === to && doubted.length > 0) {
    const stay = `${counted(from, "replica")} ${from === 1 ? "stays" : "stay"}`;
    return `${stay}, and ${listed(doubted)} cannot be trusted ${bounds}`;
  }
  const verdict = `${to === 1 ? "is" : "are"} ${from === to ? "right" : "wanted"}`;
  return `${counted(from, "replica")}, and ${to} ${verdict} ${bounds}`;
}

function describeTime({ at, until, count }: JournalEntry, now: number): string {
  const first = `${at}, ${span(now - Date.parse(at))} ago`;
  return count === 1
    ? first
    : `${first}; ${count} times the same, last at ${until}, ${span(now - Date.parse(until))} ago`;
}

const isTrusted = (trust: string): boolean => trust === "ok" || trust === "zero";

function describeSignal(signal: JournalEntry["signals"][number], at: number): string {
  const { name, trust, value, waiting, inFlight, arrivalsPerMinute, idleWorkers, oldestSeconds, learned } = signal;
  const parts = [
    value === undefined || value === null ? "no usable value" : String(value),
    waiting === undefined ? "" : `${waiting} waiting`,
    inFlight === undefined ? "" : `${inFlight} in flight`,
    typeof arrivalsPerMinute === "number" ? `${arrivalsPerMinute} arriving a minute` : "",
    idleWorkers === undefined || idleWorkers === null
      ? ""
      : `${idleWorkers} ${idleWorkers === 1 ? "worker" : "workers"} idle`,
    oldestSeconds === undefined ? "" : `the oldest ${oldestSeconds} s old`,
    describeLearned(learned, at),
    describeArrivals(signal.seen?.forecast, at),
    describeForecast(signal.seen?.season),
    signal.ageSeconds === undefined ? "" : `read ${signal.ageSeconds} s before`,
    isTrusted(trust) ? "" : `not to be trusted: ${trust}`,
    ...describeTrouble(signal),
  ];
  const asks = signal.recommendedReplicas === undefined ? "" : `; asks for ${signal.recommendedReplicas}`;
  return `${name}: ${parts.filter(Boolean).join(", ")}${asks}`;
}

function describeTrouble({ doubts = [], failure }: JournalEntry["signals"][number]): readonly string[] {
  return [
    ...doubts.map(({ kind, message }) => `not everything could be read: ${kind}: ${message}`),
    failure === undefined ? "" : `the last read failed: ${failure.kind}: ${failure.message}`,
  ];
}

function describeLearned(learned: JournalSignal["learned"], decidedAt: number): string {
  if (learned === undefined) return "";
  const { secondsPerMessage, messages, at } = learned;
  return `${roughly(secondsPerMessage)} s a message (learned from ${messages}, ${span(decidedAt - Date.parse(at))} before)`;
}

function describeArrivals(known: NonNullable<JournalSignal["seen"]>["forecast"], decidedAt: number): string {
  if (known?.perSecond === undefined) return "";
  const { perSecond, trend = 0, minutes, at } = known;
  const change = trend === 0 ? "" : `, ${trend > 0 ? "+" : ""}${roughly(trend)} each minute`;
  return `${roughly(perSecond)} arriving a second${change} (${minutes} minutes compared, ${span(decidedAt - at)} before)`;
}

function describeForecast(season: NonNullable<JournalSignal["seen"]>["season"]): string {
  const { perSecond: [next] = [], compared, long } = season?.outlook ?? {};
  if (next === undefined || long === undefined || compared === undefined) return "";
  const share = (error: number) => (long.actual > 0 ? percent(error / long.actual) : "all");
  return `${roughly(next)} a second foretold (off by ${share(long.own)}, the naive one by ${share(naiveError(long))}; ${compared} compared)`;
}

function describeSteps({ steps }: JournalEntry): readonly string[] {
  const rule = Math.max(...steps.map((step) => step.rule.length));
  const change = Math.max(...steps.map(({ from, to }) => `${from} -> ${to}`.length));
  return steps.map(
    ({ rule: name, from, to, because }) => `${name.padEnd(rule)}  ${`${from} -> ${to}`.padStart(change)}  ${because}`,
  );
}

function describeOutcome({ outcome, scaled, failure, desiredReplicas }: JournalEntry, isNewest: boolean): string {
  switch (outcome) {
    case "Scaled":
      return scaled === undefined ? "scaled" : `scaled ${scaled.from} -> ${scaled.to} at ${scaled.at}`;
    case "NothingToDo":
      return "nothing to do";
    case "DryRun":
      return `nothing: a dry run only says that it would scale to ${desiredReplicas}`;
    case "Failed":
      return `could not scale: ${failure}`;
    case "Pending":
      return isNewest ? "not scaled yet, as far as known here" : "nothing: a new decision came first";
  }
}

/** A word in the margin, and its lines next to it. */
function labelled(label: string, texts: readonly string[]): readonly string[] {
  return texts.map((text, index) => `${index === 0 ? `  ${label}`.padEnd(INDENT.length) : INDENT}${text}`);
}
