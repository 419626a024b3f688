import { counted, listed, roughly, span } from "../../core/wording.ts";
import type { JournalEntry, LearnedAt } from "../../journal/journal-entry.ts";
import { changesInWords } from "./changes-in-words.ts";
import type { Explanation } from "./explanation.ts";

const TOLD = ["ScalingLimited", "FallbackActive"];
const INDENT = " ".repeat(11);

/** The explanation for people, newest decision last. */
export function asText(explanation: Explanation, now: number): string {
  const { from, tried, id, conditions, entries, whatWouldChange, wouldHaveChanged = [] } = explanation;
  const obstacle = conditions.find(isObstacle);
  const lines = [id];
  if (obstacle !== undefined) lines.push("", `nothing is scaled now: ${obstacle.reason}: ${obstacle.message}`);
  entries.forEach((entry, index) => {
    lines.push("", ...entryInWords(entry, now, index === entries.length - 1));
  });
  if (entries.length === 0) lines.push("", "nothing has been decided yet");
  if (whatWouldChange !== undefined) lines.push(...labelled("change", changesInWords(whatWouldChange, entries.at(-1))));
  lines.push(...labelled("change", wouldHaveChanged));
  // What limits the number, and that the fallback sets it, is told above.
  const news = conditions.filter(
    (one) => !TOLD.includes(one.type) && one.status !== "True" && one !== obstacle && one.reason !== "NotReady",
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

/** Reasons of a condition Ready that is False while the workload is scaled all the same. */
const GOES_ON = ["MetricUnreadable", "QueueUnreadable", "WorkloadHasRival", "FailedUpdateScale"];

function isObstacle({ type, status, reason }: Explanation["conditions"][number]): boolean {
  return type === "Ready" && status !== "True" && !GOES_ON.includes(reason);
}

function entryInWords(entry: JournalEntry, now: number, isNewest: boolean): readonly string[] {
  return [
    headline(entry),
    ...labelled("decided", [whenDecided(entry, now)]),
    ...labelled(
      "read",
      entry.signals.map((signal) => signalInWords(signal, Date.parse(entry.until))),
    ),
    ...labelled("rules", stepsInWords(entry)),
    ...labelled("held by", entry.limited === undefined ? [] : [`${entry.limited.reason}: ${entry.limited.message}`]),
    ...labelled("done", [outcomeInWords(entry, isNewest)]),
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

function whenDecided({ at, until, count }: JournalEntry, now: number): string {
  const first = `${at}, ${span(now - Date.parse(at))} ago`;
  return count === 1 ? first : `${first}; ${count} times alike, last at ${until}, ${span(now - Date.parse(until))} ago`;
}

const isTrusted = (trust: string): boolean => trust === "ok" || trust === "zero";

function signalInWords(signal: JournalEntry["signals"][number], at: number): string {
  const { name, trust, value, waiting, inFlight, arrivalsPerMinute, idleWorkers, oldestSeconds, learned } = signal;
  const parts = [
    value === undefined || value === null ? "nothing that could be used" : String(value),
    waiting === undefined ? "" : `${waiting} waiting`,
    inFlight === undefined ? "" : `${inFlight} in flight`,
    typeof arrivalsPerMinute === "number" ? `${arrivalsPerMinute} arriving a minute` : "",
    idleWorkers === undefined || idleWorkers === null
      ? ""
      : `${idleWorkers} ${idleWorkers === 1 ? "worker" : "workers"} idle`,
    oldestSeconds === undefined ? "" : `the oldest ${oldestSeconds} s old`,
    learnedInWords(learned, at),
    signal.ageSeconds === undefined ? "" : `read ${signal.ageSeconds} s before`,
    isTrusted(trust) ? "" : `not to be trusted: ${trust}`,
    ...troubleInWords(signal),
  ];
  const asks = signal.recommendedReplicas === undefined ? "" : `; asks for ${signal.recommendedReplicas}`;
  return `${name}: ${parts.filter(Boolean).join(", ")}${asks}`;
}

function troubleInWords({ doubts = [], failure }: JournalEntry["signals"][number]): readonly string[] {
  return [
    ...doubts.map(({ kind, message }) => `not all could be found out: ${kind}: ${message}`),
    failure === undefined ? "" : `the last look failed: ${failure.kind}: ${failure.message}`,
  ];
}

function learnedInWords(learned: LearnedAt | undefined, decidedAt: number): string {
  if (learned === undefined) return "";
  const { secondsPerMessage, messages, at } = learned;
  return `${roughly(secondsPerMessage)} s a message (learned from ${messages}, ${span(decidedAt - Date.parse(at))} before)`;
}

function stepsInWords({ steps }: JournalEntry): readonly string[] {
  const rule = Math.max(...steps.map((step) => step.rule.length));
  const change = Math.max(...steps.map(({ from, to }) => `${from} -> ${to}`.length));
  return steps.map(
    ({ rule: name, from, to, because }) => `${name.padEnd(rule)}  ${`${from} -> ${to}`.padStart(change)}  ${because}`,
  );
}

function outcomeInWords({ outcome, scaled, failure, desiredReplicas }: JournalEntry, isNewest: boolean): string {
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
      return isNewest ? "not scaled yet, as far as is known here" : "nothing: decided anew before it was done";
  }
}

/** A word in the margin, and what belongs to it beside it. */
function labelled(label: string, texts: readonly string[]): readonly string[] {
  return texts.map((text, index) => `${index === 0 ? `  ${label}`.padEnd(INDENT.length) : INDENT}${text}`);
}
