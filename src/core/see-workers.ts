import type { Instant } from "./reading.ts";
import { counted } from "./wording.ts";
import { type BusyWorker, isProtected, type StartUp, type WorkerPod, type WorkersSeen } from "./workers.ts";

/** What was said of one pod. */
export type PodAnswer =
  | { readonly state: "idle" }
  | { readonly state: "busy"; readonly since?: Instant; readonly because: string };

/** One who takes messages, as a system lists it. */
export interface ListedConsumer {
  /** Its pod's name, host name or IP address. */
  readonly worker: string;
  readonly messages: number;
  readonly since?: Instant;
}

export interface SurveyResult {
  readonly pods: readonly WorkerPod[];
  /** By the pod's name. A pod that is missing here counts as busy. */
  readonly answers: ReadonlyMap<string, PodAnswer>;
  /** Who answered, as a phrase. */
  readonly according: string;
  /** Whether the cluster heeds pod-deletion-cost: from Kubernetes 1.22 on. */
  readonly costsCount: boolean;
  readonly now: Instant;
}

/**
 * What a list of consumers says of each pod: by the pod's name, host name or IP address. A pod that is not listed is
 * idle, unless the list has idle ones too (`listsIdle`), or busy ones are listed and none of them all has the name or address of a pod. Then nobody knows.
 */
export function matchConsumers(
  pods: readonly WorkerPod[],
  consumers: readonly ListedConsumer[],
  listsIdle = false,
): ReadonlyMap<string, PodAnswer> | { readonly unknown: string } {
  const names = new Map<string, string>();
  for (const { name, ip, hostName } of pods) {
    for (const known of [name, hostName, ip]) if (known !== undefined) names.set(known, name);
  }
  const working = consumers.filter(({ messages }) => messages > 0);
  if (working.length > 0 && !consumers.some(({ worker }) => names.has(worker))) {
    const unknown = `${counted(working.length, "busy consumer")} listed, such as ${working[0]?.worker}, and none has the name, host name or address of a pod`;
    return { unknown };
  }
  const listed = new Set(consumers.map(({ worker }) => names.get(worker)));
  const known = listsIdle ? pods.filter(({ name }) => listed.has(name)) : pods;
  const answers = new Map<string, PodAnswer>(known.map(({ name }) => [name, { state: "idle" }]));
  for (const [pod, all] of Map.groupBy(working, ({ worker }) => names.get(worker))) {
    if (pod !== undefined) answers.set(pod, sumOf(all));
  }
  return answers;
}

function sumOf(consumers: readonly ListedConsumer[]): PodAnswer {
  const because = `works on ${counted(sum(consumers), "message")}`;
  const since = consumers.map((one) => one.since).filter((one) => one !== undefined);
  return since.length === 0 ? { state: "busy", because } : { state: "busy", since: Math.min(...since), because };
}

function sum(consumers: readonly ListedConsumer[]): number {
  return consumers.reduce((total, { messages }) => total + messages, 0);
}

/** Who may be stopped without stopping work. */
export function seeWorkers({ pods, answers, according, costsCount, now }: SurveyResult): WorkersSeen {
  const present = pods.filter(({ isEnding }) => !isEnding);
  const busy: BusyWorker[] = [];
  const idle: WorkerPod[] = [];
  for (const pod of present) {
    const worker = busyWorker(pod, answers.get(pod.name), now);
    if (worker === undefined) idle.push(pod);
    else busy.push(worker);
  }
  const busyPods = present.filter((pod) => !idle.includes(pod));
  const { takable, because } = takableOf(present, idle, busyPods, costsCount);
  const startUp = startUpOf(present);
  const seen = {
    at: now,
    pods: present.length,
    ...(startUp === undefined ? {} : { startUp }),
    idle: takable.map(({ name }) => name),
    busy: busy.sort(byAgeOfWork),
    according,
  };
  const left = idle.length - takable.length;
  return left === 0 ? seen : { ...seen, heldBecause: `${counted(left, "more idle pod")} cannot go: ${because}` };
}

/** The longest start-up that a rule can be told. */
const LONGEST_START_UP_SECONDS = 3_600;

/** The median of pods that became ready once: those that were restarted did so again. */
function startUpOf(pods: readonly WorkerPod[]): StartUp | undefined {
  const seconds = pods
    .flatMap(({ restarts, createdAt, readySince }) =>
      restarts === 0 && readySince !== undefined && createdAt > 0 ? [(readySince - createdAt) / 1000] : [],
    )
    .map((one) => Math.min(Math.max(0, one), LONGEST_START_UP_SECONDS))
    .sort((one, other) => one - other);
  const median = seconds[(seconds.length - 1) >> 1];
  return median === undefined ? undefined : { seconds: median, pods: seconds.length };
}

function busyWorker(pod: WorkerPod, answer: PodAnswer | undefined, now: Instant): BusyWorker | undefined {
  const { name, protectedUntil } = pod;
  if (protectedUntil === "forever") return { pod: name, because: "protected without end" };
  if (protectedUntil !== undefined && isProtected(pod, now)) {
    return { pod: name, because: `protected for ${Math.ceil((protectedUntil - now) / 1000)} s more` };
  }
  if (answer === undefined) return { pod: name, because: "not known to be idle" };
  if (answer.state === "idle") return undefined;
  const { since, because } = answer;
  return since === undefined ? { pod: name, because } : { pod: name, since, because };
}

/** Those with the youngest work first; those of unknown age last. */
function byAgeOfWork(one: BusyWorker, other: BusyWorker): number {
  return (other.since ?? Number.NEGATIVE_INFINITY) - (one.since ?? Number.NEGATIVE_INFINITY) || 0;
}

interface Takable {
  /** In the order in which they go. */
  readonly takable: readonly WorkerPod[];
  /** Why no more of the idle ones, as a clause. */
  readonly because: string;
}

/** The idle pods that a fall can be made to take before any busy one. */
function takableOf(
  pods: readonly WorkerPod[],
  idle: readonly WorkerPod[],
  busy: readonly WorkerPod[],
  costsCount: boolean,
): Takable {
  const kind = pods[0]?.owner?.kind;
  const inOrder = [...idle].sort(kind === "StatefulSet" ? byOrdinal : byOrderOfLeaving);
  if (kind === "StatefulSet") {
    const takable = inOrder.filter((pod) => busy.every((other) => byOrdinal(pod, other) < 0));
    return { takable, because: "a busy one with a higher ordinal would have to go first" };
  }
  // It is not known which pods another kind of owner stops: only their number can be kept.
  if (busy.length === 0 || kind !== "ReplicaSet") return { takable: inOrder, because: "" };
  if (new Set(pods.map(({ owner }) => owner?.uid)).size > 1) {
    return { takable: [], because: "a rolling update is under way, and which ReplicaSet loses pods is not certain" };
  }
  if (costsCount) {
    const takable = inOrder.filter((pod) => busy.every((other) => canGoBefore(pod, other)));
    return { takable, because: "Kubernetes would take a busy one first, which is not ready or has a lower cost" };
  }
  const takable = inOrder.filter((pod) => busy.every((other) => orderWithoutCost(pod, other, pods) < 0));
  return { takable, because: "Kubernetes before 1.22 heeds no pod-deletion-cost and would take a busy one first" };
}

/** Highest first: the order in which a StatefulSet loses its pods. */
function byOrdinal(one: WorkerPod, other: WorkerPod): number {
  return ordinalOf(other) - ordinalOf(one);
}

function ordinalOf({ name }: WorkerPod): number {
  return Number(/-(\d+)$/.exec(name)?.[1] ?? -1);
}

function canGoBefore(idle: WorkerPod, busy: WorkerPod): boolean {
  const order = orderBeforeCost(idle, busy);
  return order < 0 || (order === 0 && canBeCheaper(idle, busy));
}

/** Whether the idle pod can be given a cost below the busy one's: a cost that another controller wrote stays. */
function canBeCheaper({ deletionCost: idle }: WorkerPod, { deletionCost: busy }: WorkerPod): boolean {
  const cost = idle !== undefined && !idle.isOurs ? idle.value : LEAVING_COST;
  const other = busy !== undefined && !busy.isOurs ? busy.value : 0;
  return cost < other;
}

/** The cost of pods that are to go: below all that people write by hand. The lowest is -2^31. */
export const LEAVING_COST = -2_000_000_000;

const PHASES = { Pending: 0, Unknown: 1, Running: 2 };

/** Unassigned first, then by phase, then not ready first. */
function orderBeforeCost(one: WorkerPod, other: WorkerPod): number {
  const assigned = ({ node }: WorkerPod) => (node === undefined ? 0 : 1);
  const ready = ({ isReady }: WorkerPod) => (isReady ? 1 : 0);
  return assigned(one) - assigned(other) || PHASES[one.phase] - PHASES[other.phase] || ready(one) - ready(other);
}

/** Kubernetes 1.20's whole order; 0 where it is not certain. */
function orderWithoutCost(one: WorkerPod, other: WorkerPod, pods: readonly WorkerPod[]): number {
  const before = orderBeforeCost(one, other);
  if (before !== 0) return before;
  const neighbours = ({ node }: WorkerPod) => pods.filter((pod) => node !== undefined && pod.node === node).length;
  const crowded = neighbours(other) - neighbours(one);
  if (crowded !== 0) return crowded;
  const isUndated = ({ readySince, isReady }: WorkerPod) => isReady && readySince === undefined;
  if (isUndated(one) || isUndated(other)) return 0;
  const since = ({ readySince = 0, isReady }: WorkerPod) => (isReady ? readySince : 0);
  return since(other) - since(one) || other.restarts - one.restarts || other.createdAt - one.createdAt;
}

/** Among idle pods: as Kubernetes takes them, newest first. */
function byOrderOfLeaving(one: WorkerPod, other: WorkerPod): number {
  return orderBeforeCost(one, other) || other.createdAt - one.createdAt || (one.name < other.name ? -1 : 1);
}
