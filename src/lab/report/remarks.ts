import { percent } from "../../core/wording.ts";
import type { Compared } from "../comparison.ts";
import { inWords } from "../duration.ts";
import type { Outcome } from "../outcome.ts";
import type { Rehearsal } from "../rehearsal.ts";
import { messagesIn } from "../traffic/traffic.ts";

type Terms = Omit<Rehearsal, "policy" | "autoscaler">;

/** Which policies are not done in the end, and what is left. */
export function complaints(compared: readonly Compared[], terms: Terms): readonly string[] {
  const isEmpty = compared.every(({ outcomes }) => outcomes.every(({ messages }) => messages.arrived === 0));
  const empty = isEmpty ? ["No message arrived: waits of 0 s say nothing."] : [];
  return [...empty, ...compared.flatMap((one) => complaint(one, terms))];
}

function complaint({ policy, outcomes }: Compared, { drainSeconds }: Terms): readonly string[] {
  const stuck = outcomes.filter(({ drained }) => !drained);
  const worst = stuck.map(({ messages }) => messages.waiting + messages.inFlight);
  if (stuck.length === 0) return [];
  const which = outcomes.length === 1 ? "" : ` in ${stuck.length} of ${outcomes.length} runs`;
  const left = `${Math.round(Math.max(...worst))} messages were unfinished`;
  return [`${policy} does not drain${which}: ${left} ${inWords(drainSeconds)} after the last arrival.`];
}

/** What the traffic was, and how it was calculated. */
export function remarks(compared: readonly Compared[], { traffic, service, workers, seed }: Terms): readonly string[] {
  const first = compared[0]?.outcomes[0];
  const count = compared[0]?.outcomes.length ?? 1;
  const seeds = count === 1 ? `seed ${seed}` : `seeds ${seed} to ${seed + count - 1}, ± is a 95 % confidence interval`;
  const messages = Math.round(messagesIn(traffic));
  // Of moments there are as many as there are; counts may be fractions of which chance makes whole ones.
  const isExact = traffic.kind === "messages";
  const usual = `${inWords(service.meanSeconds)} each, ${service.shape}`;
  const each = traffic.serviceMs === undefined ? usual : `service times of their own, else ${usual}`;
  return [
    `${traffic.name}: ${isExact ? "" : "about "}${messages} messages in ${inWords(traffic.durationMs / 1000)}; ${each}; ${workers.concurrency} at once a worker.`,
    `${manner(first)}; ${seeds}.`,
    ...traffic.remarks,
  ];
}

function manner(outcome: Outcome | undefined): string {
  if (outcome?.mode === "batch") {
    return "Batch mode: the mean of many messages, without the queues that chance makes for a moment (--mode exact has them)";
  }
  return `Exact mode: each message by itself. Waits are within ${percent(outcome?.waitSeconds.relativeError ?? 0)}`;
}
