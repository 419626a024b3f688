import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import type { Account, Parsed } from "../../src/core/index.ts";
import { annotatedSecrets, withBusyWorkers } from "../../src/formats/busy-workers.ts";
import { parsePhpa } from "../../src/formats/phpa.ts";
import { renderWorkerAutoscalerStatus, restoreMemory } from "../../src/formats/status.ts";
import { parseWorkerAutoscaler, secretsOf } from "../../src/formats/worker-autoscaler.ts";
import { parseWorkerPodAutoscaler } from "../../src/formats/worker-pod-autoscaler.ts";
import { SOURCES } from "../../src/sources/registry.generated.ts";
import { defineSource } from "../../src/sources/shared/source.ts";

/** A source that tells who is busy, and needs a credential. */
const BROKER = defineSource({
  type: "broker",
  about: "A broker.",
  settings: z.strictObject({ queue: z.string(), password: z.string().optional().meta({ secret: true }) }),
  pace: { movingSeconds: 1, steadySeconds: 1 },
  connect: () => ({ read: async () => ({ at: 0, value: 0 }) }),
  consumers: { open: () => ({ read: async () => ({ at: 0, consumers: [] }) }) },
});

function workerAutoscaler(busyWorkers: unknown, secrets: Readonly<Record<string, string>> = {}): Parsed {
  const object = {
    ...{ apiVersion: "muster.dev/v1alpha1", kind: "WorkerAutoscaler" },
    metadata: { namespace: "shop", name: "mailer" },
    spec: {
      scaleTargetRef: { kind: "Deployment", name: "mailer" },
      maxReplicas: 10,
      signals: [
        { name: "queue", source: { beanstalkd: { host: "queue", tube: "mail" } }, backlog: { messagesPerReplica: 5 } },
      ],
      busyWorkers,
    },
  };
  const lookup = ({ key }: { readonly key: string }) => secrets[key] ?? ({ reason: "SecretMissing" } as const);
  return parseWorkerAutoscaler(object, { secrets: lookup }, [...SOURCES, BROKER]);
}

const busyWorkersOf = (parsed: Parsed) => ("autoscaler" in parsed ? parsed.autoscaler.busyWorkers : parsed.problems);
const problemsOf = (parsed: Parsed) => parsed.problems.map(({ path, message }) => `${path}: ${message}`);

test("busyWorkers has a source with its credential, or a probe, or neither", () => {
  assert.deepEqual(busyWorkersOf(workerAutoscaler({})), { protect: "Always" });
  assert.deepEqual(busyWorkersOf(workerAutoscaler({ protect: "Prefer", probe: { port: 8080 } })), {
    protect: "Prefer",
    probe: { port: 8080, path: "/busy", timeoutSeconds: 2 },
  });
  const source = { broker: { queue: "mail", password: { secretRef: { name: "broker", key: "password" } } } };
  assert.deepEqual(busyWorkersOf(workerAutoscaler({ forceAfterSeconds: 600, source }, { password: "hunter2" })), {
    ...{ protect: "Always", forceAfterSeconds: 600 },
    source: { type: "broker", settings: { queue: "mail", password: "hunter2" } },
  });
});

test("all that is wrong with busyWorkers is said at once, with its place", () => {
  const wrong = workerAutoscaler({
    ...{ protect: "Prefer", forceAfterSeconds: 5, probe: { port: 80 } },
    source: { broker: { queue: "mail", password: { secretRef: { name: "broker", key: "password" } } } },
  });
  const [both, force, secret, ...more] = problemsOf(wrong);
  assert.equal(both, "spec.busyWorkers.probe: expected either source or probe, got both");
  assert.match(force ?? "", /^spec\.busyWorkers\.forceAfterSeconds: expected it beside protect: Always alone/);
  assert.match(
    secret ?? "",
    /^spec\.busyWorkers\.source\.broker\.password: expected key "password" in Secret "broker"/,
  );
  assert.deepEqual(more, []);
});

test("a source that cannot tell who is busy is refused, with those that can", () => {
  const [said] = problemsOf(
    workerAutoscaler({ source: { sqs: { queueUrl: "https://sqs.eu-west-1.amazonaws.com/1/a" } } }),
  );
  assert.match(said ?? "", /^spec\.busyWorkers\.source: expected one of .*broker.*, got "sqs"/);
  assert.match(
    problemsOf(workerAutoscaler({ probe: { path: "busy", port: 0 } })).join("\n"),
    /probe\.port.*\n.*begins with \//s,
  );
});

test("the Secret of a busyWorkers source is watched like a signal's", () => {
  const spec = {
    scaleTargetRef: { kind: "Deployment", name: "mailer" },
    maxReplicas: 10,
    signals: [{ name: "queue", source: { beanstalkd: {} }, backlog: { messagesPerReplica: 5 } }],
    busyWorkers: { source: { rabbitmq: { password: { secretRef: { name: "broker", key: "password" } } } } },
  };
  assert.deepEqual(secretsOf({ spec }), [{ name: "broker", key: "password" }]);
});

test("a database is asked by busyQuery, and query is another name of it", () => {
  const server = { host: "db", database: "shop", username: "muster" };
  const busyQuery = "SELECT locked_by FROM jobs WHERE locked_by IS NOT NULL";
  for (const type of ["postgresql", "mysql"]) {
    const settings = (source: Readonly<Record<string, unknown>>) => {
      const parsed = busyWorkersOf(workerAutoscaler({ source: { [type]: { ...server, ...source } } }));
      return parsed !== undefined && "source" in parsed ? parsed.source?.settings : parsed;
    };
    const asked = settings({ busyQuery }) as Readonly<Record<string, unknown>>;
    assert.deepEqual([asked.query, asked.busyQuery], [busyQuery, undefined]);
    assert.deepEqual(settings({ query: busyQuery }), asked);
    const wrong = (source: Readonly<Record<string, unknown>>) =>
      problemsOf(workerAutoscaler({ source: { [type]: { ...server, ...source } } }));
    const at = `spec.busyWorkers.source.${type}`;
    assert.deepEqual(wrong({}), [`${at}.busyQuery: expected busyQuery, got nothing`]);
    assert.deepEqual(wrong({ busyQuery, query: busyQuery }), [`${at}.busyQuery: expected busyQuery, got query too`]);
    assert.match(wrong({ busyQery: busyQuery }).join(), /busyQery: unknown setting/);
  }
  const signal = { name: "jobs", source: { postgresql: { ...server, busyQuery } }, backlog: { messagesPerReplica: 1 } };
  const misplaced = parseWorkerAutoscaler({
    ...{ apiVersion: "muster.dev/v1alpha1", kind: "WorkerAutoscaler", metadata: { namespace: "shop", name: "mailer" } },
    spec: { scaleTargetRef: { kind: "Deployment", name: "mailer" }, maxReplicas: 10, signals: [signal] },
  });
  assert.match(problemsOf(misplaced).join(), /busyQuery: unknown setting/);
});

function workerPodAutoscaler(annotation?: string, secrets: Readonly<Record<string, string>> = {}): Parsed {
  const object = {
    ...{ apiVersion: "k8s.practo.dev/v1", kind: "WorkerPodAutoScaler" },
    metadata: {
      ...{ namespace: "shop", name: "mailer" },
      ...(annotation !== undefined && { annotations: { "muster.dev/busy-workers": annotation } }),
    },
    spec: {
      ...{ minReplicas: 0, maxReplicas: 10, deploymentName: "mailer", targetMessagesPerWorker: 5 },
      queueURI: "beanstalk://queue:11300/mail",
    },
  };
  const lookup = ({ key }: { readonly key: string }) => secrets[key] ?? ({ reason: "SecretMissing" } as const);
  return parseWorkerPodAutoscaler(object, undefined, undefined, lookup);
}

test("the annotation takes a source, whose credential is in a Secret that is watched with the object", () => {
  const annotation =
    "{source: {postgresql: {host: db, database: shop, username: muster, password: {secretRef: {name: db, key: pass}}, busyQuery: SELECT 1}}}";
  const parsed = busyWorkersOf(workerPodAutoscaler(annotation, { pass: "hunter2" }));
  assert.ok(parsed !== undefined && "source" in parsed, JSON.stringify(parsed));
  const { password, query } = (parsed.source?.settings ?? {}) as Readonly<Record<string, unknown>>;
  assert.deepEqual([parsed.source?.type, password, query], ["postgresql", "hunter2", "SELECT 1"]);
  assert.deepEqual(annotatedSecrets({ "muster.dev/busy-workers": annotation }), [{ name: "db", key: "pass" }]);
  for (const without of [undefined, {}, { "muster.dev/busy-workers": "{" }, { "muster.dev/busy-workers": "{}" }]) {
    assert.deepEqual(annotatedSecrets(without), []);
  }
  const [missing] = problemsOf(workerPodAutoscaler(annotation));
  assert.match(missing ?? "", /busy-workers\.source\.postgresql\.password: expected key "pass" in Secret "db"/);
  const [plain] = problemsOf(workerPodAutoscaler("{source: {redis: {host: r, stream: a, password: secret}}}"));
  assert.match(plain ?? "", /redis\.password: expected secretRef/);
  const [unknown] = problemsOf(workerPodAutoscaler("{source: {sqs: {}}}"));
  assert.match(unknown ?? "", /busy-workers\.source: expected one of .*rabbitmq.*, got "sqs"/);
});

test("a WorkerPodAutoScaler has busyWorkers by an annotation, and without it none", () => {
  assert.equal(busyWorkersOf(workerPodAutoscaler()), undefined);
  assert.deepEqual(busyWorkersOf(workerPodAutoscaler("{protect: Always, probe: {port: 80, path: /b}}")), {
    protect: "Always",
    probe: { port: 80, path: "/b", timeoutSeconds: 2 },
  });
  assert.deepEqual(busyWorkersOf(workerPodAutoscaler('{"protect":"Prefer"}')), { protect: "Prefer" });
  assert.deepEqual(busyWorkersOf(workerPodAutoscaler("{}")), { protect: "Always" });
});

test("a wrong annotation is a problem of that annotation", () => {
  for (const wrong of ["", "protect: [", "7", "a: 1\n---\nb: 2", "protect: Never", `protect: ${"x".repeat(5000)}`]) {
    const problems = problemsOf(workerPodAutoscaler(wrong));
    assert.ok(problems.length > 0, wrong.slice(0, 20));
    for (const problem of problems) assert.match(problem, /muster\.dev\/busy-workers/);
  }
  const [unknown] = problemsOf(workerPodAutoscaler("{protct: Always}"));
  assert.match(unknown ?? "", /protct/);
});

/** How a PHPA file names a variable of the environment. */
const variable = (name: string) => `\${${name}}`;

test("a PHPA file has busyWorkers by a key", () => {
  const file = (busyWorkers?: unknown, environment: Readonly<Record<string, string>> = {}) =>
    parsePhpa(
      {
        ...{ kind: "PHPAConfig", fallbackEnabled: false, busyWorkers },
        deployment: { name: "mailer", namespace: "shop", minReplicas: 1, maxReplicas: 5 },
        metric: { name: "lag", metricType: "negative", metricThreshold: 5, metricMargin: 1 },
        metricServer: { adaptor: "prometheus", prometheus: { host: "prometheus", port: 9090, query: "lag" } },
      },
      { environment },
    );
  assert.equal(busyWorkersOf(file()), undefined);
  const stated = busyWorkersOf(file({ protect: "Always", forceAfterSeconds: 60 }));
  assert.deepEqual(stated, { protect: "Always", forceAfterSeconds: 60 });
  assert.match(problemsOf(file({ protect: "Maybe" })).join(), /busyWorkers\.protect: expected/);
  const rabbitmq = {
    host: "rabbitmq",
    queue: "mail",
    managementUrl: "http://rabbitmq:15672",
    password: variable("PASS"),
  };
  const asked = busyWorkersOf(file({ source: { rabbitmq } }, { PASS: "hunter2" }));
  assert.ok(asked !== undefined && "source" in asked, JSON.stringify(asked));
  const { queue, password } = (asked.source?.settings ?? {}) as Readonly<Record<string, unknown>>;
  assert.deepEqual([asked.source?.type, queue, password], ["rabbitmq", "mail", "hunter2"]);
  assert.deepEqual(problemsOf(file({ source: { rabbitmq } })), [
    "busyWorkers.source.rabbitmq.password: expected PASS in the environment, got nothing",
  ]);
  assert.match(
    problemsOf(file({ source: { graphite: {} } })).join(),
    /busyWorkers\.source: expected one of .*, got "graphite"/,
  );
});

test("--protect-busy-workers holds for autoscalers that say nothing", () => {
  assert.equal(busyWorkersOf(withBusyWorkers(workerPodAutoscaler(), undefined)), undefined);
  assert.deepEqual(busyWorkersOf(withBusyWorkers(workerPodAutoscaler(), "Prefer")), { protect: "Prefer" });
  assert.deepEqual(busyWorkersOf(withBusyWorkers(workerPodAutoscaler("{}"), "Prefer")), { protect: "Always" });
});

test("the status has who was busy and since when they hold a scale-down up, and forgets that with the hold", () => {
  const at = Date.UTC(2026, 0, 5, 12);
  const decision = {
    desiredReplicas: 5,
    direction: "none",
    steps: [],
    signals: [],
    memory: { heldByBusySince: at },
  } as const;
  const busy = Array.from({ length: 40 }, (_, index) => ({ pod: `mailer-${index}`, because: "works on 1 message" }));
  const workers = { at, pods: 41, idle: ["mailer-x"], busy, according: "RabbitMQ" };
  const account: Account = { at, signals: {}, conditions: [], decision, workers };
  const status = renderWorkerAutoscalerStatus(account);
  assert.equal(restoreMemory(status).heldByBusySince, at);
  const shown = status.workers as { readonly busyPods: readonly string[]; readonly busy: number };
  assert.deepEqual([shown.busy, shown.busyPods.length], [40, 10]);
  const after = renderWorkerAutoscalerStatus({ ...account, decision: { ...decision, memory: {} } }, status);
  assert.equal(restoreMemory(after).heldByBusySince, undefined);
});
