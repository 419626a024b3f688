import type { Problem } from "../core/index.ts";
import { SOURCES } from "../sources/registry.generated.ts";
import type { SourceType } from "../sources/shared/source.ts";
import { maxDisruptionProblems } from "./field-schemas.ts";
import { cronProblem, timeZoneProblem } from "./schedule.ts";
import type { WorkerAutoscalerSignal, WorkerAutoscalerSpec } from "./worker-autoscaler-schema.ts";

type Window = NonNullable<WorkerAutoscalerSpec["schedule"]>[number];

/** What no schema can see: fields that do not fit together. */
export function contradictions(spec: WorkerAutoscalerSpec): readonly Problem[] {
  return [
    ...boundsProblems(spec, spec, "spec"),
    ...sameNames(spec.signals.map(({ name }) => name)),
    ...fallbackProblems(spec),
    ...behaviorProblems(spec),
    ...maxDisruptionProblems(spec.maxDisruption),
    ...scaleToZeroProblems(spec),
    ...spec.signals.flatMap((signal, index) => sharedProblems(signal, `spec.signals[${index}].perReplica`)),
    ...spec.signals.flatMap((signal, index) => drainProblems(signal, `spec.signals[${index}].drain`)),
    ...spec.signals.flatMap(({ source }, index) =>
      emptyWindow(source.cron ?? {}, `spec.signals[${index}].source.cron`, "never"),
    ),
    ...(spec.schedule ?? []).flatMap((window, index) => emptyWindow(window, `spec.schedule[${index}]`, "always")),
    ...(spec.schedule ?? []).flatMap((window, index) => windowProblems(window, spec, `spec.schedule[${index}]`)),
  ];
}

interface Bounds {
  readonly minReplicas?: number | undefined;
  readonly maxReplicas?: number | undefined;
}

function boundsProblems(bounds: Bounds, spec: WorkerAutoscalerSpec, path: string): readonly Problem[] {
  const { minReplicas = spec.minReplicas, maxReplicas = spec.maxReplicas } = bounds;
  if (minReplicas <= maxReplicas) return [];
  const message = `expected at most maxReplicas (${maxReplicas}), got ${minReplicas}`;
  return [{ path: `${path}.minReplicas`, message, remedy: "make minReplicas the smaller one" }];
}

function sameNames(names: readonly string[]): readonly Problem[] {
  return names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [
          {
            path: `spec.signals[${index}].name`,
            message: `expected a name of its own, got ${JSON.stringify(name)} again`,
          },
        ],
  );
}

function fallbackProblems({ fallback, signals }: WorkerAutoscalerSpec): readonly Problem[] {
  const users = signals.flatMap(({ whenMissing }, index) => (whenMissing === "Fallback" ? [index] : []));
  if (fallback === undefined) {
    return users.map((index) => ({
      path: `spec.signals[${index}].whenMissing`,
      message: "expected spec.fallback beside whenMissing: Fallback, got nothing",
      remedy: "write spec.fallback, or whenMissing: Hold",
    }));
  }
  if (users.length > 0) return [];
  const message = "expected a signal with whenMissing: Fallback, got none: the fallback has no effect";
  return [{ path: "spec.fallback", message, severity: "warning" }];
}

function behaviorProblems({ behavior, signals }: WorkerAutoscalerSpec): readonly Problem[] {
  const isOlder = behavior?.algorithm === "AutoscalingV1";
  const areShared = signals.some(({ perReplica }) => perReplica !== undefined);
  return (["scaleUp", "scaleDown"] as const).flatMap((direction): readonly Problem[] => {
    const path = `spec.behavior.${direction}`;
    const stated = behavior?.[direction];
    if (stated === undefined) return [];
    if (isOlder) {
      const message = "expected nothing beside algorithm: AutoscalingV1, which has limits of its own";
      return [{ path, message, remedy: `leave out ${direction}, or algorithm` }];
    }
    if (stated.tolerance === undefined || areShared) return [];
    const message = "expected a signal with a perReplica rule, got none: this tolerance has no effect";
    return [{ path: `${path}.tolerance`, message, severity: "warning" }];
  });
}

function scaleToZeroProblems({
  scaleToZero,
  minReplicas,
  maxReplicas,
  signals,
}: WorkerAutoscalerSpec): readonly Problem[] {
  if (scaleToZero === undefined) {
    return signals.flatMap(({ activeAbove }, index) =>
      activeAbove === undefined
        ? []
        : [
            {
              path: `spec.signals[${index}].activeAbove`,
              message: "expected spec.scaleToZero beside activeAbove, got nothing: activeAbove has no effect",
              severity: "warning",
            },
          ],
    );
  }
  if (scaleToZero.activeReplicas > maxReplicas) {
    const message = `expected at most maxReplicas (${maxReplicas}), got ${scaleToZero.activeReplicas}`;
    return [{ path: "spec.scaleToZero.activeReplicas", message }];
  }
  if (minReplicas === 0) return [];
  const message = `expected minReplicas 0 beside scaleToZero, got ${minReplicas}: scaleToZero has no effect`;
  return [{ path: "spec.scaleToZero", message, severity: "warning" }];
}

/** HPA reckons in whole thousandths. */
function sharedProblems({ perReplica }: WorkerAutoscalerSignal, path: string): readonly Problem[] {
  const value = perReplica?.value ?? 1;
  const thousandths = Math.ceil(Number((value * 1000).toPrecision(12))) / 1000;
  if (Math.abs(thousandths - value) <= value * 1e-9) return [];
  const message = `expected whole thousandths, got ${value}: it counts as ${thousandths}, as it would for a HorizontalPodAutoscaler`;
  return [
    { path: `${path}.value`, message, remedy: "give the value and the query in a smaller unit", severity: "warning" },
  ];
}

function drainProblems({ drain, source }: WorkerAutoscalerSignal, path: string): readonly Problem[] {
  if (drain === undefined) return [];
  const problems: Problem[] = [];
  const type = SOURCES.find((one) => one.type in source);
  if (drain.secondsPerMessage === undefined && type !== undefined && !countsFlow(type, source[type.type] ?? {})) {
    problems.push({
      path: `${path}.secondsPerMessage`,
      message: `expected the seconds that a message takes, got nothing: ${type.type} does not count finished messages${within(type)}, so it cannot be learned`,
      remedy: "write secondsPerMessage: how long a worker takes over one message, on average",
    });
  }
  if (drain.withinSeconds < drain.startUpSeconds) {
    problems.push({
      path: `${path}.withinSeconds`,
      message: `expected at least startUpSeconds (${drain.startUpSeconds}), got ${drain.withinSeconds}: a message that needs a new replica waits that long in any case`,
      remedy: "make withinSeconds greater, or keep replicas ready by minReplicas",
      severity: "warning",
    });
  }
  return problems;
}

function countsFlow({ countsFlow }: SourceType, settings: Readonly<Record<string, unknown>>): boolean {
  return typeof countsFlow === "string" ? settings[countsFlow] !== undefined : countsFlow === true;
}

function within({ countsFlow }: SourceType): string {
  return typeof countsFlow === "string" ? ` without ${countsFlow}` : "";
}

/** A window whose start is its end: as bounds it is always open, as a signal never. */
function emptyWindow(
  { start, end }: { start?: unknown; end?: unknown },
  path: string,
  isOpen: string,
): readonly Problem[] {
  if (typeof start !== "string" || typeof end !== "string" || start.trim() !== end.trim()) return [];
  const message = `expected another time than start, got ${JSON.stringify(end)} too: the window is ${isOpen} open`;
  return [{ path: `${path}.end`, message, severity: "warning" }];
}

function windowProblems(window: Window, spec: WorkerAutoscalerSpec, path: string): readonly Problem[] {
  const { start, end, durationSeconds, timeZone } = window;
  const problems: Problem[] = [...boundsProblems(window, spec, path)];
  if ((end === undefined) === (durationSeconds === undefined)) {
    problems.push({
      path,
      message: `expected either end or durationSeconds, got ${end === undefined ? "neither" : "both"}`,
    });
  }
  const zone = timeZoneProblem(timeZone);
  if (zone !== undefined) problems.push({ path: `${path}.timeZone`, message: zone });
  for (const [field, expression] of Object.entries({ start, end })) {
    const message = expression === undefined ? undefined : cronProblem(expression);
    if (message !== undefined) problems.push({ path: `${path}.${field}`, message });
  }
  return problems;
}
