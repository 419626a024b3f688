import * as z from "zod";
import type { Problem } from "../../core/index.ts";
import { withoutNulls } from "../field-schemas.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { problem, schemaProblems } from "../problems.ts";
import { list, record, toText } from "../stored.ts";
import { type Draft, type Note, notesOf, type SignalDraft } from "./draft.ts";
import { convertTriggers, triggerSchema } from "./keda-triggers.ts";
import { isSwitchedOn } from "./trigger.ts";

const count = z.int().min(0);
const fields = z.record(z.string(), z.unknown());
const specSchema = z.object({
  jobTargetRef: fields,
  pollingInterval: z.int().min(1).optional(),
  successfulJobsHistoryLimit: count.default(100),
  failedJobsHistoryLimit: count.default(100),
  rolloutStrategy: z.string().optional(),
  rollout: z.object({ strategy: z.string().optional() }).default({}),
  envSourceContainerName: z.string().optional(),
  minReplicaCount: count.default(0),
  maxReplicaCount: z.int().min(1).optional(),
  scalingStrategy: z
    .object({
      strategy: z.enum(["default", "custom", "accurate", "eager"]).default("default"),
      customScalingQueueLengthDeduction: z.int().optional(),
      customScalingRunningJobPercentage: z
        .union([z.string(), z.number()], "expected a text")
        .transform(String)
        .optional(),
      pendingPodConditions: z.array(z.string()).default([]),
      multipleScalersCalculation: z.enum(["min", "avg", "sum", "max"]).default("max"),
    })
    .prefault({}),
  triggers: z.array(triggerSchema).min(1),
});
type ScaledJobSpec = z.output<typeof specSchema>;

const STRATEGY = "spec.scalingStrategy";
const ORIGINS: Draft["origins"] = [
  ["metadata.name", "metadata.name"],
  ["spec.minReplicas", "spec.minReplicaCount"],
  ["spec.maxReplicas", "spec.maxReplicaCount"],
  ["spec.pollIntervalSeconds", "spec.pollingInterval"],
  ["spec.jobs.successfulJobsHistoryLimit", "spec.successfulJobsHistoryLimit"],
  ["spec.jobs.failedJobsHistoryLimit", "spec.failedJobsHistoryLimit"],
  ["spec.jobs.custom.runningJobPercentage", `${STRATEGY}.customScalingRunningJobPercentage`],
  ["spec.jobs.custom.queueLengthDeduction", `${STRATEGY}.customScalingQueueLengthDeduction`],
  ["spec.jobs", STRATEGY],
  ["spec.jobTemplate.spec", "spec.jobTargetRef"],
  ["spec.signals", "spec.triggers"],
];

/** Whether a ScaledObject is what a ScaledJob is now: one of KEDA 1 that creates Jobs. */
export function createsJobs({ spec }: KubernetesObject): boolean {
  return (spec as { scaleType?: unknown } | null | undefined)?.scaleType === "job";
}

/** A KEDA ScaledJob, of whose triggers we have the source. */
export function fromScaledJob(object: KubernetesObject, authentications: readonly KubernetesObject[] = []): Draft {
  const stated = withoutNulls(object.spec) ?? {};
  const parsed = specSchema.safeParse(stated);
  const { name = "", namespace } = (object.metadata ?? {}) as { name?: string; namespace?: string };
  if (!parsed.success) {
    const problems = schemaProblems(parsed.error, stated, { under: ["spec"] });
    return { name, namespace, spec: {}, notes: [], problems };
  }
  const spec = parsed.data;
  const { containers } = record(record(spec.jobTargetRef.template).spec);
  const environment = () => ({ containers: list(containers), named: spec.envSourceContainerName });
  const known = { namespace, among: authentications, environment };
  const {
    signals,
    origins,
    problems: unconverted,
  } = convertTriggers(spec.triggers, () => `${name}-credentials`, known);
  const whole = signals.map(ofJobs);
  const jobTemplate = templateOf(object, spec);
  const strategy = strategyOf(spec);
  const bounds = boundsOf(spec);
  return {
    ...{ name, namespace },
    spec: {
      jobTemplate: jobTemplate.template,
      jobs: { ...strategy.jobs, ...bounds.jobs },
      ...bounds.spec,
      ...(spec.pollingInterval === undefined ? {} : { pollIntervalSeconds: spec.pollingInterval }),
      signals: whole.map(({ signal }) => signal),
      ...(isPaused(object) ? { mode: "Paused" } : {}),
    },
    notes: [...remarks(object, spec), ...bounds.notes, ...strategy.notes, ...jobTemplate.notes, ...notesOf(whole)],
    problems: [
      ...strategy.problems,
      ...(signals.length === 0 ? unconverted.map((one): Problem => ({ ...one, severity: "error" })) : []),
    ],
    leftOut: signals.length === 0 ? [] : unconverted,
    origins: [...origins, ...(ORIGINS ?? [])],
  };
}

/** A trigger at or below its activation value asks for no Job, and the present Jobs are no number to stay at. */
function ofJobs(draft: SignalDraft): SignalDraft {
  const { activeAbove, perReplica, ...signal } = draft.signal;
  if (perReplica === undefined) return { ...draft, signal };
  const activation = activeAbove === undefined ? {} : { activationValue: activeAbove };
  return { ...draft, signal: { ...signal, perReplica: { ...(perReplica as object), ...activation } } };
}

/** KEDA counts minReplicaCount Jobs for nothing, and creates the others beside them. */
function boundsOf({ minReplicaCount: min, maxReplicaCount: max }: ScaledJobSpec) {
  const maxReplicas = max ?? 100 + min;
  const notes: Note[] = [];
  if (max === undefined && min > 0) {
    const text = "KEDA's 100, beside the Jobs of minReplicaCount";
    notes.push({ path: ["spec", "maxReplicas"], text });
  }
  if (min === 0) return { spec: { minReplicas: 0, maxReplicas }, jobs: {}, notes };
  if (min < maxReplicas) return { spec: { minReplicas: min, maxReplicas }, jobs: { spareJobs: min }, notes };
  if (min > maxReplicas) {
    const text = `minReplicaCount was ${min}, which KEDA lowers to maxReplicaCount`;
    notes.push({ path: ["spec", "minReplicas"], text });
  }
  return { spec: { minReplicas: maxReplicas, maxReplicas }, jobs: {}, notes };
}

/** What a pod that is ready has in any case. */
const READY: ReadonlySet<string> = new Set(["Ready", "ContainersReady", "Initialized", "PodScheduled"]);

function strategyOf(spec: ScaledJobSpec): {
  readonly jobs: Readonly<Record<string, unknown>>;
  readonly notes: readonly Note[];
  readonly problems: readonly Problem[];
} {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit, scalingStrategy, triggers } = spec;
  const { strategy, pendingPodConditions, multipleScalersCalculation: calculation } = scalingStrategy;
  const notes: Note[] = [];
  const problems: Problem[] = [];
  const limits = { successfulJobsHistoryLimit, failedJobsHistoryLimit };
  if (triggers.length > 1 && calculation !== "max") {
    const message = `expected max, got ${calculation}: of several signals the one that asks for the most Jobs wins here`;
    const path = `${STRATEGY}.multipleScalersCalculation`;
    problems.push(problem(path, message, "write an object for each trigger, with a part of maxReplicaCount each"));
  } else if (triggers.length > 1) {
    const text =
      "of several signals the one that asks for the most Jobs wins; KEDA takes the one with the longest queue";
    notes.push({ path: ["spec", "signals"], text });
  }
  const isUsed = strategy === "accurate" || strategy === "eager";
  const isReady = pendingPodConditions.includes("Ready") && pendingPodConditions.every((one) => READY.has(one));
  if (isUsed && pendingPodConditions.length > 0 && !isReady) {
    const message = `expected Ready, or nothing, got ${pendingPodConditions.join(", ")}: a Job is pending here until a pod of it is ready`;
    problems.push(problem(`${STRATEGY}.pendingPodConditions`, message, "leave pendingPodConditions out"));
  }
  const custom = strategy === "custom" ? customOf(scalingStrategy) : undefined;
  const kinds = { default: "Default", accurate: "Accurate", eager: "Eager", custom: "Custom" };
  if (custom === undefined) return { jobs: { strategy: kinds[strategy], ...limits }, notes, problems };
  if ("problem" in custom) return { jobs: limits, notes, problems: [...problems, custom.problem] };
  return { jobs: { ...custom.jobs, ...limits }, notes: [...notes, ...custom.notes], problems };
}

function customOf({
  customScalingQueueLengthDeduction: deduction = 0,
  customScalingRunningJobPercentage: percentage = "",
}: ScaledJobSpec["scalingStrategy"]):
  | { readonly jobs: object; readonly notes: readonly Note[] }
  | { readonly problem: Problem } {
  const runningJobPercentage = percentage.trim() === "" ? Number.NaN : Number(percentage);
  if (Number.isNaN(runningJobPercentage)) {
    const text = `customScalingRunningJobPercentage was ${JSON.stringify(percentage)}, which is no number: KEDA takes the default strategy then`;
    return { jobs: { strategy: "Default" }, notes: [{ path: ["spec", "jobs", "strategy"], text }] };
  }
  if (deduction < 0) {
    const message = `expected 0 or more, got ${deduction}: no Jobs are created for messages that are not there`;
    return { problem: problem(`${STRATEGY}.customScalingQueueLengthDeduction`, message) };
  }
  const custom = { queueLengthDeduction: deduction, runningJobPercentage };
  const text = "KEDA may create more Jobs than maxReplicaCount by this strategy; here maxReplicas is kept to";
  return { jobs: { strategy: "Custom", custom }, notes: [{ path: ["spec", "jobs", "strategy"], text }] };
}

type Texts = Readonly<Record<string, string>>;

interface PodTemplate {
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** KEDA gives the Jobs the ScaledJob's labels and annotations, and OnFailure where no restartPolicy is stated. */
function templateOf({ metadata }: KubernetesObject, { jobTargetRef }: ScaledJobSpec) {
  const { labels = {}, annotations = {} } = (metadata ?? {}) as { labels?: Texts; annotations?: Texts };
  const excluded = new Set((annotations[EXCLUDED] ?? "").split(","));
  const kept = Object.fromEntries(Object.entries(labels).filter(([label]) => !excluded.has(label)));
  const told = Object.fromEntries(Object.entries(annotations).filter(([name]) => !OF_OTHERS.test(name)));
  const both = {
    ...(Object.keys(kept).length > 0 && { labels: kept }),
    ...(Object.keys(told).length > 0 && { annotations: told }),
  };
  const pod = (jobTargetRef.template ?? {}) as PodTemplate;
  const isStated = pod.spec === undefined || pod.spec.restartPolicy !== undefined;
  const template = isStated ? pod : { ...pod, spec: { ...pod.spec, restartPolicy: "OnFailure" } };
  const path = ["spec", "jobTemplate", "spec", "template", "spec", "restartPolicy"];
  return {
    template: {
      ...(Object.keys(both).length > 0 && { metadata: both }),
      spec: { ...jobTargetRef, ...(jobTargetRef.template !== undefined && { template }) },
    },
    notes: isStated ? [] : [{ path, text: "KEDA's own, where none is stated" }],
  };
}

const EXCLUDED = "scaledjob.keda.sh/job-excluded-labels";
const PAUSED = "autoscaling.keda.sh/paused";
const OF_OTHERS = /^(?:autoscaling|scaledjob)\.keda\.sh\/|^kubectl\.kubernetes\.io\//;

function isPaused({ metadata }: KubernetesObject): boolean {
  const { annotations = {} } = (metadata ?? {}) as { annotations?: Readonly<Record<string, unknown>> };
  const said = annotations[PAUSED];
  return isSwitchedOn(said === undefined || said === null ? undefined : toText(said));
}

function remarks(object: KubernetesObject, { rollout, rolloutStrategy }: ScaledJobSpec): readonly Note[] {
  const notes: Note[] = [];
  if ((rolloutStrategy ?? rollout.strategy) !== "gradual") {
    const text =
      "a change of this leaves the Jobs that run alone, as rollout.strategy: gradual does; KEDA ends them otherwise";
    notes.push({ path: ["spec", "jobTemplate"], text });
  }
  if (isPaused(object)) {
    notes.push({ path: ["spec", "mode"], text: "the ScaledJob is paused: Active sets it going" });
  }
  return notes;
}
