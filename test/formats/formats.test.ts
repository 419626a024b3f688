import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { parseAllDocuments } from "yaml";
import { convert } from "../../src/formats/convert/convert.ts";
import { convertDocuments } from "../../src/formats/convert/convert-documents.ts";
import { DEFAULTS, parseAutoscaler } from "../../src/formats/formats.ts";
import { describeProblem, isError } from "../../src/formats/problems.ts";
import { readDocuments } from "../../src/formats/read-documents.ts";
import { decideOnSchedule } from "../../src/formats/schedule.ts";

const EXAMPLES = ["worker-pod-autoscaler", "beanstalkd", "phpa", "worker-autoscaler"]
  .flatMap((name) => parseAllDocuments(readFileSync(`examples/${name}.yaml`, "utf8")))
  .map((document) => document.toJS() as { kind: string })
  .filter(({ kind }) => /Auto[sS]caler|PHPAConfig/.test(kind));

const EVERY_KIND = parseAllDocuments(readFileSync("test/formats/every-kind.yaml", "utf8")).map(
  (document) => document.toJS() as object,
);

type Json = Record<string, unknown> | unknown[];

/** Every path of a document, from its fields down to its leaves. */
function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, child]) => pathsOf(child, [...path, key]))];
}

function replaced(document: unknown, path: readonly string[], value: unknown): unknown {
  const copy = structuredClone(document) as Json;
  if (path.length === 0) return value;
  let at = copy as Record<string, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  const last = path.at(-1) ?? "";
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

/** Names that every object has by birth, which a lookup by name finds where nobody wrote them. */
const inherited = fc.constantFrom("__proto__", "constructor", "toString", "valueOf", "toJSON", "hasOwnProperty");

const anyValue = fc.oneof(
  fc.jsonValue(),
  fc.constant(undefined),
  fc.double(),
  fc.string(),
  inherited,
  inherited.map((name) => `\${${name}}`),
  inherited.map((name) => `$(${name})`),
  // As a parser makes it: a key "__proto__" is a key like any other.
  fc.tuple(inherited, fc.jsonValue()).map(([name, value]) => JSON.parse(`{"${name}": ${JSON.stringify(value)}}`)),
);

/** The documents with one field of one of them spoiled. */
function spoiledAmong(documents: readonly object[]): fc.Arbitrary<readonly unknown[]> {
  return fc
    .nat(documents.length - 1)
    .chain((at) =>
      fc
        .tuple(fc.constantFrom(...pathsOf(documents[at])), anyValue)
        .map(([path, value]) => documents.with(at, replaced(documents[at], path, value) as object)),
    );
}

const spoiled = fc.constantFrom(...EXAMPLES).chain((document) => spoiledAmong([document]).map(([found]) => found));

test("there is an example of each format", () => {
  assert.deepEqual([...new Set(EXAMPLES.map(({ kind }) => kind))].sort(), [
    "PHPAConfig",
    "WorkerAutoscaler",
    "WorkerPodAutoScaler",
  ]);
});

test("whatever stands in one field, parsing ends with an autoscaler that can decide or with errors that say where", () => {
  fc.assert(
    fc.property(spoiled, (document) => {
      const parsed = parseAutoscaler(document);
      if (!("autoscaler" in parsed)) {
        assert.ok(parsed.problems.some(isError));
        for (const problem of parsed.problems) assert.match(describeProblem(problem), /\S/);
        return;
      }
      const { autoscaler, memory } = parsed;
      const decision = decideOnSchedule({ autoscaler, currentReplicas: 3, signals: {}, memory, now: 1.7e12 });
      assert.ok(Number.isInteger(decision.desiredReplicas));
    }),
    { numRuns: 2_000 },
  );
});

test("whatever stands in one field, a conversion ends with YAML or with errors", () => {
  fc.assert(
    fc.property(spoiled, (document) => {
      const conversion = convert(document, { defaults: DEFAULTS });
      assert.ok("yaml" in conversion || conversion.problems.length > 0);
    }),
    { numRuns: 2_000 },
  );
});

test("whatever stands in one field of KEDA's objects, or of what they read, a conversion ends and says why", () => {
  fc.assert(
    fc.property(spoiledAmong(EVERY_KIND), (documents) => {
      // As a parser hands them over, and as JSON: a value that is left out has no key.
      const text = documents.map((document) => JSON.stringify(document ?? null)).join("\n---\n");
      const { results, problems } = convertDocuments([{ file: "all.yaml", documents: readDocuments(text) }], {
        defaults: DEFAULTS,
        prometheusUrl: "http://prometheus:9090",
      });
      assert.ok(results.length > 0);
      for (const problem of problems) assert.match(describeProblem(problem), /\S/);
    }),
    { numRuns: 150 },
  );
});
