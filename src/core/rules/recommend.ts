import type { SignalRule } from "../autoscaler.ts";
import type { Situation } from "../decision.ts";
import type { JudgedSignal } from "../judge.ts";
import type { Reading } from "../reading.ts";
import { counted } from "../wording.ts";
import { type Drained, drain } from "./drain.ts";
import { fallbackReplicas } from "./fall-back.ts";
import type { Deliberation, Outcome } from "./rule.ts";
import { stepFor } from "./step-out-of-band.ts";

/** How long a band waits after a scaling where the object sets no poll interval: for a reading that has seen it. */
const BAND_PAUSE_SECONDS = 15;

/** What one signal asks for; undefined where it has nothing to go by. */
export function recommend(judged: JudgedSignal, deliberation: Deliberation): Outcome | Drained | undefined {
  const { signal, reading, doubt } = judged;
  if (doubt !== undefined && signal.whenMissing === "Zero")
    return { replicas: 0, because: `${doubt}, and counts as zero` };
  const { currentReplicas: current, autoscaler } = deliberation.situation;
  if (judged.fallsBack && autoscaler.fallback !== undefined) {
    const { fallback } = autoscaler;
    const replicas = fallbackReplicas(fallback, current);
    const because = `${doubt}: the fallback is ${fallback.replicas}`;
    if (signal.rule.kind !== "perReplica") return { replicas, because };
    // The tolerance holds: the value counts as asking for the present number.
    const shared = perReplica(replicas * signal.rule.valuePerReplica, signal.rule, deliberation.situation);
    return { replicas: shared.replicas, because };
  }
  if (reading === undefined) return undefined;
  const { rule } = signal;
  switch (rule.kind) {
    case "backlog":
      return keepInFlight(backlog(reading.value, rule, current), rule, reading, current);
    case "perReplica":
      return keepInFlight(perReplica(reading.value, rule, deliberation.situation), rule, reading, current);
    case "throughput":
      return throughput(reading, rule);
    case "band":
      return doubt === undefined ? band(rule, reading, deliberation) : undefined;
    case "drain":
      return drain(rule, judged, reading, deliberation);
  }
}

function backlog(value: number, rule: Extract<SignalRule, { kind: "backlog" }>, current: number): Outcome {
  const { messagesPerReplica, tolerance } = rule;
  const needed = Math.ceil(value / messagesPerReplica);
  const sum = `${counted(value, "message")} at ${messagesPerReplica} per replica need ${counted(needed, "replica")}`;
  if (current > 0 && value > 0 && needed !== current && Math.abs(needed - current) / current <= tolerance) {
    return { replicas: current, because: `${sum}, within ${inPercent(tolerance)} of the present ${current}` };
  }
  return { replicas: needed, because: sum };
}

/** With concurrency, of the present replicas as many stay as the messages in flight keep busy. */
function keepInFlight(
  outcome: Outcome,
  { concurrency }: { readonly concurrency?: number },
  { inFlight }: Reading,
  current: number,
): Outcome {
  if (concurrency === undefined || inFlight === undefined) return outcome;
  const busy = Math.min(current, Math.ceil(inFlight / concurrency));
  if (outcome.replicas >= busy) return outcome;
  const because = `${outcome.because}; ${inFlight} in flight, ${concurrency} at once a replica, keep ${busy}`;
  return { ...outcome, replicas: busy, because };
}

/** HPA's arithmetic: whole thousandths, and the tolerance before anything is rounded. */
function perReplica(
  value: number,
  rule: Extract<SignalRule, { kind: "perReplica" }>,
  { autoscaler: { behavior }, currentReplicas }: Situation,
): Outcome {
  const { valuePerReplica, activationValue } = rule;
  if (value <= activationValue && activationValue > 0) {
    return { replicas: 0, because: `${value} is not above the activation value ${activationValue}` };
  }
  const [has, takes] = [inThousandths(value), inThousandths(valuePerReplica)];
  const needed = Math.ceil(has / takes);
  const sum = `${value} at ${valuePerReplica} per replica need ${counted(needed, "replica")}`;
  const ratio = has / (takes * currentReplicas);
  const up = behavior?.scaleUp?.tolerance ?? rule.tolerance;
  const down = behavior?.scaleDown?.tolerance ?? rule.tolerance;
  if (needed === currentReplicas || ratio < 1 - down || ratio > 1 + up || Number.isNaN(ratio)) {
    return { replicas: needed, because: sum };
  }
  const within = `within ${inPercent(ratio > 1 ? up : down)} of what the present ${currentReplicas} take`;
  return { replicas: currentReplicas, because: `${sum}, and ${value} is ${within}` };
}

/** A hair beside a whole number is what binary fractions leave. */
const HAIR = 1e-12;

/** Whole thousandths, rounded up: Kubernetes' quantities have no finer unit where HPA calculates. */
function inThousandths(value: number): number {
  if (Number.isInteger(value)) return value * 1000;
  const exact = value * 1000;
  const nearest = Math.round(exact);
  return Math.abs(exact - nearest) <= exact * HAIR ? nearest : Math.ceil(exact);
}

function inPercent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

/** Messages that arrive in a minute, where that is known. What is no queue gives them as its value. */
export function arrivalsOf(reading: Reading): number | undefined {
  const isQueue = reading.waiting !== undefined || reading.inFlight !== undefined;
  return reading.arrivalsPerMinute ?? (isQueue ? undefined : reading.value);
}

/** Seconds of work that arrive each second. */
function throughput(reading: Reading, rule: Extract<SignalRule, { kind: "throughput" }>): Outcome | undefined {
  const arrivals = arrivalsOf(reading);
  if (arrivals === undefined) return undefined;
  const needed = Math.ceil((rule.secondsPerMessage * arrivals) / 60 / rule.utilization);
  const share = rule.utilization === 1 ? "" : ` of which ${Math.round(rule.utilization * 100)} % may be busy`;
  return {
    replicas: needed,
    because: `${arrivals} messages a minute at ${rule.secondsPerMessage} s each need ${counted(needed, "replica")}${share}`,
  };
}

/** One step, and not the next before there is a reading that has seen the last one. */
function band(rule: Extract<SignalRule, { kind: "band" }>, reading: Reading, { situation }: Deliberation): Outcome {
  const { autoscaler, currentReplicas, memory, now } = situation;
  const pauseMs = (autoscaler.pollIntervalSeconds ?? BAND_PAUSE_SECONDS) * 1000;
  const last = memory.lastScaleAt === undefined ? undefined : Math.min(memory.lastScaleAt, now);
  if (last !== undefined && (now - last < pauseMs || reading.at <= last)) {
    const because = `the last step was ${Math.floor((now - last) / 1000)} s ago, and its effect is not seen yet`;
    const until = last + pauseMs;
    return { replicas: currentReplicas, because, ...(until > now ? { reconsiderAt: until } : {}) };
  }
  return stepFor(rule, "it", reading.value, currentReplicas, autoscaler);
}
