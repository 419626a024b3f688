import * as z from "zod";
import type { JobSizing, JobStrategy, Problem, SignalRule } from "../core/index.ts";
import { wholeNumber } from "./field-schemas.ts";
import { problem } from "./problems.ts";

const free = () => z.record(z.string(), z.unknown(), "expected a mapping");
const DAY_SECONDS = 24 * 3600;

/** As much of a batch/v1 JobTemplateSpec as is read here; the API server checks the rest when a Job is created. */
export const jobTemplate = z
  .object({
    kind: z.literal("Job", "expected Job").default("Job").describe("What is created."),
    metadata: free().optional().describe("Labels and annotations of the Jobs."),
    spec: free().describe(
      "The spec of the Jobs, as in a CronJob: template, backoffLimit, activeDeadlineSeconds and so on.",
    ),
  })
  .describe(
    "In place of scaleTargetRef: Jobs are created for what waits, and end by themselves. Replicas are the Jobs that have not ended.",
  );

export const jobs = z
  .object({
    messagesPerJob: wholeNumber(1)
      .default(1)
      .describe("Messages that one Job works on: the rule of signals that state none."),
    strategy: z
      .enum(["Default", "Accurate", "Eager", "Custom"])
      .default("Default")
      .describe(
        "Which Jobs a reading counts already. Default: all, for sources that count messages in flight. Accurate: those without a ready pod, for sources that hide messages in flight. Eager: none, each reading asks for as many Jobs again, while there are more free places than pending Jobs. Custom: see custom.",
      ),
    custom: z
      .object({
        queueLengthDeduction: wholeNumber(0).default(0).describe("Jobs to create fewer for each reading."),
        runningJobPercentage: z
          .number("expected a number")
          .min(0, "expected 0 or more")
          .max(100, "expected at most 100")
          .default(1)
          .describe("Share of the Jobs that have not ended which a reading counts already: 0.5 is one half."),
      })
      .optional()
      .describe("With strategy Custom."),
    spareJobs: wholeNumber(0, 10_000)
      .default(0)
      .describe(
        "Jobs that are kept waiting for messages: with strategy Default or Custom a reading does not count them, and messages get that many fewer of maxReplicas. As minReplicaCount of a ScaledJob, beside the same minReplicas.",
      ),
    startUpSeconds: wholeNumber(0, 3600)
      .default(0)
      .describe("With strategy Accurate: seconds from a ready pod until it has taken its first message."),
    readingLagSeconds: wholeNumber(0, 3600)
      .default(0)
      .describe(
        "Seconds that a source's numbers may be older than it says, such as 5 for RabbitMQ's management API: Jobs that ended within them count as if they still ran.",
      ),
    successfulJobsHistoryLimit: wholeNumber(0, 10_000)
      .default(3)
      .describe("Jobs that completed to keep; the newest ones stay."),
    failedJobsHistoryLimit: wholeNumber(0, 10_000)
      .default(10)
      .describe("Jobs that failed to keep; the newest ones stay."),
    retryAfterSeconds: wholeNumber(1, DAY_SECONDS)
      .default(600)
      .describe(
        "After 10 Jobs in a row have failed at once, no Job is created for this many seconds, or until the spec changes.",
      ),
  })
  .describe("How Jobs of the jobTemplate are counted, kept and retried.");

/** What is read here of a WorkerAutoscaler's spec. */
interface SpecOfJobs {
  readonly scaleTargetRef?: { readonly kind: string } | undefined;
  readonly jobTemplate?: z.output<typeof jobTemplate> | undefined;
  readonly jobs?: z.output<typeof jobs> | undefined;
  readonly signals: readonly {
    readonly band?: unknown;
    readonly backlog?: { readonly concurrency?: number | undefined } | undefined;
    readonly perReplica?: { readonly concurrency?: number | undefined } | undefined;
  }[];
  readonly behavior?:
    | {
        readonly algorithm?: string;
        readonly scaleUp?:
          | { readonly stabilizationWindowSeconds?: number | undefined; readonly tolerance?: number | undefined }
          | undefined;
        readonly scaleDown?: unknown;
      }
    | undefined;
  readonly pausedReplicas?: number | undefined;
  readonly cooldownSeconds?: number | undefined;
  readonly maxDisruption?: string | undefined;
  readonly scaleToZero?: unknown;
}

type JobFields = Pick<SpecOfJobs, "jobTemplate" | "jobs">;

/** The rule of a signal that states none, beside a jobTemplate. */
export function ruleForJobs({ jobs: stated }: JobFields): SignalRule {
  return { kind: "backlog", messagesPerReplica: stated?.messagesPerJob ?? 1, tolerance: 0 };
}

export function jobSizing(spec: JobFields): JobSizing {
  return {
    strategy: jobStrategy(spec),
    messagesPerJob: spec.jobs?.messagesPerJob ?? 1,
    readingLagSeconds: spec.jobs?.readingLagSeconds ?? 0,
    spareJobs: spec.jobs?.spareJobs ?? 0,
  };
}

function jobStrategy({ jobs: stated }: JobFields): JobStrategy {
  const kind = stated?.strategy ?? "Default";
  if (kind === "Accurate") return { kind, startUpSeconds: stated?.startUpSeconds ?? 0 };
  if (kind !== "Custom") return { kind };
  const { queueLengthDeduction = 0, runningJobPercentage = 1 } = stated?.custom ?? {};
  return { kind, queueLengthDeduction, runningJobPercentage };
}

/** The name is the value of a label. */
const LONGEST_NAME = 63;

export function* jobProblems(spec: SpecOfJobs, name: string): Iterable<Problem> {
  const { scaleTargetRef, jobTemplate: template } = spec;
  if ((scaleTargetRef === undefined) === (template === undefined)) {
    const got = template === undefined ? "neither" : "both";
    yield problem("spec", `expected either scaleTargetRef or jobTemplate, got ${got}`);
    return;
  }
  if (template === undefined) {
    if (spec.jobs !== undefined) yield problem("spec.jobs", "expected spec.jobTemplate beside jobs, got nothing");
    if (scaleTargetRef?.kind === "Job") {
      const message = "expected a kind with a scale subresource, got Job, which has none";
      yield problem("spec.scaleTargetRef.kind", message, "write jobTemplate in place of scaleTargetRef");
    }
    return;
  }
  if (name.length > LONGEST_NAME) {
    const message = `expected at most ${LONGEST_NAME} characters beside jobTemplate, got ${name.length}`;
    yield problem("metadata.name", message);
  }
  if (spec.jobs?.custom !== undefined && spec.jobs.strategy !== "Custom") {
    yield problem("spec.jobs.strategy", `expected Custom beside jobs.custom, got ${spec.jobs.strategy}`);
  }
  yield* templateProblems(template.spec);
  yield* withoutEffect(spec);
}

function* templateProblems(spec: Readonly<Record<string, unknown>>): Iterable<Problem> {
  const path = "spec.jobTemplate.spec";
  const pod = fields(fields(spec.template).spec);
  if (!Array.isArray(pod.containers) || pod.containers.length === 0) {
    yield problem(`${path}.template.spec.containers`, "expected one container or more, got none");
  }
  if (pod.restartPolicy !== "Never" && pod.restartPolicy !== "OnFailure") {
    const got = pod.restartPolicy === undefined ? "nothing, which means Always" : "another value";
    yield problem(`${path}.template.spec.restartPolicy`, `expected Never or OnFailure, got ${got}`);
  }
  if (spec.selector !== undefined || spec.manualSelector === true) {
    yield problem(`${path}.selector`, "expected no selector, as each Job needs one of its own");
  }
}

/** Fields that stop workers, or steps of a workload that stays. */
function* withoutEffect(spec: SpecOfJobs): Iterable<Problem> {
  const { behavior, signals } = spec;
  const stated: Readonly<Record<string, unknown>> = {
    pausedReplicas: spec.pausedReplicas,
    cooldownSeconds: spec.cooldownSeconds,
    maxDisruption: spec.maxDisruption,
    scaleToZero: spec.scaleToZero,
    "behavior.scaleDown": behavior?.scaleDown,
    "behavior.algorithm": behavior?.algorithm === "AutoscalingV1" ? behavior.algorithm : undefined,
    "behavior.scaleUp.tolerance": behavior?.scaleUp?.tolerance,
    "behavior.scaleUp.stabilizationWindowSeconds": behavior?.scaleUp?.stabilizationWindowSeconds || undefined,
  };
  for (const [field, value] of Object.entries(stated)) {
    if (value === undefined) continue;
    yield problem(`spec.${field}`, "expected nothing beside jobTemplate: Jobs end by themselves", `leave out ${field}`);
  }
  for (const [index, { band, backlog, perReplica }] of signals.entries()) {
    const at = `spec.signals[${index}]`;
    if (band !== undefined) {
      const message = "expected another rule beside jobTemplate: a band moves a number of workers that stay";
      yield problem(`${at}.band`, message, "leave the rule out, or write backlog or perReplica");
    }
    if ((backlog ?? perReplica)?.concurrency !== undefined) {
      const field = `${at}.${backlog === undefined ? "perReplica" : "backlog"}.concurrency`;
      yield problem(field, "expected nothing beside jobTemplate: Jobs end by themselves", "leave out concurrency");
    }
  }
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** What an object says of its Jobs, with all defaults; undefined where it has no jobTemplate that can be used. */
export function jobTermsOf(object: { readonly spec?: unknown }) {
  const { jobTemplate: template, jobs: stated = {}, mode } = fields(object.spec);
  const [read, terms] = [jobTemplate.safeParse(template), jobs.safeParse(stated)];
  if (!read.success || !terms.success) return undefined;
  return { template: read.data, ...terms.data, isActive: mode === undefined || mode === "Active" };
}
