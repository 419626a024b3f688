import type { Autoscaler, Instant, PodAnswer, SourceReference, WorkerPod } from "../core/index.ts";
import { matchConsumers } from "../core/index.ts";
import { runWithin } from "../shared/async.ts";
import type { Consumers, SourceTools, SourceType } from "../sources/shared/source.ts";
import { SourceError } from "../sources/shared/source-error.ts";
import { readSeconds } from "../sources/shared/time-limit.ts";
import type { Clock } from "./clock.ts";
import { toolsFor } from "./polled-sources.ts";
import { type ProbeTerms, probeWorkers } from "./probe-workers.ts";
import { asFailure } from "./read-once.ts";

export interface AskTerms {
  readonly sourceType: (type: string) => SourceType | undefined;
  readonly tools: SourceTools;
  readonly clock: Clock;
}

/** What was said of pods. */
export interface WorkerAnswers {
  readonly answers: ReadonlyMap<string, PodAnswer>;
  /** Pods that count as busy for want of an answer. */
  readonly unanswered: ReadonlySet<string>;
  readonly according: string;
  /** The moment of which a source speaks; absent: the present one. */
  readonly saidAt?: Instant;
}

type Unknown = { readonly unknown: string };

/** Longer than Prometheus' usual interval of a minute; what a system says of an earlier time is of no use. */
const LONGEST_AGE_MILLISECONDS = 90_000;

/**
 * Asks who is busy among these pods: the source, or the candidates themselves where there is no source or it does not
 * answer. Where neither is configured, those alone are busy that are protected.
 */
export async function askWorkers(
  { busyWorkers, origin }: Autoscaler,
  pods: readonly WorkerPod[],
  candidates: readonly WorkerPod[],
  terms: AskTerms,
  signal: AbortSignal,
): Promise<WorkerAnswers | Unknown> {
  const { source, probe } = busyWorkers ?? {};
  const tools = toolsFor({ mayTouch: false, isOperators: origin.file !== undefined }, terms.tools);
  if (source !== undefined) {
    const said = await askSource(source, pods, { ...terms, tools }, signal);
    if (!("unknown" in said) || probe === undefined) return said;
  }
  if (probe !== undefined) return askProbes(candidates, { probe, network: tools.network, timers: terms.clock }, signal);
  const answers = new Map<string, PodAnswer>(pods.map(({ name }) => [name, { state: "idle" }]));
  return { answers, unanswered: new Set(), according: "their protection" };
}

async function askProbes(
  candidates: readonly WorkerPod[],
  terms: ProbeTerms,
  signal: AbortSignal,
): Promise<WorkerAnswers> {
  const answers = new Map<string, PodAnswer>();
  const unanswered = new Set<string>();
  const said = await probeWorkers(candidates, terms, signal);
  for (const [name, answer] of said) {
    if (typeof answer !== "string") unanswered.add(name);
    if (answer === "idle") answers.set(name, { state: "idle" });
    else answers.set(name, { state: "busy", because: answer === "busy" ? "says that it is busy" : answer.unknown });
  }
  return { answers, unanswered, according: "their probes" };
}

async function askSource(
  source: SourceReference,
  pods: readonly WorkerPod[],
  terms: AskTerms,
  signal: AbortSignal,
): Promise<WorkerAnswers | Unknown> {
  const { type } = source;
  let consumers: Consumers;
  try {
    consumers = await readConsumers(source, terms, signal);
  } catch (error) {
    return { unknown: `${type} does not say who is busy: ${asFailure(error).message}` };
  }
  const age = terms.clock.wall() - consumers.at;
  if (age > LONGEST_AGE_MILLISECONDS) {
    return { unknown: `what ${type} says of its consumers is ${Math.round(age / 1000)} s old` };
  }
  const answers = matchConsumers(pods, consumers.consumers, consumers.listsIdle);
  if ("unknown" in answers) return { unknown: `${type}: ${answers.unknown}` };
  return { answers, unanswered: new Set(), according: type, saidAt: consumers.at };
}

/** Opens the list, asks once, and closes it: who is busy is asked too rarely to keep a connection. */
async function readConsumers(
  { type, settings }: SourceReference,
  { sourceType, tools, clock }: AskTerms,
  signal: AbortSignal,
): Promise<Consumers> {
  const list = sourceType(type)?.consumers?.open(settings, tools);
  if (list === undefined) throw new SourceError("NotFound", `sources of type "${type}" do not know consumers`);
  const seconds = readSeconds(settings);
  const reason = (isExpired: boolean) =>
    new SourceError("TimedOut", isExpired ? `expected an answer within ${seconds} s, got none` : "called off");
  try {
    return await runWithin({ milliseconds: seconds * 1000, signal, timers: clock, reason }, (ending) =>
      list.read(ending),
    );
  } finally {
    await list.close?.();
  }
}
