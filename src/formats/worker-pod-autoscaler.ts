import * as z from "zod";
import type { Autoscaler, Memory, Origin, Parsed, Problem, SourceReference } from "../core/index.ts";
import { SOURCES } from "../sources/registry.generated.ts";
import type { SourceType } from "../sources/shared/source.ts";
import {
  canHoldBack,
  jsonSchemaOf,
  maxDisruptionProblems,
  maxDisruptionText,
  NAME,
  OF_OBJECT,
  parseMaxDisruption,
  wholeNumber,
} from "./field-schemas.ts";
import {
  identityProblems,
  idOf,
  instantOf,
  type KubernetesObject,
  originOf,
  reportedReplicas,
} from "./kubernetes-object.ts";
import { schemaProblems, shown, sizeProblems, unknownFields } from "./problems.ts";

/** The `spec` that WorkerPodAutoScaler objects have: the parser and the CRD both come from it. */
export const workerPodAutoscalerSpec = z
  .object({
    minReplicas: wholeNumber(0).describe("Fewest replicas; 0 lets the workload sleep while its queue is empty."),
    maxReplicas: wholeNumber(0).describe("Most replicas. Where minReplicas is larger, maxReplicas is what counts."),
    deploymentName: z
      .string()
      .regex(NAME, OF_OBJECT)
      .optional()
      .describe("Deployment to scale, in the object's own namespace. Wins where replicaSetName is set too."),
    replicaSetName: z
      .string()
      .regex(NAME, OF_OBJECT)
      .optional()
      .describe("ReplicaSet to scale, in the object's own namespace."),
    queueURI: z
      .string()
      .min(1)
      .describe(
        "Address of the queue: https://sqs.<region>.amazonaws.com/<account>/<queue> or beanstalk://host:port/tube (port 11300 when left out).",
      ),
    targetMessagesPerWorker: wholeNumber(1).describe("Messages, waiting and in flight, that one worker should have."),
    secondsToProcessOneJob: z
      .number()
      .min(0)
      .nullish()
      .describe(
        "Seconds that one message takes a worker. With it, as many workers stay as the arriving messages keep busy, even while none waits. 0 or left out: off.",
      ),
    maxDisruption: maxDisruptionText
      .nullish()
      .describe(
        'How many workers one scale-down may take: "50%" of the present ones, rounded up, or "125". Left out: the controller\'s default.',
      ),
  })
  .describe("What to scale, on which queue, between which bounds.");

/** A spec as the schema leaves it. */
type WorkerPodAutoscalerSpec = z.output<typeof workerPodAutoscalerSpec>;

/** The kind, as stored objects spell it. */
export const WORKER_POD_AUTOSCALER = "WorkerPodAutoScaler";

const API_VERSION = "k8s.practo.dev/v1";

/** What the controller's flags say for all objects. */
export interface WorkerPodAutoscalerDefaults {
  /** Seconds after a scaling, up or down, before a scale-down. */
  readonly scaleDownDelaySeconds: number;
  /** For objects without maxDisruption; in its syntax. */
  readonly defaultMaxDisruption: string;
  /** Seconds for which a reading of the queue counts as fresh. */
  readonly freshnessSeconds: number;
  /** By source type: settings that a queueURI cannot carry, such as how to wait for a first message. */
  readonly sourceSettings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** By source type: the time between two looks, where the user set one. */
  readonly pollIntervalSeconds?: Readonly<Record<string, number | undefined>>;
}

/** The original's defaults; a reading stays fresh for six of its polls. */
export const WORKER_POD_AUTOSCALER_DEFAULTS: WorkerPodAutoscalerDefaults = {
  scaleDownDelaySeconds: 600,
  defaultMaxDisruption: "100%",
  freshnessSeconds: 120,
};

/** The original's share of the present replicas that a change must exceed to be worth making. */
const TOLERANCE = 0.1;
const SPEC_SHAPE = jsonSchemaOf(workerPodAutoscalerSpec);

/** Makes an autoscaler of a WorkerPodAutoScaler object, or says all that is wrong with it. */
export function parseWorkerPodAutoscaler(
  object: KubernetesObject,
  defaults: WorkerPodAutoscalerDefaults = WORKER_POD_AUTOSCALER_DEFAULTS,
  sources: readonly SourceType[] = SOURCES,
): Parsed {
  const origin = originOf(WORKER_POD_AUTOSCALER, object);
  const id = idOf(origin);
  const named = identityProblems(object, API_VERSION);
  const oversized = sizeProblems(object.spec);
  if (oversized.length > 0) return { id, origin, problems: [...named, ...oversized] };
  const parsed = workerPodAutoscalerSpec.safeParse(object.spec);
  const warnings = unknownFields(object.spec, SPEC_SHAPE, ["spec"]);
  if (!parsed.success) {
    return {
      id,
      origin,
      problems: [...named, ...schemaProblems(parsed.error, object.spec, { under: ["spec"] }), ...warnings],
    };
  }
  const spec = parsed.data;
  const queue = queueSource(spec.queueURI, (type) => wanted(type, spec, defaults), "spec.queueURI", sources);
  const problems = [...named, ...("problems" in queue ? queue.problems : []), ...contradictions(spec), ...warnings];
  if ("problems" in queue || problems.some(({ severity }) => severity !== "warning")) return { id, origin, problems };
  return {
    autoscaler: autoscalerOf(spec, { id, origin, source: queue.source }, defaults),
    memory: memoryOf(object),
    ...reportedReplicas(object.status, "CurrentReplicas"),
    problems,
  };
}

/** What the queue's source need not find out where it decides nothing; sources that do not know a want ignore it. */
function wanted(
  type: string,
  spec: WorkerPodAutoscalerSpec,
  defaults: WorkerPodAutoscalerDefaults,
): Record<string, unknown> {
  return {
    ...defaults.sourceSettings?.[type],
    rate: (spec.secondsToProcessOneJob ?? 0) > 0,
    idleness: canHoldBack(parseMaxDisruption(spec.maxDisruption ?? defaults.defaultMaxDisruption)),
  };
}

function contradictions(spec: WorkerPodAutoscalerSpec): readonly Problem[] {
  const problems: Problem[] = [...maxDisruptionProblems(spec.maxDisruption)];
  if (!spec.deploymentName && !spec.replicaSetName) {
    problems.push({
      path: "spec",
      message: "expected deploymentName or replicaSetName, got neither",
      remedy: "name the workload to scale",
    });
  }
  if (spec.deploymentName && spec.replicaSetName) {
    problems.push({
      path: "spec.replicaSetName",
      message: "expected deploymentName or replicaSetName, got both: deploymentName counts",
      remedy: "leave one of them out",
      severity: "warning",
    });
  }
  if (spec.minReplicas > spec.maxReplicas) {
    problems.push({
      path: "spec.minReplicas",
      message: `expected at most maxReplicas (${spec.maxReplicas}), got ${spec.minReplicas}: maxReplicas counts`,
      remedy: "make minReplicas the smaller one",
      severity: "warning",
    });
  }
  return problems;
}

function autoscalerOf(
  spec: WorkerPodAutoscalerSpec,
  { id, origin, source }: { id: string; origin: Origin; source: SourceReference },
  defaults: WorkerPodAutoscalerDefaults,
): Autoscaler {
  const pollIntervalSeconds = defaults.pollIntervalSeconds?.[source.type];
  return {
    id,
    origin,
    profile: "worker-pod-autoscaler",
    target: {
      apiVersion: "apps/v1",
      kind: spec.deploymentName ? "Deployment" : "ReplicaSet",
      namespace: origin.namespace,
      name: spec.deploymentName || spec.replicaSetName || "",
    },
    minReplicas: spec.minReplicas,
    maxReplicas: spec.maxReplicas,
    signals: [
      {
        name: "queue",
        source,
        rule: { kind: "backlog", messagesPerReplica: spec.targetMessagesPerWorker, tolerance: TOLERANCE },
        freshnessSeconds: defaults.freshnessSeconds,
        whenMissing: "Hold",
      },
    ],
    mode: "Active",
    secondsPerMessage: spec.secondsToProcessOneJob ?? 0,
    maxDisruption: parseMaxDisruption(spec.maxDisruption ?? defaults.defaultMaxDisruption),
    coolDownSeconds: defaults.scaleDownDelaySeconds,
    ...(pollIntervalSeconds !== undefined && { pollIntervalSeconds }),
  };
}

function memoryOf({ status }: KubernetesObject): Memory {
  const lastScaleAt = instantOf((status as { LastScaleTime?: unknown } | undefined)?.LastScaleTime);
  return lastScaleAt === undefined ? {} : { lastScaleAt };
}

type QueueSource = { readonly source: SourceReference } | { readonly problems: readonly Problem[] };

/**
 * The source that reads such a queueURI. `wants` gives further settings by the source's type; a source takes those
 * that it has (such as `rate: true`: the arrivals are needed).
 */
function queueSource(
  uri: string,
  wants: (type: string) => Readonly<Record<string, unknown>>,
  path: string,
  sources: readonly SourceType[],
): QueueSource {
  for (const type of sources) {
    const settings = type.fromQueueUri?.(uri);
    if (settings === undefined) continue;
    const known = Object.entries(wants(type.type)).filter(([name]) => name in type.settings.shape);
    const parsed = type.settings.safeParse({ ...Object.fromEntries(known), ...settings });
    if (parsed.success) return { source: { type: type.type, settings: parsed.data } };
    const problems = schemaProblems(parsed.error, settings).map((problem) => ({
      ...problem,
      path,
      message: `${problem.path}: ${problem.message}`,
    }));
    return { problems };
  }
  const kinds = sources.filter(({ fromQueueUri }) => fromQueueUri !== undefined);
  return {
    problems: [
      {
        path,
        message: `expected the address of a queue of a known kind, got ${shown(uri)}`,
        remedy: `known kinds: ${kinds.map(({ type, about }) => `${type} (${about})`).join("; ")}`,
      },
    ],
  };
}
