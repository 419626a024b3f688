import assert from "node:assert/strict";
import { test } from "node:test";
import { crdFields } from "../support/crd-fields.ts";
import { describeKind, type ServedKind } from "../support/kind-server.ts";

const SIGNAL = {
  name: "lag",
  source: { prometheus: { url: "http://prometheus:9090", query: "sum(lag)" } },
  perReplica: { value: 50 },
};
const SPEC = { scaleTargetRef: { kind: "Deployment", name: "mailer" }, maxReplicas: 40, signals: [SIGNAL] };

const window = (more: object) => ({ schedule: [{ name: "w", start: "0 8 * * *", durationSeconds: 60, ...more }] });
const signal = (more: object) => ({ signals: [{ ...SIGNAL, ...more }] });
const { perReplica: _, ...UNRULED } = SIGNAL;
const band = (more: object) => ({ signals: [{ ...UNRULED, band: more }] });
const KAFKA = { brokers: ["kafka:9092"], topics: ["mail"], group: "mailer" };
const secret = { secretRef: { name: "kafka", key: "password" } };

/** What fits no schema but a rule, with the rule's message. */
const CONTRADICTIONS: readonly [string, Record<string, unknown>][] = [
  ["expected minReplicas to be at most maxReplicas", { minReplicas: 41 }],
  ["at most maxReplicas in every window of the schedule", window({ minReplicas: 41 })],
  ["at most maxReplicas in every window of the schedule", { minReplicas: 5, ...window({ maxReplicas: 4 }) }],
  ["expected spec.fallback beside whenMissing: Fallback", signal({ whenMissing: "Fallback" })],
  ["expected either end or durationSeconds", window({ end: "0 18 * * *" })],
  ["expected either end or durationSeconds", window({ durationSeconds: undefined })],
  [
    "expected either namespace and metricName, or an expression",
    signal({ source: { cloudwatch: { region: "eu-west-1", namespace: "AWS/SQS" } } }),
  ],
  [
    "expected either namespace and metricName, or an expression",
    signal({ source: { cloudwatch: { region: "eu-west-1", namespace: "n", metricName: "m", expression: "e" } } }),
  ],
  [
    "expected either end or durationSeconds",
    signal({ source: { cron: { start: "0 8 * * *", value: 1, end: "0 9 * * *", durationSeconds: 1 } } }),
  ],
  ["expected either source or probe, got both", { busyWorkers: { source: SIGNAL.source, probe: { port: 8080 } } }],
  [
    "expected forceAfterSeconds beside protect: Always alone",
    { busyWorkers: { protect: "Prefer", forceAfterSeconds: 60 } },
  ],
  ["expected both username and password, or neither", signal({ source: { kafka: { ...KAFKA, username: "mailer" } } })],
  ["expected exactly one rule of backlog, throughput, perReplica, band, drain in each signal", { signals: [UNRULED] }],
  ["expected either low and high or threshold and margin", band({ low: 1 })],
  ["expected either low and high or threshold and margin", band({ low: 1, high: 2, threshold: 1, margin: 1 })],
  ["expected either low and high or threshold and margin", band({})],
  ["expected low to be at most high", band({ low: 3, high: 2 })],
  [
    "expected drain.secondsPerMessage, as this source does not count finished messages",
    { signals: [{ ...UNRULED, drain: { withinSeconds: 60 } }] },
  ],
];

const FITTING: readonly Record<string, unknown>[] = [
  { busyWorkers: {} },
  { busyWorkers: { protect: "Prefer", probe: { port: 8080 } } },
  { busyWorkers: { forceAfterSeconds: 7_200, source: SIGNAL.source } },
  { minReplicas: 40 },
  window({ minReplicas: 41, maxReplicas: 50 }),
  { ...signal({ whenMissing: "Fallback" }), fallback: { replicas: 1 } },
  window({ end: "0 18 * * *", durationSeconds: undefined }),
  signal({ source: { cloudwatch: { region: "eu-west-1", namespace: "AWS/SQS", metricName: "m" } } }),
  signal({ source: { cloudwatch: { region: "eu-west-1", expression: "SUM(METRICS())" } } }),
  signal({ source: { cron: { start: "0 8 * * *", value: 1, durationSeconds: 1 } } }),
  signal({ source: { kafka: KAFKA } }),
  signal({ source: { kafka: { ...KAFKA, username: "mailer", password: secret } } }),
  band({ low: 2, high: 2 }),
  band({ threshold: 2, margin: 1 }),
  { signals: [{ ...UNRULED, drain: { withinSeconds: 60, secondsPerMessage: 0.5 } }] },
  { signals: [{ ...UNRULED, source: { beanstalkd: { host: "q", tube: "mail" } }, drain: { withinSeconds: 60 } }] },
];

const WORKER_AUTOSCALER: ServedKind = {
  crd: "deploy/crds/muster.dev_workerautoscalers.yaml",
  crdWithRules: "deploy/crds/cel/muster.dev_workerautoscalers.yaml",
  apiVersion: "muster.dev/v1alpha1",
  kind: "WorkerAutoscaler",
  spec: SPEC,
};

describeKind(WORKER_AUTOSCALER, (server) => {
  const { run, create } = server;

  test("a short object is taken, printed, and completed with defaults", () => {
    assert.equal(create("mailer").stderr, "");
    const { spec } = JSON.parse(run(["get", "wa", "mailer", "-o", "json"]).stdout);
    assert.deepEqual([spec.mode, spec.minReplicas, spec.signals[0].whenMissing], ["Active", 0, "Hold"]);
    // What no controller has seen has no numbers yet.
    assert.match(run(["get", "wa"]).stdout, /^mailer +mailer +\d+s$/m);
    assert.match(run(["get", "wa", "-o", "wide"]).stdout, /^mailer +mailer +Active +\d+s$/m);
  });

  test("a full object is taken", () => {
    const policies = [{ type: "Percent", value: 50, periodSeconds: 60 }];
    const full = {
      behavior: { scaleUp: { policies }, scaleDown: { stabilizationWindowSeconds: 300, selectPolicy: "Min" } },
      fallback: { replicas: 3, approach: "Stepwise", afterSeconds: 60 },
      schedule: [{ name: "office", start: "0 8 * * *", end: "0 18 * * *", timeZone: "Europe/Berlin", minReplicas: 2 }],
      maxDisruption: "50%",
      signals: [
        { ...SIGNAL, whenMissing: "Fallback" },
        {
          name: "jobs",
          source: {
            postgresql: {
              host: "db",
              database: "d",
              username: "u",
              query: "select count(*) from jobs",
              password: { secretRef: { name: "db", key: "password" } },
            },
          },
          backlog: { messagesPerReplica: 10 },
        },
      ],
    };
    assert.equal(create("full", full).stderr, "");
  });

  test("what a schema can catch is refused: enums, minimums, no second rule or source, credentials in the open", () => {
    const password = { postgresql: { host: "db", database: "d", username: "u", query: "q", password: "hunter2" } };
    const refused: Record<string, unknown>[] = [
      { maxReplicas: 0 },
      { maxReplicas: undefined },
      { mode: "Asleep" },
      { signals: [] },
      { signals: [{ ...SIGNAL, backlog: { messagesPerReplica: 1 } }] },
      { signals: [{ ...SIGNAL, source: {} }] },
      { signals: [{ ...SIGNAL, source: { ...SIGNAL.source, redis: { host: "h", key: "k" } } }] },
      { signals: [{ ...SIGNAL, source: password }] },
      { signals: [SIGNAL, SIGNAL] },
      { maxDisruption: "half" },
      { fallback: { replicas: -1 } },
      { behavior: { scaleUp: { selectPolicy: "Most" } } },
      { busyWorkers: { protect: "Sometimes" } },
      { busyWorkers: { forceAfterSeconds: 0 } },
      { busyWorkers: { probe: { path: "/busy" } } },
      { busyWorkers: { probe: { port: 8080, path: "busy" } } },
      { busyWorkers: { probe: { port: 8080, timeoutSeconds: 11 } } },
    ];
    for (const [index, changes] of refused.entries()) {
      const { status, stderr } = create(`bad-${index}`, changes);
      assert.notEqual(status, 0, JSON.stringify(changes));
      assert.match(stderr, /spec|Required|validat/i);
    }
  });

  test("fields that do not fit together are refused by a server that checks rules; others leave it to the controller", () => {
    for (const [index, [message, changes]] of CONTRADICTIONS.entries()) {
      const { status, stderr } = create(`contradiction-${index}`, changes);
      assert.equal(status, server.hasRules ? 1 : 0, `${message}: ${stderr}`);
      if (server.hasRules) assert.ok(stderr.includes(message), `${message}: ${stderr}`);
    }
  });

  test("what the rules speak of is taken where it fits together", () => {
    for (const [index, changes] of FITTING.entries()) {
      const { stderr } = create(`fitting-${index}`, changes);
      assert.equal(stderr, "", JSON.stringify(changes));
    }
  });

  test("the example is taken, by a client's apply and by the server's", () => {
    const file = ["-f", "examples/worker-autoscaler.yaml"];
    assert.equal(run(["apply", ...file]).stderr, "");
    const applied = run(["apply", "--server-side", "--force-conflicts", ...file]);
    assert.equal(applied.status, 0, applied.stderr);
    const { metadata, spec } = JSON.parse(run(["get", "wa", "newsletter", "-o", "json"]).stdout);
    assert.equal(spec.signals.length, 2);
    assert.equal(metadata.generation, 1);
  });

  test("the example with busy workers is taken, and protects them always unless it says otherwise", () => {
    const file = ["-f", "examples/busy-workers.yaml"];
    assert.equal(run(["apply", ...file]).stderr, "");
    const { spec } = JSON.parse(run(["get", "wa", "reports", "-o", "json"]).stdout);
    assert.equal(spec.busyWorkers.protect, "Always");
    assert.equal(spec.busyWorkers.source.rabbitmq.queue, "reports");
  });

  test("kubectl explain gives each field's meaning and unit", () => {
    // The settings of sources are many and made alike: one source's will do.
    const isAlike = (path: string) => /source\.(?!redis)[^.]+\./.test(path);
    const fields = crdFields("deploy/crds/muster.dev_workerautoscalers.yaml").filter(
      ([path]) => path.startsWith("spec") && !isAlike(path),
    );
    assert.ok(fields.length > 80, `${fields.length} fields`);
    const plain = (text: string) => text.replaceAll(/\s+/g, "");
    // An object is printed with the texts of all its fields.
    for (const [parent, children] of Map.groupBy(fields, ([path]) => path.split(".").slice(0, -1).join("."))) {
      const { stdout } = run(["explain", parent === "" ? "wa" : `wa.${parent}`]);
      for (const [path, { description = "nothing" }] of children)
        assert.ok(plain(stdout).includes(plain(description)), `${path}: ${stdout}`);
    }
  });
});
