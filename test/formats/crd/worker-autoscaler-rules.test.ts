import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse as compile } from "@marcbachmann/cel-js";
import { parse } from "yaml";
import type { JsonSchema } from "../../../src/formats/field-schemas.ts";
import { isError } from "../../../src/formats/problems.ts";
import { parseWorkerAutoscaler } from "../../../src/formats/worker-autoscaler.ts";

interface Rule {
  readonly rule: string;
  readonly message: string;
}

const CRD = parse(readFileSync("deploy/crds/cel/muster.dev_workerautoscalers.yaml", "utf8"));
const SCHEMA: JsonSchema = CRD.spec.versions[0].schema.openAPIV3Schema.properties.spec;

/** The messages of the rules that the value breaks, as an API server would collect them. */
function broken(schema: JsonSchema, value: unknown): readonly string[] {
  const rules = (schema["x-kubernetes-validations"] ?? []) as readonly Rule[];
  const own = rules.filter(({ rule }) => compile(rule)({ self: asCel(schema, value) }) !== true);
  const items = Array.isArray(value) && schema.items ? value.flatMap((item) => broken(schema.items ?? {}, item)) : [];
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const field = (value as Record<string, unknown>)?.[name];
    return field === undefined ? [] : broken(child, field);
  });
  return [...own.map(({ message }) => message), ...items, ...fields];
}

/** As the server hands it to CEL: whole numbers apart from others, dashes in names escaped. */
function asCel(schema: JsonSchema, value: unknown): unknown {
  if (schema.type === "integer") return BigInt(value as number);
  if (Array.isArray(value)) return value.map((item) => asCel(schema.items ?? {}, item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => [name.replaceAll("-", "__dash__"), asCel(schema.properties?.[name] ?? {}, field)]),
  );
}

const { perReplica, ...BARE } = {
  name: "lag",
  source: { constant: { value: 1 } } as Record<string, object>,
  perReplica: { value: 50 },
};
const SPEC = {
  scaleTargetRef: { kind: "Deployment", name: "mailer" },
  maxReplicas: 40,
  signals: [{ ...BARE, perReplica }] as object[],
};
const signal = (changes: object) => ({ ...SPEC, signals: [{ ...BARE, perReplica, ...changes }] });
const source = (type: string, settings: object) => signal({ source: { [type]: settings } });
const band = (ends: object) => ({ ...SPEC, signals: [{ ...BARE, band: ends }] });
const schedule = (window: object, more: object = {}) => ({
  ...SPEC,
  ...more,
  schedule: [{ name: "office", start: "0 8 * * *", ...window }],
});
const drain = (from: object, fields: object) => ({ ...SPEC, signals: [{ ...BARE, source: from, drain: fields }] });
const TUBE = { beanstalkd: { host: "queues", tube: "mail" } };
const SQS = { sqs: { queueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/mails" } };
const KAFKA = { brokers: ["kafka:9092"], group: "mailers" };
const CRON = { start: "0 8 * * *", value: 1 };

const { scaleTargetRef: _, ...WITHOUT_TARGET } = SPEC;
const POD = { restartPolicy: "Never", containers: [{ name: "worker", image: "worker:1" }] };
const JOBS = { ...WITHOUT_TARGET, jobTemplate: { spec: { template: { spec: POD } } } };

const GOOD: readonly object[] = [
  SPEC,
  JOBS,
  { ...JOBS, signals: [BARE], jobs: { messagesPerJob: 5 } },
  { ...SPEC, minReplicas: 40 },
  schedule({ end: "0 18 * * *", minReplicas: 2 }),
  schedule({ durationSeconds: 60, maxReplicas: 50, minReplicas: 45 }),
  band({ low: 1.5, high: 2 }),
  band({ threshold: 4, margin: 1 }),
  source("nats-jetstream", { host: "nats", stream: "M", consumer: "c" }),
  source("kafka", KAFKA),
  drain({ constant: { value: 1 } }, { withinSeconds: 60, secondsPerMessage: 2 }),
  drain(TUBE, { withinSeconds: 60 }),
  drain(SQS, { withinSeconds: 60 }),
  drain(TUBE, { objective: { share: 0.95, withinSeconds: 60 }, prefer: "Wait" }),
  drain(TUBE, { withinSeconds: 60, secondsPerMessage: 0.5, concurrency: 4, headroom: 0, startUpSeconds: 10 }),
  source("cron", { ...CRON, durationSeconds: 60 }),
  source("cloudwatch", { namespace: "AWS/SQS", metricName: "Age" }),
  source("cloudwatch", { expression: "SELECT 1" }),
  { ...signal({ whenMissing: "Fallback" }), fallback: { replicas: 3 } },
  { ...SPEC, behavior: { algorithm: "AutoscalingV1" } },
  { ...SPEC, behavior: { algorithm: "AutoscalingV2", scaleUp: { tolerance: 2.5 }, scaleDown: {} } },
];

const BAD: readonly [object, RegExp][] = [
  [WITHOUT_TARGET, /either scaleTargetRef or jobTemplate/],
  [{ ...SPEC, ...JOBS }, /either scaleTargetRef or jobTemplate/],
  [{ ...JOBS, signals: [{ ...BARE, perReplica, band: { low: 1, high: 2 } }] }, /exactly one rule of backlog/],
  [{ ...SPEC, minReplicas: 41 }, /minReplicas to be at most maxReplicas$/],
  [schedule({ end: "0 18 * * *", minReplicas: 41 }), /in every window/],
  [schedule({ end: "0 18 * * *", maxReplicas: 1 }, { minReplicas: 2 }), /in every window/],
  [schedule({}), /either end or durationSeconds/],
  [schedule({ end: "0 18 * * *", durationSeconds: 60 }), /either end or durationSeconds/],
  [{ ...SPEC, signals: [BARE] }, /exactly one rule of backlog/],
  [signal({ backlog: { messagesPerReplica: 1 } }), /exactly one rule of backlog/],
  [signal({ source: {} }), /exactly one source/],
  [signal({ source: { ...BARE.source, cron: { ...CRON, end: "0 9 * * *" } } }), /exactly one source/],
  [band({ low: 1 }), /either low and high or threshold and margin/],
  [band({}), /either low and high or threshold and margin/],
  [band({ low: 1, high: 2, threshold: 1, margin: 1 }), /either low and high or threshold and margin/],
  [band({ low: 3, high: 2.5 }), /low to be at most high/],
  [source("cron", CRON), /either end or durationSeconds/],
  [source("kafka", { ...KAFKA, username: "u" }), /both username and password/],
  [source("cloudwatch", { namespace: "AWS/SQS" }), /either namespace and metricName/],
  [source("cloudwatch", { namespace: "n", metricName: "m", expression: "e" }), /either namespace and metricName/],
  [signal({ whenMissing: "Fallback" }), /spec.fallback beside whenMissing/],
  [{ ...SPEC, behavior: { algorithm: "AutoscalingV1", scaleUp: {} } }, /neither scaleUp nor scaleDown/],
  [
    { ...SPEC, busyWorkers: { source: { redis: { host: "h", key: "k", group: "g" } }, probe: { port: 8080 } } },
    /either source or probe/,
  ],
  [{ ...SPEC, busyWorkers: { protect: "Prefer", forceAfterSeconds: 60 } }, /beside protect: Always alone/],
  [drain(TUBE, {}), /either withinSeconds or objective/],
  [
    drain(TUBE, { withinSeconds: 60, objective: { share: 0.9, withinSeconds: 60 } }),
    /either withinSeconds or objective/,
  ],
  [drain({ constant: { value: 1 } }, { withinSeconds: 60 }), /drain.secondsPerMessage, as this source does not count/],
];

/** What the controller says of the same object. */
function errors(spec: object) {
  const object = { apiVersion: "muster.dev/v1alpha1", kind: "WorkerAutoscaler", metadata: { name: "mailer" }, spec };
  return parseWorkerAutoscaler(object, { secrets: () => "value" }).problems.filter(isError);
}

test("the CEL rules take what the controller takes", () => {
  for (const spec of GOOD) assert.deepEqual([broken(SCHEMA, spec), errors(spec)], [[], []], JSON.stringify(spec));
});

test("what a CEL rule refuses, with its message, the controller refuses too", () => {
  for (const [spec, message] of BAD) {
    assert.match(broken(SCHEMA, spec).join("; "), message, JSON.stringify(spec));
    assert.notEqual(errors(spec).length, 0, JSON.stringify(spec));
  }
});

test("each CEL rule has an example that breaks it", () => {
  const said = new Set(BAD.flatMap(([spec]) => broken(SCHEMA, spec)));
  const messages = [...JSON.stringify(SCHEMA).matchAll(/"rule":"(?:[^"\\\\]|\\\\.)*","message":"([^"]*)"/g)].map(
    ([, text]) => text,
  );
  assert.ok(messages.length > 0);
  assert.deepEqual(
    messages.filter((message) => !said.has(message ?? "")),
    [],
  );
});

test("beside its rules, that CRD is the one for all servers", () => {
  const plain = parse(readFileSync("deploy/crds/muster.dev_workerautoscalers.yaml", "utf8"));
  const without = JSON.stringify(CRD, (key, value) => (key === "x-kubernetes-validations" ? undefined : value));
  assert.equal(without, JSON.stringify(plain));
});
