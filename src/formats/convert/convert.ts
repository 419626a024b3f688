import { Document, isNode } from "yaml";
import { type Problem, printable } from "../../core/index.ts";
import { type Defaults, parseAutoscaler } from "../formats.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { PHPA } from "../phpa.ts";
import { isError, shown } from "../problems.ts";
import { parseWorkerAutoscaler, WORKER_AUTOSCALER, WORKER_AUTOSCALER_API_VERSION } from "../worker-autoscaler.ts";
import { WORKER_POD_AUTOSCALER } from "../worker-pod-autoscaler.ts";
import { type Draft, inOriginal, type Note } from "./draft.ts";
import { fromPhpa, fromWorkerPodAutoscaler } from "./from-autoscaler.ts";
import { fromHorizontalPodAutoscaler } from "./from-horizontal-pod-autoscaler.ts";
import { createsJobs, fromScaledJob } from "./from-scaled-job.ts";
import { fromScaledObject } from "./from-scaled-object.ts";

/** What a conversion needs to know beside the document. */
export interface ConvertOptions {
  readonly defaults: Defaults;
  /** Where a HorizontalPodAutoscaler's External metrics come from. */
  readonly prometheusUrl?: string | undefined;
  /** KEDA's TriggerAuthentications that came along. */
  readonly authentications?: readonly KubernetesObject[];
}

/** What came of a document. With both, what the problems speak of is not in the result. */
export interface Conversion {
  readonly yaml?: string;
  /** Paths are the original's. */
  readonly problems: readonly Problem[];
}

/** The kinds that can be converted. */
export const CONVERTIBLE = [
  WORKER_POD_AUTOSCALER,
  PHPA,
  "HorizontalPodAutoscaler",
  "ScaledObject",
  "ScaledJob",
] as const;

/** A document of another format as a WorkerAutoscaler's YAML, with a comment wherever the meaning changes. */
export function convert(document: unknown, options: ConvertOptions): Conversion {
  const object = (typeof document === "object" && document !== null ? document : {}) as KubernetesObject;
  const draft = draftOf(object, options);
  return "spec" in draft ? finished(draft) : { problems: draft.problems };
}

/** Signals that the result could not have are left out of it. */
function finished(draft: Draft): Conversion {
  const leftOut = draft.leftOut ?? [];
  if (draft.problems.some(isError)) return { problems: [...draft.problems, ...leftOut] };
  const made = {
    apiVersion: WORKER_AUTOSCALER_API_VERSION,
    kind: WORKER_AUTOSCALER,
    metadata: { name: draft.name, ...(draft.namespace === undefined ? {} : { namespace: draft.namespace }) },
    spec: draft.spec,
  };
  const wrong = parseWorkerAutoscaler(made, { secrets: () => "to be created" }).problems.filter(isError);
  if (wrong.length === 0) return { yaml: written(made, withRemarks(draft)), problems: leftOut };
  const problems = wrong.map((problem) => inOriginal(problem, draft.origins ?? []));
  const places = new Set(wrong.map(({ path }) => Number(/^spec\.signals\[(\d+)\]/.exec(path)?.[1] ?? Number.NaN)));
  const signals = draft.spec.signals as readonly unknown[];
  if (places.has(Number.NaN) || places.size === signals.length) return { problems: [...problems, ...leftOut] };
  return finished({ ...withoutSignals(draft, places), leftOut: [...leftOut, ...problems] });
}

function withoutSignals(draft: Draft, places: ReadonlySet<number>): Draft {
  const signals = draft.spec.signals as readonly unknown[];
  const kept = signals.flatMap((_, place) => (places.has(place) ? [] : [place]));
  const notes = draft.notes.flatMap(({ path, ...note }): readonly Note[] => {
    const [spec = "spec", field, place, ...rest] = path;
    if (field !== "signals" || typeof place !== "number") return [{ path, ...note }];
    return places.has(place) ? [] : [{ path: [spec, field, kept.indexOf(place), ...rest], ...note }];
  });
  const origins = (draft.origins ?? []).flatMap(([made, original]): NonNullable<Draft["origins"]> => {
    const place = Number(/^spec\.signals\[(\d+)\]$/.exec(made)?.[1] ?? Number.NaN);
    if (Number.isNaN(place)) return [[made, original]];
    return places.has(place) ? [] : [[`spec.signals[${kept.indexOf(place)}]`, original]];
  });
  return { ...draft, spec: { ...draft.spec, signals: kept.map((place) => signals[place]) }, notes, origins };
}

/** The notes, with a comment above the document for each part that is not in it. */
function withRemarks({ notes, leftOut = [] }: Draft): readonly Note[] {
  const missing = leftOut.map(({ path, message }): Note => ({ path: [], text: `NOT in here: ${path}: ${message}` }));
  return [...missing, ...notes];
}

function draftOf(
  object: KubernetesObject,
  { defaults, prometheusUrl, authentications = [] }: ConvertOptions,
): Draft | { problems: readonly Problem[] } {
  switch (object.kind) {
    case "HorizontalPodAutoscaler":
      if (prometheusUrl === undefined) {
        const message =
          "expected to know the server of its metrics, which it does not name: an adapter reads them for it";
        const remedy = "state the Prometheus that the adapter asks: --prometheus-url http://prometheus:9090";
        return { problems: [{ path: "spec.metrics", message, remedy }] };
      }
      return fromHorizontalPodAutoscaler(object, prometheusUrl);
    case "ScaledObject":
      return createsJobs(object)
        ? fromScaledJob(object, authentications)
        : fromScaledObject(object, { among: authentications });
    case "ScaledJob":
      return fromScaledJob(object, authentications);
    case PHPA:
    case WORKER_POD_AUTOSCALER: {
      const parsed = parseAutoscaler(object, defaults);
      if (!("autoscaler" in parsed)) return { problems: parsed.problems };
      return object.kind === PHPA ? fromPhpa(parsed.autoscaler) : fromWorkerPodAutoscaler(parsed.autoscaler);
    }
    default: {
      const message = `expected one of ${CONVERTIBLE.join(", ")}, got ${shown(object.kind)}`;
      return { problems: [{ path: "kind", message }] };
    }
  }
}

function written(made: object, notes: readonly Note[]): string {
  const document = new Document(made, { aliasDuplicateObjects: false });
  for (const { path, text } of notes) comment(document, path, printable(text));
  return document.toString({ lineWidth: 0 });
}

/** Above the field, or above the document where the field is not there. */
function comment(document: Document, path: Note["path"], text: string): void {
  const parent = path.length === 0 ? undefined : document.getIn(path.slice(0, -1), true);
  const items =
    isNode(parent) && "items" in parent
      ? (parent.items as { key?: { value?: unknown; commentBefore?: string } }[])
      : [];
  const key = items.find((pair) => pair.key?.value === path.at(-1))?.key;
  if (key === undefined) document.commentBefore = [document.commentBefore, ` ${text}`].filter(Boolean).join("\n");
  else key.commentBefore = [key.commentBefore, ` ${text}`].filter(Boolean).join("\n");
}
