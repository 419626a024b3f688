import type { Autoscaler, Memory, Origin, Parsed, Problem, SourceReference } from "../core/index.ts";
import { SOURCES } from "../sources/registry.generated.ts";
import type { SourceType } from "../sources/shared/source.ts";
import { readPlainBusyWorkers } from "./busy-workers.ts";
import { jsonSchemaOf, withoutNulls } from "./field-schemas.ts";
import { idOf } from "./kubernetes-object.ts";
import { metricServer, namedSource, unknownBlocks } from "./metric-server.ts";
import { type PhpaFile, phpaFile } from "./phpa-schema.ts";
import { isError, problem, schemaProblems, unknownFields, warning } from "./problems.ts";

/** The kind that a PHPA file states. */
export const PHPA = "PHPAConfig";

/** Where a PHPA file is, and where its `${NAME}`s are looked up. */
interface PhpaContext {
  readonly file?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** PHPA retries five times, pausing 3, 5, 7, 9 and 11 seconds, before it calls a metric unavailable. */
const RETRIES_SECONDS = 35;
/** A metric without a new value for this many evaluations, and for ten minutes, is unavailable. */
const FRESH_EVALUATIONS = 3;
const FRESH_SECONDS = 600;
/** Seconds that PHPA waits after its start before it acts. */
const START_SECONDS = 120;

const SHAPE = jsonSchemaOf(phpaFile);

/** Makes an autoscaler of a PHPA file's document, or reports all that is wrong with it. */
export function parsePhpa(
  document: unknown,
  context: PhpaContext = {},
  sources: readonly SourceType[] = SOURCES,
): Parsed {
  const origin = originOf(document, context.file);
  const id = context.file === undefined ? idOf(origin) : `${PHPA}/${context.file}`;
  const parsed = phpaFile.safeParse(withoutNulls(document));
  const warnings = unknownFields(document, SHAPE).filter(({ path }) => !path.startsWith("metricServer."));
  const unclear = [...workloadProblems(document), ...warnings, ...unknownBlocks(document, sources)];
  if (!parsed.success) return { id, origin, problems: [...schemaProblems(parsed.error, document), ...unclear] };
  const file = parsed.data;
  const server = metricServer(file.metricServer, sources, context.environment ?? {});
  const target = targetOf(file);
  const { busyWorkers, problems: unsure } = readPlainBusyWorkers(
    file.busyWorkers,
    ["busyWorkers"],
    sources,
    (...named) => namedSource(...named, context.environment ?? {}),
  );
  const wrong = [...("problems" in server ? server.problems : []), ...unsure];
  const problems = [...findContradictions(file, target), ...wrong, ...unclear];
  if (target === undefined || "problems" in server || problems.some(isError)) {
    return { id, origin, problems };
  }
  const stated = autoscalerOf(file, target, { id, origin, source: server.source });
  const autoscaler = busyWorkers === undefined ? stated : { ...stated, busyWorkers };
  return { autoscaler, memory: {}, problems };
}

/** The memory with which a process begins, so that a restart does not act at once. */
export function phpaMemoryAtStart({ coolDownSeconds }: Autoscaler, startedAt: number): Memory {
  return { lastScaleAt: startedAt - Math.max(0, coolDownSeconds - START_SECONDS) * 1000 };
}

function originOf(document: unknown, file: string | undefined): Origin {
  const blocks = (document ?? {}) as Partial<Record<PhpaWorkload, { name?: unknown; namespace?: unknown }>>;
  const block = blocks[workloadsIn(document)[0] ?? "deployment"];
  const text = (value: unknown) => (typeof value === "string" || typeof value === "number" ? String(value) : "");
  return {
    kind: PHPA,
    namespace: text(block?.namespace) || "default",
    name: text(block?.name),
    ...(file === undefined ? {} : { file }),
  };
}

type Target = NonNullable<PhpaFile[PhpaWorkload]> & { readonly block: PhpaWorkload };

function targetOf(file: PhpaFile): Target | undefined {
  const [block] = workloadsIn(file);
  const workload = block && file[block];
  return workload ? { ...workload, block } : undefined;
}

function* findContradictions({ fallbackEnabled, metric }: PhpaFile, target: Target | undefined): Iterable<Problem> {
  if (target !== undefined) yield* boundProblems(target, fallbackEnabled);
  if (metric.name === undefined) yield warning("metric.name", "expected a name for messages, got nothing");
}

function* boundProblems(target: Target, fallbackEnabled: boolean): Iterable<Problem> {
  const { block, minReplicas, maxReplicas, fallbackReplicas } = target;
  if (minReplicas > maxReplicas) {
    const message = `expected at most maxReplicas (${maxReplicas}), got ${minReplicas}`;
    yield problem(`${block}.minReplicas`, message, "make minReplicas the smaller one");
  }
  const path = `${block}.fallbackReplicas`;
  if (fallbackEnabled && fallbackReplicas === undefined) {
    const remedy = "write the replicas to go to while the metric is unavailable, or fallbackEnabled: false";
    yield problem(path, "expected a whole number, got nothing", remedy);
  }
  if (fallbackReplicas !== undefined && (fallbackReplicas < minReplicas || fallbackReplicas > maxReplicas)) {
    const message = `expected a number from minReplicas (${minReplicas}) to maxReplicas (${maxReplicas}), got ${fallbackReplicas}: the nearer bound counts`;
    yield warning(path, message);
  }
}

function autoscalerOf(
  file: PhpaFile,
  { block, ...target }: Target,
  { id, origin, source }: { id: string; origin: Origin; source: SourceReference },
): Autoscaler {
  const { metric } = file;
  const fresh = Math.max(FRESH_SECONDS, file.interval * FRESH_EVALUATIONS, 2 * bucketSeconds(source.settings.query));
  return {
    id,
    origin,
    profile: "phpa",
    target: {
      apiVersion: "apps/v1",
      kind: PHPA_WORKLOADS[block],
      namespace: target.namespace,
      name: target.name,
    },
    minReplicas: target.minReplicas,
    maxReplicas: target.maxReplicas,
    signals: [
      {
        name: "metric",
        source,
        rule: {
          kind: "band",
          low: metric.metricThreshold - metric.metricMargin,
          high: metric.metricThreshold + metric.metricMargin,
          direction: metric.metricType === "negative" ? "HighIsBusy" : "HighIsIdle",
          stepUp: file.up_step_size,
          stepDown: file.down_step_size,
        },
        freshnessSeconds: fresh,
        whenMissing: file.fallbackEnabled ? "Fallback" : "Hold",
      },
    ],
    mode: file.dryRun ? "DryRun" : "Active",
    // After an action PHPA sleeps for the longer of the two.
    coolDownSeconds: Math.max(file.actionCooldown, file.interval),
    pollIntervalSeconds: file.interval,
    ...(file.fallbackEnabled && target.fallbackReplicas !== undefined
      ? { fallback: { replicas: target.fallbackReplicas, approach: "Stepwise", afterSeconds: RETRIES_SECONDS } }
      : {}),
  };
}

/** The blocks that may say what a PHPA file scales, and the kinds of apps/v1 that they stand for. */
const PHPA_WORKLOADS = {
  deployment: "Deployment",
  replicaset: "ReplicaSet",
  statefulset: "StatefulSet",
} as const;

/** The name of such a block. */
type PhpaWorkload = keyof typeof PHPA_WORKLOADS;

/** The blocks of this sort that a document has; a file that works has one. */
function workloadsIn(document: unknown): readonly PhpaWorkload[] {
  const blocks = Object.entries((document ?? {}) as object).filter(
    ([, block]) => block !== undefined && block !== null,
  );
  const names = new Set(blocks.map(([name]) => name));
  return (Object.keys(PHPA_WORKLOADS) as PhpaWorkload[]).filter((name) => names.has(name));
}

/** A file that works has one workload. */
function workloadProblems(document: unknown): readonly Problem[] {
  const found = workloadsIn(document);
  if (found.length === 1) return [];
  const names = Object.keys(PHPA_WORKLOADS).join(", ");
  return found[1] === undefined
    ? [problem("deployment", `expected one of ${names}, got none`)]
    : [problem(found[1], `expected one workload in a file, got ${found.join(" and ")}`, "write a file for each")];
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/**
 * The widest bucket that a query sums its points up in: '30min' in Graphite's summarize, time(5m) in InfluxQL. A bucket
 * bears the time of its beginning, so its value is up to one bucket old and fresh all the same.
 */
function bucketSeconds(query: unknown): number {
  if (typeof query !== "string") return 0;
  const widths = query.matchAll(/(?:['"]|time\(\s*)(\d+)\s*(s|min|m|h|d|w)[a-z]*\s*['",)]/gi);
  return Math.max(0, ...[...widths].map(([, count, unit]) => Number(count) * (UNITS[unit?.charAt(0) ?? ""] ?? 0)));
}
