import * as z from "zod";
import type {
  Autoscaler,
  Origin,
  Parsed,
  Problem,
  ScalingRules,
  Signal,
  SignalRule,
  SourceReference,
} from "../core/index.ts";
import { SOURCES } from "../sources/registry.generated.ts";
import type { SourceType } from "../sources/shared/source.ts";
import { consumerSources, readBusyWorkers } from "./busy-workers.ts";
import { findContradictions } from "./contradictions.ts";
import { type JsonSchema, jsonSchemaOf, parseMaxDisruption, withoutUndefined } from "./field-schemas.ts";
import { jobProblems, jobSizing, ruleForJobs } from "./job-template.ts";
import { idOf, type KubernetesObject, readObject, reportedReplicas } from "./kubernetes-object.ts";
import { isError, problem, sizeProblems } from "./problems.ts";
import {
  type SecretLookup,
  type SecretReference,
  secretReferences,
  sourceFrom,
  statedSettings,
} from "./source-settings.ts";
import { restoreMemory } from "./status.ts";
import {
  anySource,
  type WorkerAutoscalerSignal,
  type WorkerAutoscalerSpec,
  workerAutoscalerSpec,
} from "./worker-autoscaler-schema.ts";

/** The kind, as stored objects spell it. */
export const WORKER_AUTOSCALER = "WorkerAutoscaler";
export const WORKER_AUTOSCALER_API_VERSION = "muster.dev/v1alpha1";

/** What a WorkerAutoscaler needs besides itself. */
interface WorkerAutoscalerContext {
  /** Keys of Secrets in the object's namespace. Left out: there are none. */
  readonly secrets?: SecretLookup;
}

/** Seconds. */
const COOL_DOWN = 300;
const DRAIN_COOL_DOWN = 60;

const SCHEMA = workerAutoscalerSpec(anySource, anySource);

/** The `spec` with every source's own settings spelled out: what the CRD says. */
export function workerAutoscalerFullSpec() {
  const settings = (types: readonly SourceType[]) =>
    z.object(Object.fromEntries(types.map((type) => [type.type, statedSettings(type).optional()] as const)));
  return workerAutoscalerSpec(settings(SOURCES), settings(consumerSources(SOURCES)));
}

let shape: JsonSchema | undefined;

/** The same as JSON Schema: which fields there are. Made when first asked for, as it takes its time. */
function workerAutoscalerShape(): JsonSchema {
  shape ??= jsonSchemaOf(workerAutoscalerFullSpec());
  return shape;
}

/** Makes an autoscaler of a WorkerAutoscaler object, or reports all that is wrong with it. */
export function parseWorkerAutoscaler(
  object: KubernetesObject,
  { secrets = () => ({ reason: "SecretMissing" }) }: WorkerAutoscalerContext = {},
  sources: readonly SourceType[] = SOURCES,
): Parsed {
  const read = readObject(object, {
    kind: WORKER_AUTOSCALER,
    apiVersion: WORKER_AUTOSCALER_API_VERSION,
    schema: SCHEMA,
    shape: workerAutoscalerShape,
    // A source checks its settings itself.
    isElsewhere: (path) => path.includes("source") || path[1] === "jobTemplate",
  });
  const { id, origin, spec } = read;
  if (spec === undefined) return { id, origin, problems: read.problems };
  const problems = [...read.problems];
  const signals = spec.signals.flatMap((stated, index) => {
    const source = sourceFrom(stated.source, ["spec", "signals", index, "source"], sources, secrets);
    const rule = signalRule(stated, `spec.signals[${index}]`, spec.jobTemplate && spec);
    if ("problems" in source) problems.push(...source.problems);
    if ("problem" in rule) problems.push(rule.problem);
    return "problems" in source || "problem" in rule ? [] : [signalOf(stated, source.source, rule.rule, sources)];
  });
  const workers = readBusyWorkers(spec.busyWorkers, ["spec", "busyWorkers"], sources, secrets);
  problems.push(...workers.problems, ...findContradictions(spec), ...jobProblems(spec, origin.name));
  if (problems.some(isError)) return { id, origin, problems };
  const { busyWorkers } = workers;
  const stated = autoscalerOf(spec, signals, origin);
  const autoscaler = busyWorkers === undefined ? stated : { ...stated, busyWorkers };
  const memory = restoreMemory(object.status);
  return { autoscaler, memory, ...reportedReplicas(object.status, "currentReplicas"), problems };
}

/** The Secret keys that an object refers to, so that they can be watched with it. */
export function secretsOf({ spec }: KubernetesObject): readonly SecretReference[] {
  if (sizeProblems(spec).length > 0) return [];
  const parsed = SCHEMA.safeParse(spec);
  if (!parsed.success) return [];
  const { signals, busyWorkers } = parsed.data;
  const sources = [...signals.map(({ source }) => source), busyWorkers?.source ?? {}];
  return sources.flatMap((source) => Object.values(source).flatMap(secretReferences));
}

function signalOf(
  { name, freshnessSeconds, whenMissing, emptyValue, activeAbove }: WorkerAutoscalerSignal,
  { type, settings }: SourceReference,
  rule: SignalRule,
  sources: readonly SourceType[],
): Signal {
  const added = rule.kind === "drain" ? sources.find((one) => one.type === type)?.forDrain : undefined;
  return {
    name: asKey(name),
    source: { type, settings: { ...settings, ...added } },
    rule,
    freshnessSeconds,
    whenMissing,
    ...(emptyValue !== undefined && { emptyValue }),
    ...(activeAbove !== undefined && { activeAbove }),
  };
}

/** A drain rule counts arrivals and messages in flight, so it needs no long memory of the last peak. */
function usualCoolDown(signals: readonly Signal[]): number {
  return signals.every(({ rule }) => rule.kind === "drain") ? DRAIN_COOL_DOWN : COOL_DOWN;
}

function autoscalerOf(spec: WorkerAutoscalerSpec, signals: readonly Signal[], origin: Origin): Autoscaler {
  const scaleUp = scalingRules("scaleUp", spec.behavior?.scaleUp);
  const scaleDown = scalingRules("scaleDown", spec.behavior?.scaleDown);
  return {
    id: idOf(origin),
    origin,
    ...targetOf(spec, origin),
    minReplicas: spec.minReplicas,
    maxReplicas: spec.maxReplicas,
    signals,
    mode: spec.mode,
    coolDownSeconds: spec.cooldownSeconds ?? usualCoolDown(signals),
    ...(spec.pausedReplicas !== undefined && { pausedReplicas: spec.pausedReplicas }),
    ...(spec.maxDisruption !== undefined && { maxDisruption: parseMaxDisruption(spec.maxDisruption) }),
    ...((scaleUp || scaleDown) && { behavior: { ...(scaleUp && { scaleUp }), ...(scaleDown && { scaleDown }) } }),
    ...(spec.fallback !== undefined && { fallback: spec.fallback }),
    ...(spec.scaleToZero !== undefined && { scaleToZero: spec.scaleToZero }),
    ...(spec.schedule !== undefined && { schedule: spec.schedule.map(withoutUndefined) }),
    ...(spec.pollIntervalSeconds !== undefined && { pollIntervalSeconds: spec.pollIntervalSeconds }),
  };
}

/** What is scaled, and the rules that suit it. */
function targetOf(
  spec: WorkerAutoscalerSpec,
  { namespace, name }: Origin,
): Pick<Autoscaler, "profile" | "target" | "jobs"> {
  const { scaleTargetRef, behavior } = spec;
  if (scaleTargetRef === undefined) {
    const target = { apiVersion: "batch/v1", kind: "Job", namespace, name };
    return { profile: "worker-autoscaler-jobs", target, jobs: jobSizing(spec) };
  }
  const profile = behavior?.algorithm === "AutoscalingV1" ? "worker-autoscaler-v1" : "worker-autoscaler";
  return { profile, target: { ...scaleTargetRef, namespace } };
}

/** The rules that a signal can have; exactly one of them. */
export const SIGNAL_RULES = ["backlog", "throughput", "perReplica", "band", "drain"] as const;

type Stated = Pick<WorkerAutoscalerSignal, (typeof SIGNAL_RULES)[number]>;

type StatedRule = { readonly rule: SignalRule } | { readonly problem: Problem };

/** The rule that a signal states, or what is wrong with it. `ofJobs`: the spec, where it has a jobTemplate. */
function signalRule(stated: Stated, path: string, ofJobs: WorkerAutoscalerSpec | undefined): StatedRule {
  const names = SIGNAL_RULES.filter((name) => stated[name] !== undefined);
  if (names.length === 0 && ofJobs !== undefined) return { rule: ruleForJobs(ofJobs) };
  if (names.length !== 1) {
    const got = names.length === 0 ? "none" : names.join(", ");
    return { problem: problem(path, `expected exactly one rule of ${SIGNAL_RULES.join(", ")}, got ${got}`) };
  }
  const { backlog, throughput, perReplica, band, drain } = stated;
  // Jobs that have not ended are no number to stay at.
  const ofAll = ofJobs === undefined ? {} : { tolerance: 0 };
  if (backlog !== undefined) return { rule: { kind: "backlog", ...withoutUndefined(backlog), ...ofAll } };
  if (throughput !== undefined) return { rule: { kind: "throughput", ...throughput } };
  if (perReplica !== undefined) {
    const { value, ...rest } = perReplica;
    return { rule: { kind: "perReplica", valuePerReplica: value, ...withoutUndefined(rest), ...ofAll } };
  }
  if (drain !== undefined) return drainRule(drain, `${path}.drain`);
  return bandRule(band, `${path}.band`);
}

/** A bare withinSeconds means this share of messages. */
const USUAL_SHARE = 0.99;

function drainRule({ withinSeconds, objective, ...rest }: NonNullable<Stated["drain"]>, path: string): StatedRule {
  const stated = withinSeconds === undefined ? objective : { share: USUAL_SHARE, withinSeconds };
  if (stated === undefined || (withinSeconds !== undefined && objective !== undefined)) {
    const got = stated === undefined ? "neither" : "both";
    return { problem: problem(path, `expected either withinSeconds or objective, got ${got}`) };
  }
  return { rule: { kind: "drain", ...stated, ...withoutUndefined(rest) } };
}

function bandRule(band: Stated["band"], path: string): StatedRule {
  const { low, high, threshold, margin, direction = "HighIsBusy", stepUp = 1, stepDown = 1 } = band ?? {};
  const isRange = low !== undefined && high !== undefined && threshold === undefined && margin === undefined;
  const isMargin = threshold !== undefined && margin !== undefined && low === undefined && high === undefined;
  const ends = isRange ? { low, high } : isMargin ? { low: threshold - margin, high: threshold + margin } : undefined;
  if (ends === undefined) return { problem: problem(path, "expected either low and high or threshold and margin") };
  if (ends.low > ends.high) {
    return { problem: problem(`${path}.low`, `expected at most high (${ends.high}), got ${ends.low}`) };
  }
  return { rule: { kind: "band", ...ends, direction, stepUp, stepDown } };
}

/** autoscaling/v2's defaults for what a stated direction leaves out. */
const DEFAULTS = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    policies: [
      { type: "Percent", value: 100, periodSeconds: 15 },
      { type: "Pods", value: 4, periodSeconds: 15 },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: 300,
    policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
  },
} as const;

/** One direction of `behavior`, complete; undefined where the object says nothing of it: then nothing is limited. */
function scalingRules(
  direction: "scaleUp" | "scaleDown",
  stated: NonNullable<WorkerAutoscalerSpec["behavior"]>["scaleUp"],
): ScalingRules | undefined {
  if (stated === undefined) return undefined;
  return {
    ...(stated.tolerance !== undefined && { tolerance: stated.tolerance }),
    stabilizationWindowSeconds: stated.stabilizationWindowSeconds ?? DEFAULTS[direction].stabilizationWindowSeconds,
    selectPolicy: stated.selectPolicy,
    policies: stated.policies?.length ? stated.policies : DEFAULTS[direction].policies,
  };
}

/**
 * The same text as V8 keeps the names of fields. Memory and readings are looked up by it: code that was compiled for one
 * such name is given up for a text that is only equal, time and again.
 */
function asKey(name: string): string {
  return Object.keys({ [name]: true })[0] ?? name;
}
