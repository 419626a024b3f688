import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import type { Problem } from "../../src/core/index.ts";
import { DEFAULTS, parseAutoscaler } from "../../src/formats/formats.ts";
import { fieldPath, isError, valueAt } from "../../src/formats/problems.ts";
import { SOURCES } from "../../src/sources/registry.generated.ts";

type Path = readonly (string | number)[];

/** A document of a format with every key that it has, and which of them it cannot do without. */
interface Format {
  readonly text: string;
  /** Keys that must be there: where their absence is said. */
  readonly needed: Readonly<Record<string, string>>;
  /** Keys that any value fits, so that there is none of the wrong type, and those whose slip is another key. */
  readonly anything?: readonly string[];
}

const own = (...paths: readonly string[]) => Object.fromEntries(paths.map((path) => [path, path]));

const FORMATS: Readonly<Record<string, Format>> = {
  PHPAConfig: {
    text: `
version: v1
kind: PHPAConfig
verbose: true
dryRun: false
fallbackEnabled: true
actionCooldown: 60
interval: 60
up_step_size: 2
down_step_size: 2
deployment: {name: mailer, namespace: shop, minReplicas: 1, maxReplicas: 9, fallbackReplicas: 5}
metric: {name: lag, metricType: negative, metricThreshold: 100, metricMargin: 10}
metricServer:
  adaptor: influxdb
  influxdb: {host: influx-1, port: 8086, username: reader, password: s3cret, database: shop, query: select lag}
`,
    needed: {
      ...own("kind", "deployment", "deployment.name", "deployment.namespace"),
      ...own("deployment.minReplicas", "deployment.maxReplicas", "deployment.fallbackReplicas", "metric"),
      ...own("metric.metricType", "metric.metricThreshold", "metric.metricMargin", "metricServer"),
      ...own("metricServer.adaptor", "metricServer.influxdb", "metricServer.influxdb.host"),
      ...own("metricServer.influxdb.port", "metricServer.influxdb.database", "metricServer.influxdb.query"),
      "metricServer.influxdb.username": "metricServer.influxdb.username",
    },
  },
  WorkerPodAutoScaler: {
    text: `
apiVersion: k8s.practo.dev/v1
kind: WorkerPodAutoScaler
metadata: {name: mailer, namespace: shop}
spec:
  minReplicas: 0
  maxReplicas: 9
  deploymentName: mailer
  queueURI: beanstalk://queues.shop/mails
  targetMessagesPerWorker: 20
  secondsToProcessOneJob: 1.5
  maxDisruption: 50%
`,
    needed: {
      ...own("kind", "spec.minReplicas", "spec.maxReplicas", "spec.queueURI", "spec.targetMessagesPerWorker"),
      ...own("metadata.name"),
      metadata: "metadata.name",
      spec: "spec",
      "spec.deploymentName": "spec",
    },
    anything: ["metadata", "metadata.namespace"],
  },
  WorkerAutoscaler: {
    text: `
apiVersion: muster.dev/v1alpha1
kind: WorkerAutoscaler
metadata: {name: mailer, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: mailer}
  minReplicas: 1
  maxReplicas: 9
  mode: Paused
  pausedReplicas: 3
  pollIntervalSeconds: 30
  cooldownSeconds: 60
  maxDisruption: 50%
  signals:
    - name: queue
      source: {beanstalkd: {host: queues.shop, port: 11300, tube: mails}}
      freshnessSeconds: 60
      whenMissing: Hold
      backlog: {messagesPerReplica: 20, tolerance: 0.2}
    - name: arrivals
      source: {constant: {value: 5}}
      throughput: {secondsPerMessage: 2, utilization: 0.8}
    - name: lag
      source: {constant: {value: 5}}
      whenMissing: Fallback
      perReplica: {value: 100, activationValue: 5, tolerance: 0.2}
    - name: wait
      source: {constant: {value: 5}}
      band: {low: 5, high: 10, direction: HighIsIdle, stepUp: 2, stepDown: 2}
    - name: threads
      source: {constant: {value: 5}}
      band: {threshold: 10, margin: 5}
  behavior:
    scaleUp: {stabilizationWindowSeconds: 5, selectPolicy: Min, policies: [{type: Pods, value: 2, periodSeconds: 60}]}
    scaleDown: {stabilizationWindowSeconds: 300}
  fallback: {replicas: 5, approach: Stepwise, afterSeconds: 90}
  schedule:
    - {name: day, start: 0 8 * * *, end: 0 18 * * *, timeZone: Europe/Berlin, minReplicas: 2, maxReplicas: 8}
    - {name: night, start: 0 22 * * *, durationSeconds: 3600, maxReplicas: 4}
`,
    needed: {
      ...own("kind", "spec", "metadata.name", "spec.scaleTargetRef.kind"),
      "spec.scaleTargetRef": "spec",
      ...own("spec.scaleTargetRef.name", "spec.maxReplicas", "spec.signals", "spec.fallback.replicas"),
      metadata: "metadata.name",
      "spec.fallback": "spec.signals[2].whenMissing",
      "spec.signals[0].backlog": "spec.signals[0]",
      "spec.signals[1].throughput": "spec.signals[1]",
      "spec.signals[2].perReplica": "spec.signals[2]",
      "spec.signals[3].band": "spec.signals[3]",
      "spec.signals[4].band": "spec.signals[4]",
      ...Object.fromEntries(
        [0, 1, 2, 3, 4].flatMap((index) => [
          [`spec.signals[${index}].name`, `spec.signals[${index}].name`],
          [`spec.signals[${index}].source`, `spec.signals[${index}].source`],
        ]),
      ),
      "spec.signals[0].source.beanstalkd": "spec.signals[0].source",
      ...own("spec.signals[0].source.beanstalkd.host", "spec.signals[0].source.beanstalkd.tube"),
      ...Object.fromEntries(
        [1, 2, 3, 4].flatMap((index) => [
          [`spec.signals[${index}].source.constant`, `spec.signals[${index}].source`],
          [`spec.signals[${index}].source.constant.value`, `spec.signals[${index}].source.constant.value`],
        ]),
      ),
      ...own("spec.signals[0].backlog.messagesPerReplica", "spec.signals[1].throughput.secondsPerMessage"),
      ...own("spec.signals[2].perReplica.value"),
      "spec.signals[3].band.low": "spec.signals[3].band",
      "spec.signals[3].band.high": "spec.signals[3].band",
      "spec.signals[4].band.threshold": "spec.signals[4].band",
      "spec.signals[4].band.margin": "spec.signals[4].band",
      ...own(
        ...["type", "value", "periodSeconds"].map((name) => `spec.behavior.scaleUp.policies[0].${name}`),
        ...[0, 1].flatMap((index) => [`spec.schedule[${index}].name`, `spec.schedule[${index}].start`]),
      ),
      "spec.schedule[0].end": "spec.schedule[0]",
      "spec.schedule[1].durationSeconds": "spec.schedule[1]",
    },
    anything: ["metadata", "metadata.namespace"],
  },
};

for (const [kind, format] of Object.entries(FORMATS)) {
  const document: unknown = parse(format.text);
  const keys = keysOf(document);

  test(`${kind}: with every key there is nothing to say`, () => {
    assert.deepEqual(problems(document), []);
  });

  for (const [what, spoil] of [
    ["missing", undefined],
    ["null", null],
  ] as const) {
    test(`${kind}: each key that is ${what} is asked for at its path, or has a default`, () => {
      const wrong = keys.flatMap((path) => {
        const found = errors(withValue(document, path, spoil)).map((problem) => problem.path);
        const expected = format.needed[fieldPath(path)];
        if (expected === undefined || found.includes(expected)) return [];
        return spoil === null && found.includes(fieldPath(path)) ? [] : [`${fieldPath(path)}: ${found}`];
      });
      assert.deepEqual(wrong, []);
      for (const path of keys.filter((one) => spoil === undefined && format.needed[fieldPath(one)] === undefined)) {
        assert.deepEqual(errors(withValue(document, path, undefined)), [], fieldPath(path));
      }
    });
  }

  test(`${kind}: each key of the wrong type is named with what was expected and what came`, () => {
    for (const path of keys.filter((one) => !format.anything?.includes(fieldPath(one)))) {
      const isLeaf = typeof valueAt(document, path) !== "object";
      for (const other of isLeaf ? [{ sprocket: 1 }, ["sprocket"]] : ["sprocket", 7]) {
        const found = errors(withValue(document, path, other));
        const named = found.find((problem) => fieldPath(path).startsWith(problem.path) || isUnder(problem, path));
        assert.match(named?.message ?? "", /expected .*got /, `${fieldPath(path)}: ${JSON.stringify(found)}`);
      }
    }
  });

  test(`${kind}: each number below and above its range is named with the range`, () => {
    for (const path of keys.filter((one) => typeof valueAt(document, one) === "number")) {
      const [name] = path.slice(-1);
      for (const number of UNBOUNDED.has(String(name)) ? [Number.NaN, Number.POSITIVE_INFINITY] : [-1, 1e12, 0.5e-9]) {
        if (number !== -1 && FRACTIONS.has(String(name))) continue;
        const found = errors(withValue(document, path, number));
        const named = found.find((problem) => isUnder(problem, path));
        assert.match(
          named?.message ?? "",
          /expected .*, got/,
          `${fieldPath(path)}: ${number}: ${JSON.stringify(found)}`,
        );
      }
    }
  });

  test(`${kind}: each misspelt key is said with the right one`, () => {
    for (const path of keys.filter((one) => one.length > 1 || kind === "PHPAConfig")) {
      const name = path.at(-1);
      if (typeof name !== "string" || name === "kind" || path[0] === "metadata") continue;
      const slip = name.length > 3 ? `${name.slice(0, -2)}${name.slice(-1)}` : `${name}s`;
      const moved = withValue(
        withValue(document, path, undefined),
        [...path.slice(0, -1), slip],
        valueAt(document, path),
      );
      const said = problems(moved).some(({ path: at, message, remedy }) => {
        const near = remedy === `did you mean \`${name}\`?`;
        return near && (at === fieldPath([...path.slice(0, -1), slip]) || message.includes(slip));
      });
      assert.ok(said, `${fieldPath(path)} as ${slip}: ${JSON.stringify(problems(moved))}`);
    }
  });
}

test("each setting of each source that is misspelt is said with the right one", () => {
  for (const { type, settings, example = {} } of SOURCES) {
    for (const name of Object.keys(settings.shape).filter((one) => one.length > 3)) {
      const slip = `${name.slice(0, -2)}${name.slice(-1)}`;
      const source = { [type]: { ...example, [slip]: example[name] ?? 1 } };
      const document = withValue(parse(FORMATS.WorkerAutoscaler?.text ?? ""), ["spec", "signals", 0, "source"], source);
      const remedies = problems(document).map(({ remedy }) => remedy);
      assert.ok(remedies.includes(`did you mean \`${name}\`?`), `${type}.${slip}: ${remedies.join()}`);
    }
  }
});

/** Any number fits: lags, thresholds. */
const UNBOUNDED = new Set(["metricThreshold", "low", "high", "threshold", "activationValue"]);
/** Numbers with a fraction and without an upper end. */
const FRACTIONS = new Set([
  ...["metricMargin", "margin", "value", "messagesPerReplica", "secondsPerMessage", "secondsToProcessOneJob"],
  ...["utilization", "tolerance"],
]);

function problems(document: unknown): readonly Problem[] {
  return parseAutoscaler(document, DEFAULTS, "a.yaml").problems;
}

function errors(document: unknown): readonly Problem[] {
  return problems(document).filter(isError);
}

function isUnder({ path }: Problem, key: Path): boolean {
  const at = fieldPath(key);
  return path === at || path.startsWith(`${at}.`) || path.startsWith(`${at}[`);
}

/** The path of every key, entries of lists not counted among them. */
function keysOf(value: unknown, under: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const path = [...under, Array.isArray(value) ? Number(name) : name];
    return [...(Array.isArray(value) ? [] : [path]), ...keysOf(child, path)];
  });
}

function withValue(document: unknown, path: Path, value: unknown): unknown {
  const copy: unknown = structuredClone(document);
  const parent = valueAt(copy, path.slice(0, -1)) as Record<string | number, unknown>;
  const last = path.at(-1) ?? "";
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}
