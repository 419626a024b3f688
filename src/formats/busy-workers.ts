import * as z from "zod";
import type { BusyWorkers, Parsed, Problem, SourceReference } from "../core/index.ts";
import type { SourceType } from "../sources/shared/source.ts";
import { jsonSchemaOf, wholeNumber, withoutUndefined } from "./field-schemas.ts";
import { fieldPath, problem, schemaProblems, unknownFields } from "./problems.ts";
import { readDocuments } from "./read-documents.ts";
import { type SecretLookup, type SecretReference, secretReferences, sourceFrom } from "./source-settings.ts";

const MONTH_SECONDS = 30 * 24 * 3600;

const probe = z
  .object({
    port: wholeNumber(1, 65_535).describe("Port of the pod."),
    path: z
      .string()
      .regex(/^\/[!-~]*$/, "expected a path that begins with /")
      .default("/busy")
      .describe("Path of the request."),
    timeoutSeconds: wholeNumber(1, 10).default(2).describe("Seconds until a pod that does not answer counts as busy."),
  })
  .describe(
    "An HTTP request to each pod that may go, before a scale-down: a 2xx answer whose body begins with busy or idle. Any other answer, or none, counts as busy.",
  );

const fields = {
  protect: z
    .enum(["Always", "Prefer"])
    .default("Always")
    .describe(
      "Always: a scale-down takes idle workers alone. Prefer: idle ones go first, then those with the youngest work.",
    ),
  forceAfterSeconds: wholeNumber(1, MONTH_SECONDS)
    .optional()
    .describe("With Always: busy workers hold a scale-down up for at most this many seconds. Left out: without end."),
  probe: probe.optional(),
};

/** `busyWorkers` of a WorkerAutoscaler. `source` is the schema of a source that lists its consumers. */
export function busyWorkersField<Source extends z.ZodType>(source: Source) {
  return z
    .object({
      ...fields,
      source: source.optional().describe("The system that knows who works on what: exactly one source."),
    })
    .describe(
      "Keeps workers that are busy from being stopped. Needs the permissions of deploy/busy-workers.yaml. Without source and probe, pods that are protected by their annotation or by the protection call alone count as busy.",
    );
}

const consumerTypes = new WeakMap<SourceType, SourceType>();

/** Source types that tell who is busy, with the settings that they take for that. */
export function consumerSources(sources: readonly SourceType[]): readonly SourceType[] {
  return sources.flatMap((type) => {
    if (type.consumers === undefined) return [];
    const known = consumerTypes.get(type) ?? asConsumer(type);
    consumerTypes.set(type, known);
    return [known];
  });
}

function asConsumer(type: SourceType): SourceType {
  const { renamed } = type.consumers ?? {};
  if (renamed === undefined) return type;
  const { [renamed.setting]: usual, ...others } = type.settings.shape;
  const text = usual as z.ZodString;
  const settings = z.strictObject({
    ...others,
    [renamed.as]: text.describe(renamed.about).optional(),
    [renamed.setting]: text.describe(`Another name of ${renamed.as}.`).optional(),
  });
  return { ...type, settings };
}

/** A source of whatever settings: the source checks them itself. */
const namedSource = z.record(z.string(), z.record(z.string(), z.unknown(), "expected a mapping"), "expected a mapping");

type NamedSource = z.output<typeof namedSource>;
type Stated = z.output<ReturnType<typeof busyWorkersField<typeof namedSource>>>;
type Read = { readonly busyWorkers?: BusyWorkers; readonly problems: readonly Problem[] };
/** Makes a source of `{ type: settings }`, with its credentials. */
type ReadSource = (
  stated: NamedSource,
  path: readonly PropertyKey[],
  sources: readonly SourceType[],
) => { readonly source: SourceReference } | { readonly problems: readonly Problem[] };

/** What a WorkerAutoscaler says of busy workers, with the source's credentials; or all that is wrong with it. */
export function readBusyWorkers(
  stated: Stated | undefined,
  path: readonly PropertyKey[],
  sources: readonly SourceType[],
  secrets: SecretLookup,
): Read {
  if (stated === undefined) return { problems: [] };
  return withSource(stated, path, sources, (...named) => sourceFrom(...named, secrets));
}

function withSource(
  stated: Stated,
  path: readonly PropertyKey[],
  sources: readonly SourceType[],
  readSource: ReadSource,
): Read {
  const { source, ...rest } = stated;
  const problems = [...contradictions(stated, fieldPath(path))];
  if (source === undefined) return { busyWorkers: withoutUndefined(rest), problems };
  const types = consumerSources(sources);
  const found = withUsualName(readSource(source, [...path, "source"], types), [...path, "source"], types);
  if ("problems" in found) return { problems: [...problems, ...found.problems] };
  return { busyWorkers: { ...withoutUndefined(rest), source: found.source }, problems };
}

/** A source knows a setting by the name that it has in a signal. */
function withUsualName(
  found: ReturnType<ReadSource>,
  path: readonly PropertyKey[],
  types: readonly SourceType[],
): ReturnType<ReadSource> {
  if ("problems" in found) return found;
  const { type, settings } = found.source;
  const { renamed } = types.find((one) => one.type === type)?.consumers ?? {};
  if (renamed === undefined) return found;
  const { [renamed.as]: own, ...others } = settings;
  const { [renamed.setting]: usual } = others;
  if ((own === undefined) === (usual === undefined)) {
    const got = own === undefined ? "nothing" : `${renamed.setting} too`;
    return { problems: [problem(fieldPath([...path, type, renamed.as]), `expected ${renamed.as}, got ${got}`)] };
  }
  return { source: { type, settings: { ...others, [renamed.setting]: own ?? usual } } };
}

function* contradictions({ protect, forceAfterSeconds, source, probe }: Stated, at: string): Iterable<Problem> {
  if (source !== undefined && probe !== undefined) {
    yield problem(`${at}.probe`, "expected either source or probe, got both", "leave one of them out");
  }
  if (protect === "Prefer" && forceAfterSeconds !== undefined) {
    const message = "expected it beside protect: Always alone, as Prefer holds nothing up";
    yield problem(`${at}.forceAfterSeconds`, message, "leave it out");
  }
}

const wholeShape = z.strictObject({ ...fields, source: namedSource.optional() });
const SHAPE = jsonSchemaOf(wholeShape);

/** What a PHPA file or an annotation says of busy workers. */
export function readPlainBusyWorkers(
  value: unknown,
  path: readonly PropertyKey[],
  sources: readonly SourceType[],
  readSource: ReadSource,
): Read {
  if (value === undefined || value === null) return { problems: [] };
  const parsed = wholeShape.safeParse(value);
  if (parsed.success) return withSource(parsed.data, path, sources, readSource);
  const unknown = unknownFields(value, SHAPE, path);
  const issues = parsed.error.issues.filter(({ code }) => code !== "unrecognized_keys");
  return { problems: [...schemaProblems({ issues }, value, { under: path }), ...unknown] };
}

/** A WorkerPodAutoScaler's annotation: the same fields, as YAML or JSON. */
export const BUSY_WORKERS_ANNOTATION = "muster.dev/busy-workers";
const MOST_ANNOTATION_CHARACTERS = 4_096;
const ANNOTATION_PATH = ["metadata", "annotations", BUSY_WORKERS_ANNOTATION];

/** What a WorkerPodAutoScaler says of busy workers in its annotation, with the source's credentials. */
export function readBusyWorkersAnnotation(
  annotations: unknown,
  sources: readonly SourceType[],
  secrets: SecretLookup,
): Read {
  const stated = annotationOf(annotations);
  if (stated === undefined) return { problems: [] };
  if ("value" in stated) {
    return readPlainBusyWorkers(stated.value, ANNOTATION_PATH, sources, (...named) => sourceFrom(...named, secrets));
  }
  const example = `write "{protect: Always, probe: {port: 8080, path: /busy}}"`;
  return { problems: [problem(fieldPath(ANNOTATION_PATH), stated.wrong, example)] };
}

function annotationOf(annotations: unknown): { readonly value: unknown } | { readonly wrong: string } | undefined {
  const text = (annotations as Readonly<Record<string, unknown>> | undefined)?.[BUSY_WORKERS_ANNOTATION];
  if (text === undefined) return undefined;
  if (typeof text !== "string" || text.length > MOST_ANNOTATION_CHARACTERS) {
    return { wrong: `expected a text of at most ${MOST_ANNOTATION_CHARACTERS} characters` };
  }
  const [document, second] = readDocuments(text);
  const [wrong] = document?.problems ?? [];
  if (wrong !== undefined) return { wrong: wrong.message };
  if (document === undefined || second !== undefined || typeof document.value !== "object") {
    return { wrong: "expected one mapping" };
  }
  return { value: document.value };
}

/** The Secret keys that such an annotation refers to, so that they can be watched with the object. */
export function annotatedSecrets(annotations: unknown): readonly SecretReference[] {
  const stated = annotationOf(annotations);
  if (stated === undefined || "wrong" in stated) return [];
  const { data } = wholeShape.safeParse(stated.value);
  return Object.values(data?.source ?? {}).flatMap(secretReferences);
}

/** The flag --protect-busy-workers: what holds for an autoscaler that says nothing of busy workers. */
export function withBusyWorkers(parsed: Parsed, protect: BusyWorkers["protect"] | undefined): Parsed {
  if (protect === undefined || !("autoscaler" in parsed)) return parsed;
  const { autoscaler } = parsed;
  if (autoscaler.busyWorkers !== undefined || autoscaler.target.kind === "Job") return parsed;
  return { ...parsed, autoscaler: { ...autoscaler, busyWorkers: { protect } } };
}
