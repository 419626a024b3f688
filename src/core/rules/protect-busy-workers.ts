import type { Memory, Mutable, Situation } from "../decision.ts";
import type { Instant } from "../reading.ts";
import { counted, listed, span } from "../wording.ts";
import type { BusyWorker, WorkersSeen } from "../workers.ts";
import type { LimitReason, Outcome, Rule } from "./rule.ts";

type Known = Exclude<WorkersSeen, { unknown: string }>;

/** What was seen of workers longer ago than this, in milliseconds, stops nobody. */
const WORKERS_FRESH_MILLISECONDS = 5_000;
const NAMED = 3;
/** A scale-down that is held up for longer than this is worth an event. */
const LONG_HOLD_MILLISECONDS = 600_000;

/**
 * With busyWorkers a scale-down takes idle workers first, and with Always those alone, until forceAfterSeconds. Before
 * that somebody has to say who is busy; while nobody can, every worker counts as busy.
 */
export const protectBusyWorkers: Rule = {
  name: "protectBusyWorkers",
  always: true,
  apply(replicas, { situation }) {
    const { autoscaler, currentReplicas, memory } = situation;
    if (autoscaler.busyWorkers === undefined) return undefined;
    if (replicas >= currentReplicas) {
      if (memory.heldByBusySince === undefined) return undefined;
      return { replicas, because: "nothing is to be stopped", silent: true, memory: withHold(memory, undefined) };
    }
    const { workers, now } = situation;
    if (workers === undefined || !isFresh(workers, now)) return waitForWorkers(situation, replicas);
    if (autoscaler.busyWorkers.protect === "Prefer") return preferIdle(situation, replicas, workers);
    return stopIdle(situation, replicas, workers);
  },
};

function isFresh({ at }: WorkersSeen, now: Instant): boolean {
  return at <= now && now - at <= WORKERS_FRESH_MILLISECONDS;
}

function waitForWorkers(situation: Situation, replicas: number): Outcome {
  const { currentReplicas: current, workers, memory } = situation;
  const before = workers !== undefined && "unknown" in workers ? ` (${workers.unknown})` : "";
  return {
    replicas: current,
    because: `${current} stay, not ${replicas}, until it is known who is busy${before}`,
    limited: holdReason(situation, memory.heldByBusySince),
    wantsWorkers: true,
  };
}

/** Somebody may look at night for why a fall does not come: what lasts has a reason of its own. */
function holdReason({ workers, now }: Situation, since: Instant = now): LimitReason {
  if (now - since < LONG_HOLD_MILLISECONDS) return "BusyWorkers";
  return workers !== undefined && "unknown" in workers ? "WorkersUnknown" : "HeldByBusyWorkers";
}

function preferIdle({ currentReplicas: current, memory }: Situation, replicas: number, workers: WorkersSeen): Outcome {
  const forgotten = withHold(memory, undefined);
  if ("unknown" in workers) {
    return { replicas, because: `${workers.unknown}: Kubernetes chooses who goes`, memory: forgotten };
  }
  const going = Math.max(0, workers.pods - replicas);
  const busy = Math.max(0, going - workers.idle.length);
  const because = `${current} -> ${replicas}: ${idlePhrase(workers, Math.min(going, workers.idle.length))}${busy === 0 ? "" : `, and ${busy} busy with the youngest work`}`;
  return { replicas, because, memory: forgotten, leaving: leavingOf(workers, going) };
}

function stopIdle(situation: Situation, replicas: number, workers: WorkersSeen): Outcome {
  const { autoscaler, currentReplicas: current, memory, now } = situation;
  const { pods, idle } = knownOf(workers, current);
  // Pods that are not there yet need no stopping; surplus ones that are about to go, do.
  const lowest = Math.min(current, Math.max(replicas, pods - idle.length));
  const since = Math.min(memory.heldByBusySince ?? now, now);
  const { forceAfterSeconds = Number.POSITIVE_INFINITY } = autoscaler.busyWorkers ?? {};
  const forcedAt = since + forceAfterSeconds * 1000;
  if (lowest > replicas && now < forcedAt) return hold(situation, replicas, lowest, workers, { since, forcedAt });
  const going = pods - replicas;
  const because =
    lowest === replicas
      ? idlePhrase(knownOf(workers, current), going)
      : `busy workers held it up for ${span(now - since)}, and forceAfterSeconds is ${forceAfterSeconds}: ${going - idle.length} that may be busy must go`;
  // By force it stays held until the pods have gone: the next decisions, while they are being marked, must be the same.
  const held = lowest === replicas ? undefined : since;
  const outcome = { replicas, because: `${current} -> ${replicas}: ${because}`, memory: withHold(memory, held) };
  return "unknown" in workers ? outcome : { ...outcome, leaving: leavingOf(workers, going) };
}

/** Where it is not known who is busy, every worker counts as busy. */
function knownOf(workers: WorkersSeen, current: number): Known {
  if (!("unknown" in workers)) return workers;
  return { at: workers.at, pods: current, idle: [], busy: [], according: "" };
}

function hold(
  situation: Situation,
  replicas: number,
  lowest: number,
  workers: WorkersSeen,
  { since, forcedAt }: { readonly since: Instant; readonly forcedAt: Instant },
): Outcome {
  const isUnknown = "unknown" in workers;
  const held: Mutable<Outcome> = {
    replicas: lowest,
    because: isUnknown ? unknownPhrase(situation, workers.unknown) : holdPhrase(situation, replicas, workers),
    limited: holdReason(situation, since),
    memory: withHold(situation.memory, since),
    reconsiderAt: Math.min(workers.at + WORKERS_FRESH_MILLISECONDS + 1, forcedAt),
  };
  if (!isUnknown && lowest < situation.currentReplicas) held.leaving = leavingOf(workers, workers.pods - lowest);
  return held;
}

function unknownPhrase({ currentReplicas: current }: Situation, unknown: string): string {
  return `${counted(current, "replica")} stay, as who is not known to be idle counts as busy: ${unknown}`;
}

/** "8 -> 5: 3 idle (pods a, b and c); 2 more wait for work that has run for 12 min". */
function holdPhrase({ currentReplicas: current, now }: Situation, replicas: number, workers: Known): string {
  const { pods, idle, busy, heldBecause } = workers;
  const waiting = Math.min(current, pods) - replicas - idle.length;
  const going = Math.min(idle.length, Math.max(0, pods - replicas));
  const first = going === 0 ? `${current} stay` : `${current} -> ${pods - going}: ${idlePhrase(workers, going)}`;
  const rest = heldBecause ?? `${waiting} more wait for ${workPhrase(busy, now)}`;
  return `${first}; ${rest}`;
}

function workPhrase(busy: readonly BusyWorker[], now: Instant): string {
  const since = busy.reduce<Instant | undefined>((oldest, { since: one }) => earlier(oldest, one), undefined);
  if (since !== undefined && since <= now) return `work that has run for ${span(now - since)}`;
  const [one] = busy;
  return one === undefined ? "their work" : `their work (${one.pod}: ${one.because})`;
}

function earlier(one: Instant | undefined, other: Instant | undefined): Instant | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

function idlePhrase({ idle }: Known, going: number): string {
  if (going <= 0) return "nobody has to be stopped";
  const named = idle.slice(0, Math.min(going, NAMED));
  const more = going - named.length;
  const names = more > 0 ? `${named.join(", ")} and ${more} more` : listed(named);
  return `${going} idle (${going === 1 ? "pod" : "pods"} ${names})`;
}

/** As many of them as go, idle ones first. */
function leavingOf({ idle, busy }: Known, going: number): readonly string[] {
  if (going <= idle.length) return idle.slice(0, Math.max(0, going));
  return [...idle, ...busy.slice(0, going - idle.length).map(({ pod }) => pod)];
}

function withHold(memory: Memory, since: Instant | undefined): Memory {
  if (memory.heldByBusySince === since) return memory;
  const { heldByBusySince: _, ...rest } = memory;
  return since === undefined ? rest : { ...rest, heldByBusySince: since };
}
