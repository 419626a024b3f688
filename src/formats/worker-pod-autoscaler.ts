import * as z from "zod";
import type { Autoscaler, Origin, Parsed, Problem, SourceReference } from "../core/index.ts";
import { SOURCES } from "../sources/registry.generated.ts";
import type { SourceType } from "../sources/shared/source.ts";
import { readBusyWorkersAnnotation } from "./busy-workers.ts";
import { maxDisruptionProblems } from "./contradictions.ts";
import {
  canHoldBack,
  jsonSchemaOf,
  maxDisruptionText,
  NAME,
  OF_OBJECT,
  parseMaxDisruption,
  wholeNumber,
} from "./field-schemas.ts";
import { instantOf, type KubernetesObject, readObject, reportedReplicas } from "./kubernetes-object.ts";
import { isError, problem, schemaProblems, shown, warning } from "./problems.ts";
import type { SecretLookup } from "./source-settings.ts";

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

/** What `mode` is in a WorkerAutoscaler. */
export const MODE_ANNOTATION = "muster.dev/mode";
const MODES = ["Active", "DryRun", "Paused"] as const;

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
  /** By source type: the time between two polls, where the user set one. */
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

/** Makes an autoscaler of a WorkerPodAutoScaler object, or reports all that is wrong with it. */
export function parseWorkerPodAutoscaler(
  object: KubernetesObject,
  defaults: WorkerPodAutoscalerDefaults = WORKER_POD_AUTOSCALER_DEFAULTS,
  sources: readonly SourceType[] = SOURCES,
  secrets: SecretLookup = () => ({ reason: "SecretMissing" }),
): Parsed {
  const {
    id,
    origin,
    spec,
    problems: found,
  } = readObject(object, {
    kind: WORKER_POD_AUTOSCALER,
    apiVersion: API_VERSION,
    schema: workerPodAutoscalerSpec,
    shape: () => SPEC_SHAPE,
  });
  if (spec === undefined) return { id, origin, problems: found };
  const queue = queueSource(spec.queueURI, (type) => wanted(type, spec, defaults), sources);
  const { busyWorkers, problems: unclear } = readBusyWorkersAnnotation(object.metadata?.annotations, SOURCES, secrets);
  const mode = readMode(object.metadata?.annotations);
  const wrong = [...("problems" in queue ? queue.problems : []), ...unclear, ...("mode" in mode ? [] : [mode])];
  const problems = [...found, ...wrong, ...findContradictions(spec)];
  if ("problems" in queue || problems.some(isError)) return { id, origin, problems };
  const lastScaleAt = instantOf((object.status as { LastScaleTime?: unknown } | undefined)?.LastScaleTime);
  return {
    autoscaler: {
      ...autoscalerOf(spec, { id, origin, source: queue.source }, defaults),
      ...("mode" in mode && mode),
      ...(busyWorkers !== undefined && { busyWorkers }),
    },
    memory: lastScaleAt === undefined ? {} : { lastScaleAt },
    ...reportedReplicas(object.status, "CurrentReplicas"),
    problems,
  };
}

function readMode(annotations: unknown): Pick<Autoscaler, "mode"> | Problem {
  const text = (annotations as Readonly<Record<string, unknown>> | undefined)?.[MODE_ANNOTATION] ?? "Active";
  const mode = MODES.find((one) => one === text);
  if (mode !== undefined) return { mode };
  const path = `metadata.annotations["${MODE_ANNOTATION}"]`;
  return problem(path, `expected one of ${MODES.join(", ")}, got ${shown(text)}`);
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

function* findContradictions(spec: WorkerPodAutoscalerSpec): Iterable<Problem> {
  const { minReplicas, maxReplicas, deploymentName, replicaSetName } = spec;
  yield* maxDisruptionProblems(spec.maxDisruption);
  if (!deploymentName && !replicaSetName) {
    yield problem("spec", "expected deploymentName or replicaSetName, got neither", "name the workload to scale");
  }
  if (deploymentName && replicaSetName) {
    const message = "expected deploymentName or replicaSetName, got both: deploymentName counts";
    yield warning("spec.replicaSetName", message, "leave one of them out");
  }
  if (minReplicas > maxReplicas) {
    const message = `expected at most maxReplicas (${maxReplicas}), got ${minReplicas}: maxReplicas counts`;
    yield warning("spec.minReplicas", message, "make minReplicas the smaller one");
  }
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

/**
 * The source that reads such a queueURI. `wants` gives further settings by the source's type; a source takes those
 * that it has (such as `rate: true`: the arrivals are needed).
 */
function queueSource(
  uri: string,
  wants: (type: string) => Readonly<Record<string, unknown>>,
  sources: readonly SourceType[],
): { readonly source: SourceReference } | { readonly problems: readonly Problem[] } {
  const path = "spec.queueURI";
  for (const type of sources) {
    const settings = type.fromQueueUri?.(uri);
    if (settings === undefined) continue;
    const known = Object.entries(wants(type.type)).filter(([name]) => name in type.settings.shape);
    const parsed = type.settings.safeParse({ ...Object.fromEntries(known), ...settings });
    if (parsed.success) return { source: { type: type.type, settings: parsed.data } };
    const found = schemaProblems(parsed.error, settings);
    return { problems: found.map((one) => ({ ...one, path, message: `${one.path}: ${one.message}` })) };
  }
  const kinds = sources.flatMap(({ fromQueueUri, type, about }) => (fromQueueUri ? [`${type} (${about})`] : []));
  const message = `expected the address of a queue of a known kind, got ${shown(uri)}`;
  return { problems: [problem(path, message, `known kinds: ${kinds.join("; ")}`)] };
}
