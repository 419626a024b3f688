import * as z from "zod";
import type { BusyWorkers, Parsed, Problem } from "../core/index.ts";
import type { SourceType } from "../sources/shared/source.ts";
import { jsonSchemaOf, wholeNumber, withoutUndefined } from "./field-schemas.ts";
import { fieldPath, problem, schemaProblems, unknownFields } from "./problems.ts";
import { readDocuments } from "./read-documents.ts";
import { type SecretLookup, sourceFrom } from "./source-settings.ts";

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

/** Source types that tell who is busy. */
export function consumerSources(sources: readonly SourceType[]): readonly SourceType[] {
  return sources.filter(({ consumers }) => consumers !== undefined);
}

type Stated = z.output<ReturnType<typeof busyWorkersField<z.ZodRecord<z.ZodString, z.ZodRecord>>>>;
type Read = { readonly busyWorkers?: BusyWorkers; readonly problems: readonly Problem[] };

/** What a WorkerAutoscaler says of busy workers, with the source's credentials; or all that is wrong with it. */
export function readBusyWorkers(
  stated: Stated | undefined,
  path: readonly PropertyKey[],
  sources: readonly SourceType[],
  secrets: SecretLookup,
): Read {
  if (stated === undefined) return { problems: [] };
  const { source, ...rest } = stated;
  const problems = [...contradictions(stated, fieldPath(path))];
  if (source === undefined) return { busyWorkers: withoutUndefined(rest), problems };
  const found = sourceFrom(source, [...path, "source"], consumerSources(sources), secrets);
  if ("problems" in found) return { problems: [...problems, ...found.problems] };
  return { busyWorkers: { ...withoutUndefined(rest), source: found.source }, problems };
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

/** For formats without a place for credentials: the workers' own probe, annotation or call. */
const plain = z.strictObject(fields);

/** What a PHPA file says of busy workers. */
export function readPlainBusyWorkers(value: unknown, path: readonly PropertyKey[]): Read {
  if (value === undefined || value === null) return { problems: [] };
  const parsed = plain.safeParse(value);
  if (parsed.success) {
    const problems = [...contradictions(parsed.data, fieldPath(path))];
    return { busyWorkers: withoutUndefined(parsed.data), problems };
  }
  const unknown = unknownFields(value, jsonSchemaOf(z.object(fields)), path);
  const issues = parsed.error.issues.filter(({ code }) => code !== "unrecognized_keys");
  return { problems: [...schemaProblems({ issues }, value, { under: path }), ...unknown] };
}

/** A WorkerPodAutoScaler's annotation: the same fields, as YAML or JSON. */
export const BUSY_WORKERS_ANNOTATION = "muster.dev/busy-workers";
const MOST_ANNOTATION_CHARACTERS = 4_096;

/** What a WorkerPodAutoScaler says of busy workers in its annotation. */
export function readBusyWorkersAnnotation(annotations: unknown): Read {
  const text = (annotations as Readonly<Record<string, unknown>> | undefined)?.[BUSY_WORKERS_ANNOTATION];
  if (text === undefined) return { problems: [] };
  const path = ["metadata", "annotations", BUSY_WORKERS_ANNOTATION];
  const example = `write "{protect: Always, probe: {port: 8080, path: /busy}}"`;
  if (typeof text !== "string" || text.length > MOST_ANNOTATION_CHARACTERS) {
    const message = `expected a text of at most ${MOST_ANNOTATION_CHARACTERS} characters`;
    return { problems: [problem(fieldPath(path), message, example)] };
  }
  const [document, second] = readDocuments(text);
  const [wrong] = document?.problems ?? [];
  if (wrong !== undefined) return { problems: [problem(fieldPath(path), wrong.message, example)] };
  if (document === undefined || second !== undefined || typeof document.value !== "object") {
    return { problems: [problem(fieldPath(path), "expected one mapping", example)] };
  }
  return readPlainBusyWorkers(document.value, path);
}

/** The flag --protect-busy-workers: what holds for an autoscaler that says nothing of busy workers. */
export function withBusyWorkers(parsed: Parsed, protect: BusyWorkers["protect"] | undefined): Parsed {
  if (protect === undefined || !("autoscaler" in parsed)) return parsed;
  const { autoscaler } = parsed;
  if (autoscaler.busyWorkers !== undefined || autoscaler.target.kind === "Job") return parsed;
  return { ...parsed, autoscaler: { ...autoscaler, busyWorkers: { protect } } };
}
