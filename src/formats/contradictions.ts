import type { Problem } from "../core/index.ts";
import { SOURCES } from "../sources/registry.generated.ts";
import type { SourceType } from "../sources/shared/source.ts";
import { parseMaxDisruption } from "./field-schemas.ts";
import { problem, warning } from "./problems.ts";
import { cronProblem, timeZoneProblem } from "./schedule.ts";
import type { WorkerAutoscalerSignal, WorkerAutoscalerSpec } from "./worker-autoscaler-schema.ts";

/** What no schema can see: fields of a WorkerAutoscaler that do not fit together. */
export function* findContradictions(spec: WorkerAutoscalerSpec): Iterable<Problem> {
  yield* boundsProblems(spec, spec, "spec");
  const names = spec.signals.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    const message = `expected a name of its own, got ${JSON.stringify(name)} again`;
    yield problem(`spec.signals[${index}].name`, message);
  }
  yield* fallbackProblems(spec);
  yield* behaviorProblems(spec);
  yield* maxDisruptionProblems(spec.maxDisruption);
  yield* scaleToZeroProblems(spec);
  for (const [index, signal] of spec.signals.entries()) {
    const path = `spec.signals[${index}]`;
    yield* thousandthsProblems(signal, `${path}.perReplica.value`);
    yield* drainProblems(signal, `${path}.drain`);
    yield* emptyWindow(signal.source.cron ?? {}, `${path}.source.cron`, "never");
  }
  for (const [index, window] of (spec.schedule ?? []).entries()) {
    yield* emptyWindow(window, `spec.schedule[${index}]`, "always");
    yield* windowProblems(window, spec, `spec.schedule[${index}]`);
  }
}

interface Bounds {
  readonly minReplicas?: number | undefined;
  readonly maxReplicas?: number | undefined;
}

function* boundsProblems(bounds: Bounds, spec: WorkerAutoscalerSpec, path: string): Iterable<Problem> {
  const { minReplicas = spec.minReplicas, maxReplicas = spec.maxReplicas } = bounds;
  if (minReplicas <= maxReplicas) return;
  const message = `expected at most maxReplicas (${maxReplicas}), got ${minReplicas}`;
  yield problem(`${path}.minReplicas`, message, "make minReplicas the smaller one");
}

function* fallbackProblems({ fallback, signals }: WorkerAutoscalerSpec): Iterable<Problem> {
  const users = signals.flatMap(({ whenMissing }, index) => (whenMissing === "Fallback" ? [index] : []));
  if (fallback !== undefined && users.length === 0) {
    const message = "expected a signal with whenMissing: Fallback, got none: the fallback has no effect";
    yield warning("spec.fallback", message);
  }
  if (fallback !== undefined) return;
  for (const index of users) {
    const message = "expected spec.fallback beside whenMissing: Fallback, got nothing";
    yield problem(`spec.signals[${index}].whenMissing`, message, "write spec.fallback, or whenMissing: Hold");
  }
}

function* behaviorProblems({ behavior, signals }: WorkerAutoscalerSpec): Iterable<Problem> {
  for (const direction of ["scaleUp", "scaleDown"] as const) {
    const path = `spec.behavior.${direction}`;
    const stated = behavior?.[direction];
    if (stated === undefined) continue;
    if (behavior?.algorithm === "AutoscalingV1") {
      const message = "expected nothing beside algorithm: AutoscalingV1, which has limits of its own";
      yield problem(path, message, `leave out ${direction}, or algorithm`);
    } else if (stated.tolerance !== undefined && signals.every(({ perReplica }) => perReplica === undefined)) {
      const message = "expected a signal with a perReplica rule, got none: this tolerance has no effect";
      yield warning(`${path}.tolerance`, message);
    }
  }
}

/** A share above 100 % limits nothing, as with WPA, which accepts it. */
export function* maxDisruptionProblems(text: string | null | undefined): Iterable<Problem> {
  const stated = text ? parseMaxDisruption(text) : undefined;
  if (stated === undefined || "count" in stated || stated.percent <= 100) return;
  const message = `expected at most "100%", got ${JSON.stringify(text)}, which limits nothing`;
  yield warning("spec.maxDisruption", message, 'write "100%", or leave it out');
}

function* scaleToZeroProblems(spec: WorkerAutoscalerSpec): Iterable<Problem> {
  const { scaleToZero, minReplicas, maxReplicas, signals } = spec;
  if (scaleToZero === undefined) {
    for (const [index, { activeAbove }] of signals.entries()) {
      if (activeAbove === undefined) continue;
      const message = "expected spec.scaleToZero beside activeAbove, got nothing: activeAbove has no effect";
      yield warning(`spec.signals[${index}].activeAbove`, message);
    }
  } else if (scaleToZero.activeReplicas > maxReplicas) {
    const message = `expected at most maxReplicas (${maxReplicas}), got ${scaleToZero.activeReplicas}`;
    yield problem("spec.scaleToZero.activeReplicas", message);
  } else if (minReplicas > 0) {
    const message = `expected minReplicas 0 beside scaleToZero, got ${minReplicas}: scaleToZero has no effect`;
    yield warning("spec.scaleToZero", message);
  }
}

/** HPA calculates in whole thousandths. */
function* thousandthsProblems({ perReplica }: WorkerAutoscalerSignal, path: string): Iterable<Problem> {
  const value = perReplica?.value ?? 1;
  const thousandths = Math.ceil(Number((value * 1000).toPrecision(12))) / 1000;
  if (Math.abs(thousandths - value) <= value * 1e-9) return;
  const message = `expected whole thousandths, got ${value}: it counts as ${thousandths}, as it would for a HorizontalPodAutoscaler`;
  yield warning(path, message, "give the value and the query in a smaller unit");
}

function* drainProblems({ drain, source }: WorkerAutoscalerSignal, path: string): Iterable<Problem> {
  if (drain === undefined) return;
  const type = SOURCES.find((one) => one.type in source);
  if (drain.secondsPerMessage === undefined && type !== undefined && !countsFlow(type, source[type.type] ?? {})) {
    const without = typeof type.countsFlow === "string" ? ` without ${type.countsFlow}` : "";
    const message = `expected the seconds that a message takes, got nothing: ${type.type} does not count finished messages${without}, so it cannot be learned`;
    const remedy = "write secondsPerMessage: how long a worker takes over one message, on average";
    yield problem(`${path}.secondsPerMessage`, message, remedy);
  }
  if ((drain.forecast ?? "Off") !== "Off" && type !== undefined && !countsAtOnce(type, source[type.type] ?? {})) {
    const message = `expected a source that counts arrivals, got ${type.type}, which does not count them at each poll: the forecast has no effect`;
    yield warning(`${path}.forecast`, message, "leave out forecast");
  }
  const field = drain.objective === undefined ? "withinSeconds" : "objective.withinSeconds";
  const withinSeconds = drain.objective?.withinSeconds ?? drain.withinSeconds ?? drain.startUpSeconds;
  if (withinSeconds < drain.startUpSeconds) {
    const message = `expected at least startUpSeconds (${drain.startUpSeconds}), got ${withinSeconds}: a message that needs a new replica waits that long in any case`;
    yield warning(`${path}.${field}`, message, "make withinSeconds greater, or keep replicas ready by minReplicas");
  }
}

function countsFlow({ countsFlow }: SourceType, settings: Readonly<Record<string, unknown>>): boolean {
  return typeof countsFlow === "string" ? settings[countsFlow] !== undefined : countsFlow === true;
}

/** Late counts teach how long a message takes, and not what arrives. */
function countsAtOnce(type: SourceType, settings: Readonly<Record<string, unknown>>): boolean {
  return countsFlow(type, settings) && type.forDrain === undefined;
}

/** A window whose start is its end: as bounds it is always open, as a signal never. */
function* emptyWindow({ start, end }: { start?: unknown; end?: unknown }, path: string, isOpen: string) {
  if (typeof start !== "string" || typeof end !== "string" || start.trim() !== end.trim()) return;
  const message = `expected another time than start, got ${JSON.stringify(end)} too: the window is ${isOpen} open`;
  yield warning(`${path}.end`, message);
}

function* windowProblems(
  window: NonNullable<WorkerAutoscalerSpec["schedule"]>[number],
  spec: WorkerAutoscalerSpec,
  path: string,
): Iterable<Problem> {
  const { start, end, durationSeconds, timeZone } = window;
  yield* boundsProblems(window, spec, path);
  if ((end === undefined) === (durationSeconds === undefined)) {
    yield problem(path, `expected either end or durationSeconds, got ${end === undefined ? "neither" : "both"}`);
  }
  const wrong = {
    timeZone: timeZoneProblem(timeZone),
    start: cronProblem(start),
    end: end === undefined ? undefined : cronProblem(end),
  };
  for (const [field, message] of Object.entries(wrong)) {
    if (message !== undefined) yield problem(`${path}.${field}`, message);
  }
}
