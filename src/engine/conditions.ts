import {
  type Autoscaler,
  type Condition,
  type Decision,
  type DoneScaling,
  fallbackInWords,
  type Problem,
  type SignalState,
  type SignalVerdict,
  type WorkersSeen,
  type WorkloadState,
} from "../core/index.ts";
import { precedence } from "./claims.ts";
import type { WriteFailure } from "./scaler.ts";

/** Everything about one autoscaler that its conditions speak of. */
export interface AutoscalerState {
  /** Undefined: what was written is not an autoscaler, and `problems` say why. */
  readonly autoscaler: Autoscaler | undefined;
  readonly problems: readonly Problem[];
  readonly workload: WorkloadState;
  /** The older autoscaler that scales the workload instead. */
  readonly refusedFor: Autoscaler | undefined;
  /** Younger autoscalers that would scale the workload too and are refused. */
  readonly refused: readonly Autoscaler[];
  readonly signals: Readonly<Record<string, SignalState>>;
  readonly decision: Decision | undefined;
  /** What was last seen of the workers. */
  readonly workers?: WorkersSeen | undefined;
  /** Why the last scale write did not happen. */
  readonly writeFailure: WriteFailure | undefined;
  readonly lastScaling: DoneScaling | undefined;
  /** What went wrong in the controller itself, in the last pass over this object. */
  readonly internalError: string | undefined;
  /** The whole process only says what it would do. */
  readonly dryRun: boolean;
}

type Statement = Omit<Condition, "type">;
type NamedState = readonly [name: string, state: SignalState];

/** What there is to say of one autoscaler, in the HorizontalPodAutoscaler's words where it has them. */
export function conditionsOf(state: AutoscalerState): readonly Condition[] {
  const obstacle = obstacleOf(state);
  return [
    { type: "Ready", ...(obstacle ?? readyNote(state)) },
    { type: "ScalingActive", ...scalingActive(state, obstacle) },
    { type: "ScalingLimited", ...scalingLimited(state.decision) },
    ...(state.autoscaler?.fallback === undefined ? [] : [fallbackActive(state.decision)]),
  ];
}

/** What keeps the workload from being scaled at all; undefined: nothing does. */
function obstacleOf(state: AutoscalerState): Statement | undefined {
  const { autoscaler, refusedFor, workload, problems, internalError } = state;
  if (internalError !== undefined) {
    const message = `the controller failed on this object, tries again and has more in its log: ${internalError}`;
    return { status: "False", reason: "InternalError", message };
  }
  if (autoscaler === undefined) {
    // A spec that is right but for a Secret is not called invalid.
    const errors = problems.filter(({ severity }) => severity !== "warning");
    const isRight = errors.every(({ reason }) => reason !== undefined);
    const reason = (isRight ? errors[0]?.reason : undefined) ?? "InvalidSpec";
    return { status: "False", reason, message: problems.map(problemText).join("; ") };
  }
  const target = `${autoscaler.target.kind} ${autoscaler.target.namespace}/${autoscaler.target.name}`;
  if (refusedFor !== undefined) {
    const message = `${named(refusedFor)} ${precedence(refusedFor, autoscaler)} and scales ${target} already; delete one of the two or name another workload`;
    return { status: "False", reason: "WorkloadClaimed", message };
  }
  if (workload.state === "missing") {
    const message = `${target} does not exist; create it, or correct the name in ${autoscaler.origin.kind} ${autoscaler.origin.name}`;
    return { status: "False", reason: "WorkloadMissing", message };
  }
  if (workload.state === "unknown") {
    return { status: "Unknown", reason: "WorkloadUnknown", message: `${target} cannot be seen: ${workload.because}` };
  }
  return undefined;
}

/** Of an autoscaler that may act: what is wrong with it nevertheless. The gravest gives the reason, and none is hidden. */
function readyNote(state: AutoscalerState): Statement {
  const { autoscaler } = state;
  const wrong = [failedWrite(state), rivals(state), unreadNote(state), contested(state), warnings(state)];
  const [gravest, ...others] = wrong.filter((note) => note !== undefined);
  if (gravest !== undefined) {
    return { ...gravest, message: [gravest, ...others].map(({ message }) => message).join("; ") };
  }
  if (state.dryRun || autoscaler?.mode === "DryRun") {
    return { status: "True", reason: "DryRun", message: "decisions are reported and never carried out" };
  }
  if (autoscaler?.mode === "Paused")
    return { status: "True", reason: "Paused", message: "the number of replicas is held on purpose" };
  return { status: "True", reason: "ReadyForNewScale", message: "the workload exists and can be scaled" };
}

function failedWrite({ writeFailure }: AutoscalerState): Statement | undefined {
  if (writeFailure === undefined) return undefined;
  const message = `the scale could not be written (${writeFailure.kind}): ${writeFailure.message}`;
  return { status: "False", reason: "FailedUpdateScale", message };
}

function rivals({ workload }: AutoscalerState): Statement | undefined {
  if (workload.state !== "present" || workload.rivals.length === 0) return undefined;
  // "HorizontalPodAutoscaler shop/keda-hpa-orders": the name that KEDA gives its own.
  const isLeft = workload.rivals.every((rival) => rival.includes("/keda-hpa-"));
  const remedy = isLeft
    ? "KEDA's operator left it behind, or still runs: stop that, and delete this or start Muster with --keda-take-over"
    : "let one of them set spec.replicas";
  const message = `${workload.rivals.join(" and ")} scales the workload too, and each will undo what the other does; ${remedy}`;
  return { status: "False", reason: "WorkloadHasRival", message };
}

function contested({ autoscaler, refused }: AutoscalerState): Statement | undefined {
  if (autoscaler === undefined || refused.length === 0) return undefined;
  const why = [...new Set(refused.map((one) => precedence(autoscaler, one).replace(/,$/, "")))].join(" or ");
  const message = `${refused.map(named).join(" and ")} would scale the same workload and is refused, as this one ${why}`;
  return { status: "True", reason: "WorkloadContested", message };
}

function warnings({ problems }: AutoscalerState): Statement | undefined {
  if (problems.length === 0) return undefined;
  return { status: "True", reason: "AcceptedWithWarnings", message: problems.map(problemText).join("; ") };
}

/** Ready is what `kubectl get` shows: nothing that it goes by can be read. */
function unreadNote({ autoscaler, signals }: AutoscalerState): Statement | undefined {
  if (autoscaler === undefined || autoscaler.mode === "Paused") return undefined;
  const unreadable = unreadableSignals(autoscaler, signals);
  if (unreadable.length === 0 || unreadable.length < autoscaler.signals.length) return undefined;
  return unreadableStatement(autoscaler, unreadable);
}

function unreadableSignals(autoscaler: Autoscaler, signals: AutoscalerState["signals"]): readonly NamedState[] {
  const states = autoscaler.signals.map(({ name }): NamedState => [name, signals[name] ?? {}]);
  return states.filter(([, state]) => state.failure !== undefined);
}

function scalingActive(state: AutoscalerState, obstacle: Statement | undefined): Statement {
  const { autoscaler, signals, decision, refusedFor } = state;
  // Sources are read all the same while the workload is missing or cannot be seen.
  if (autoscaler !== undefined && refusedFor === undefined && autoscaler.mode !== "Paused") {
    const unreadable = unreadableSignals(autoscaler, signals);
    if (unreadable.length > 0) return unreadableStatement(autoscaler, unreadable);
  }
  if (obstacle !== undefined || autoscaler === undefined) {
    const because = obstacle === undefined ? "" : `, as ${obstacle.message}`;
    return { status: "False", reason: "NotReady", message: `nothing is scaled${because}` };
  }
  if (autoscaler.mode === "Paused")
    return { status: "False", reason: "ScalingDisabled", message: "the autoscaler is paused" };
  const untrusted = decision?.signals.find(({ trust }) => trust === "stale" || trust === "implausible");
  if (untrusted !== undefined) return distrust(untrusted, signals[untrusted.name]);
  const readings = autoscaler.signals.map(({ name }) => [name, signals[name]?.reading] as const);
  if (decision === undefined || readings.some(([, reading]) => reading === undefined)) {
    return { status: "Unknown", reason: "NotReadYet", message: "the first reading has not come yet" };
  }
  const doubts = readings.flatMap(([name, reading]) =>
    (reading?.doubts ?? []).map((doubt) => `${name}: ${doubt.kind}: ${doubt.message}`),
  );
  if (doubts.length > 0) return { status: "True", reason: "PartlyReadable", message: doubts.join("; ") };
  return {
    status: "True",
    reason: "ValidMetricFound",
    message: "every signal can be read",
  };
}

/** Also after the workload has vanished, and after any decision. */
const NO_DECISION = "nothing has been decided for the workload as it is now";

function scalingLimited(decision: Decision | undefined): Statement {
  if (decision === undefined) return { status: "False", reason: "NoDecisionYet", message: NO_DECISION };
  if (decision.limited !== undefined) return { status: "True", ...decision.limited };
  return { status: "False", reason: "DesiredWithinRange", message: "no limit holds the desired number" };
}

function fallbackActive(decision: Decision | undefined): Condition {
  const type = "FallbackActive";
  if (decision === undefined) {
    return { type, status: "Unknown", reason: "NoDecisionYet", message: NO_DECISION };
  }
  const { fallback } = decision;
  if (fallback === undefined) {
    return { type, status: "False", reason: "SignalsDecide", message: "the number comes from the signals" };
  }
  return { type, status: "True", reason: "FallbackInForce", message: fallbackInWords(fallback), since: fallback.since };
}

function distrust({ name, trust, ageSeconds }: SignalVerdict, state: SignalState | undefined): Statement {
  if (trust === "stale") {
    const message = `${name}: the newest reading is ${ageSeconds} s old, too old to scale down on`;
    return { status: "False", reason: "ReadingStale", message };
  }
  const value = state?.reading?.value;
  // biome-ignore lint/style/noRestrictedGlobals: it writes down a time that was handed in
  const at = new Date(state?.reading?.at ?? Number.NaN);
  const dated = Number.isNaN(at.getTime()) ? "without a date" : `dated ${at.toISOString()}`;
  return {
    status: "False",
    reason: "ReadingImplausible",
    message: `${name}: a value of ${value} ${dated} cannot be right`,
  };
}

/** Messages are counted in a queue; everything else that is measured is a metric. */
function unreadableStatement({ signals }: Autoscaler, unreadable: readonly NamedState[]): Statement {
  const names = unreadable.map(([name]) => name);
  const areQueues = signals.every(({ name, rule }) => !names.includes(name) || rule.kind === "backlog");
  const reason = areQueues ? "QueueUnreadable" : "MetricUnreadable";
  return { status: "False", reason, message: unreadable.map(failureText).join("; ") };
}

function failureText([name, { failure }]: NamedState): string {
  return `${name}: ${failure?.kind}: ${failure?.message}`;
}

function named({ origin }: Autoscaler): string {
  return `${origin.kind} ${origin.file ?? `${origin.namespace}/${origin.name}`}`;
}

/** Of what came from a file, with its place there. */
function problemText({ path, message, remedy, line, column }: Problem): string {
  const about = `${line === undefined ? "" : `line ${line}:${column}: `}${path === "" ? "" : `${path}: `}`;
  return `${about}${message}${remedy === undefined ? "" : ` (${remedy})`}`;
}
