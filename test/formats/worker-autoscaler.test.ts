import assert from "node:assert/strict";
import { test } from "node:test";
import type { Autoscaler } from "../../src/core/index.ts";
import { describeProblem, isError } from "../../src/formats/problems.ts";
import type { SecretLookup } from "../../src/formats/source-settings.ts";
import { parseWorkerAutoscaler, secretsOf } from "../../src/formats/worker-autoscaler.ts";

const SIGNAL = {
  name: "lag",
  source: { prometheus: { url: "http://prometheus:9090", query: "sum(lag)" } },
  perReplica: { value: 50 },
};
const SPEC = { scaleTargetRef: { kind: "Deployment", name: "mailer" }, maxReplicas: 40, signals: [SIGNAL] };

type Changes = Readonly<Record<string, unknown>>;
const secrets: SecretLookup = ({ name, key }) => {
  if (name === "secret") return { reason: "SecretForbidden", because: "cannot list resource secrets" };
  if (name === "away") return { reason: "SecretUnreadable", because: "no connection" };
  if (name !== "db") return { reason: "SecretMissing" };
  return key === "password" ? "s3cret" : { reason: "SecretKeyMissing" };
};

function parsed(changes: Changes = {}, status?: unknown) {
  const metadata = { name: "mailer", namespace: "shop" };
  const object = { apiVersion: "muster.dev/v1alpha1", kind: "WorkerAutoscaler", metadata, status };
  return parseWorkerAutoscaler({ ...object, spec: { ...SPEC, ...changes } }, { secrets });
}

function autoscaler(changes: Changes = {}): Autoscaler {
  const result = parsed(changes);
  if (!("autoscaler" in result)) throw new Error(result.problems.map(describeProblem).join("\n"));
  return result.autoscaler;
}

function errors(changes: Changes): readonly string[] {
  return parsed(changes).problems.filter(isError).map(describeProblem);
}

const signal = (changes: Changes) => ({ signals: [{ ...SIGNAL, ...changes }] });
const { perReplica: _, ...NO_RULE } = SIGNAL;
const drain = (fields: Changes) => ({ signals: [{ ...NO_RULE, drain: fields }] });

test("a short object is complete by its defaults", () => {
  const { signals, origin: __, ...rest } = autoscaler();
  assert.deepEqual(rest, {
    id: "WorkerAutoscaler/shop/mailer",
    profile: "worker-autoscaler",
    target: { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "mailer" },
    minReplicas: 0,
    maxReplicas: 40,
    mode: "Active",
    coolDownSeconds: 300,
  });
  const [lag] = signals;
  assert.deepEqual(lag?.rule, { kind: "perReplica", valuePerReplica: 50, activationValue: 0, tolerance: 0.1 });
  assert.deepEqual([lag?.freshnessSeconds, lag?.whenMissing], [120, "Hold"]);
  assert.equal(lag?.source.settings.query, "sum(lag)");
});

test("a password in an address that must have none is refused, and not repeated", () => {
  for (const url of ["http://me:s3cret@prometheus:9090", "http://me:s3/cret@prometheus", "ftp://s3cret@prometheus/x"]) {
    const [found = ""] = errors(signal({ source: { prometheus: { url, query: "up" } } }));
    assert.match(found, /^spec\.signals\[0\]\.source\.prometheus\.url: expected .*, got "\w+:\/\/\.\.\.@prometheus/);
    assert.doesNotMatch(found, /s3|cret/);
  }
});

test("each rule can be written, a band in two ways", () => {
  const rule = (changes: Changes) => autoscaler({ signals: [{ ...NO_RULE, ...changes }] }).signals[0]?.rule;
  assert.deepEqual(rule({ backlog: { messagesPerReplica: 5 } }), {
    kind: "backlog",
    messagesPerReplica: 5,
    tolerance: 0.1,
  });
  assert.deepEqual(rule({ perReplica: { value: 5, concurrency: 2 } }), {
    ...{ kind: "perReplica", valuePerReplica: 5, activationValue: 0 },
    ...{ tolerance: 0.1, concurrency: 2 },
  });
  assert.deepEqual(rule({ throughput: { secondsPerMessage: 2 } }), {
    kind: "throughput",
    secondsPerMessage: 2,
    utilization: 1,
  });
  const ends = { direction: "HighIsIdle", stepUp: 2, stepDown: 1 };
  const band = { kind: "band", low: 5, high: 15, ...ends };
  assert.deepEqual(rule({ band: { low: 5, high: 15, direction: "HighIsIdle", stepUp: 2 } }), band);
  assert.deepEqual(rule({ band: { threshold: 10, margin: 5, direction: "HighIsIdle", stepUp: 2 } }), band);
  assert.deepEqual(rule({ drain: { withinSeconds: 60, secondsPerMessage: 2 } }), {
    ...{ kind: "drain", share: 0.99, withinSeconds: 60, prefer: "Cost" },
    ...{ secondsPerMessage: 2, concurrency: 1, headroom: 0, startUpSeconds: 30 },
  });
});

test("a stated direction of behavior has autoscaling/v2's defaults, the other no limit", () => {
  assert.deepEqual(autoscaler({ behavior: { scaleDown: {} } }).behavior, {
    scaleDown: {
      stabilizationWindowSeconds: 300,
      selectPolicy: "Max",
      policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
    },
  });
  const policies = [{ type: "Pods", value: 2, periodSeconds: 60 }];
  assert.deepEqual(autoscaler({ behavior: { scaleUp: { policies, selectPolicy: "Min" } } }).behavior?.scaleUp, {
    stabilizationWindowSeconds: 0,
    selectPolicy: "Min",
    policies,
  });
});

test("the algorithm of HPAs without behavior is a profile of its own, with nothing beside it", () => {
  const older = autoscaler({ behavior: { algorithm: "AutoscalingV1" } });
  assert.deepEqual([older.profile, older.behavior], ["worker-autoscaler-v1", undefined]);
  assert.deepEqual(errors({ behavior: { algorithm: "AutoscalingV1", scaleDown: {} } }), [
    "spec.behavior.scaleDown: expected nothing beside algorithm: AutoscalingV1, which has limits of its own (leave out scaleDown, or algorithm)",
  ]);
});

test("a tolerance of behavior is kept, and one without effect is a warning", () => {
  const behavior = { scaleUp: { tolerance: 0.2 } };
  assert.equal(autoscaler({ behavior }).behavior?.scaleUp?.tolerance, 0.2);
  const { problems } = parsed({ behavior, signals: [{ ...NO_RULE, backlog: { messagesPerReplica: 5 } }] });
  assert.deepEqual(problems.map(describeProblem), [
    "spec.behavior.scaleUp.tolerance: expected a signal with a perReplica rule, got none: this tolerance has no effect",
  ]);
  assert.deepEqual(problems.filter(isError), []);
});

test("a value per replica that is finer than a thousandth is a warning", () => {
  const warnings = (value: number) => parsed(signal({ perReplica: { value } })).problems.map(describeProblem);
  for (const value of [50, 0.7, 2.1, 0.001, 8.2, 1.005, 3e15]) assert.deepEqual(warnings(value), [], String(value));
  assert.match(
    warnings(0.00025)[0] ?? "",
    /^spec\.signals\[0\]\.perReplica\.value: .*got 0\.00025: it counts as 0\.001/,
  );
  assert.match(warnings(1.0004)[0] ?? "", /it counts as 1\.001/);
});

test("what fits no schema or does not fit together is named by field", () => {
  const fallback = { replicas: 3 };
  const window = { name: "w", start: "0 8 * * *", end: "0 18 * * *" };
  const cases: [Changes, RegExp][] = [
    [{ maxReplicas: 0 }, /^spec\.maxReplicas: expected a number of 1 or more, got 0/],
    [{ minReplicas: 50 }, /^spec\.minReplicas: expected at most maxReplicas \(40\), got 50/],
    [{ mode: "Asleep" }, /^spec\.mode: expected one of Active, DryRun, Paused, got "Asleep"/],
    [{ signals: [] }, /^spec\.signals: expected 1 entry or more, got a list/],
    [{ signals: [NO_RULE] }, /^spec\.signals\[0\]: expected exactly one rule of backlog, .*, got none/],
    [signal({ backlog: { messagesPerReplica: 1 } }), /^spec\.signals\[0\]: .*got backlog, perReplica/],
    [signal({ perReplica: { value: 0 } }), /^spec\.signals\[0\]\.perReplica\.value: expected a number above 0, got 0/],
    [{ signals: [SIGNAL, SIGNAL] }, /^spec\.signals\[1\]\.name: expected a name of its own, got "lag" again/],
    [signal({ source: {} }), /^spec\.signals\[0\]\.source: expected exactly one source, got none/],
    [signal({ source: { promethius: {} } }), /source: .*got "promethius" \(did you mean `prometheus`\?\)/],
    [
      signal({ source: { prometheus: { url: "ftp://x", query: "a" } } }),
      /source\.prometheus\.url: expected a URL such as http:.*, got "ftp:\/\/x"/,
    ],
    [
      signal({ source: { prometheus: { url: "http://p", query: "a", qurey: 1 } } }),
      /prometheus\.qurey: unknown setting \(did you mean `query`\?\)/,
    ],
    [signal({ whenMissing: "Fallback" }), /^spec\.signals\[0\]\.whenMissing: expected spec\.fallback beside/],
    [signal({ perReplica: undefined, band: { low: 3 } }), /band: expected either low and high or threshold and margin/],
    [signal({ perReplica: undefined, band: { low: 3, high: 2 } }), /band\.low: expected at most high \(2\), got 3/],
    [{ fallback: { replicas: -1 } }, /^spec\.fallback\.replicas: expected a number of 0 or more/],
    [
      { behavior: { scaleUp: { policies: [{ type: "Pods", value: 1, periodSeconds: 9999 }] } } },
      /periodSeconds: expected a number of at most 1800/,
    ],
    [
      { schedule: [{ ...window, start: "8 o'clock" }] },
      /^spec\.schedule\[0\]\.start: expected a cron expression such as 0 8 \* \* MON-FRI, got "8 o'clock": /,
    ],
    [
      { schedule: [{ ...window, timeZone: "Mars/Base" }] },
      /^spec\.schedule\[0\]\.timeZone: expected an IANA time zone such as Europe\/Berlin, got "Mars\/Base"$/,
    ],
    [
      { schedule: [{ ...window, durationSeconds: 5 }] },
      /^spec\.schedule\[0\]: expected either end or durationSeconds, got both/,
    ],
    [
      { schedule: [{ ...window, minReplicas: 90 }] },
      /^spec\.schedule\[0\]\.minReplicas: expected at most maxReplicas \(40\)/,
    ],
    [drain({}), /^spec\.signals\[0\]\.drain: expected either withinSeconds or objective, got neither/],
    [drain({ withinSeconds: 0 }), /^spec\.signals\[0\]\.drain\.withinSeconds: expected a number above 0, got 0/],
    [drain({ withinSeconds: "1m" }), /drain\.withinSeconds: expected a number, got "1m"/],
    [drain({ withinSeconds: 1e9 }), /drain\.withinSeconds: expected at most 2592000 \(30 days\), got 1000000000/],
    [
      drain({ withinSeconds: 60, secondsPerMessage: -1 }),
      /drain\.secondsPerMessage: expected a number above 0, got -1/,
    ],
    [drain({ withinSeconds: 60, concurrency: 0 }), /drain\.concurrency: expected a number of 1 or more, got 0/],
    [drain({ withinSeconds: 60, concurrency: 1.5 }), /drain\.concurrency: expected a whole number, got 1\.5/],
    [drain({ withinSeconds: 60, headroom: -0.1 }), /drain\.headroom: expected 0 or more, got -0\.1/],
    [drain({ withinSeconds: 60, headroom: 11 }), /drain\.headroom: expected at most 10, got 11/],
    [drain({ withinSeconds: 60, startUpSeconds: 0 }), /drain\.startUpSeconds: expected a number of 1 or more, got 0/],
    [
      drain({ withinSeconds: 60 }),
      /^spec\.signals\[0\]\.drain\.secondsPerMessage: expected the seconds that a message takes, got nothing: prometheus does not count finished messages.* \(write secondsPerMessage/,
    ],
    [{ maxDisruption: "half" }, /^spec\.maxDisruption: expected a percentage/],
  ];
  for (const [changes, expected] of cases) {
    const found = errors(changes);
    assert.match(found[0] ?? "", expected);
  }
  const idle = parsed({ fallback });
  assert.match(idle.problems.map(describeProblem).join(), /spec\.fallback: .*the fallback has no effect/);
  assert.ok("autoscaler" in idle);
});

test("the cool-down that is not stated is 300 s, and 60 s where all signals drain", () => {
  const one = { ...NO_RULE, drain: { withinSeconds: 60, secondsPerMessage: 1 } };
  assert.equal(autoscaler().coolDownSeconds, 300);
  assert.equal(autoscaler({ signals: [one] }).coolDownSeconds, 60);
  assert.equal(autoscaler({ signals: [one], cooldownSeconds: 0 }).coolDownSeconds, 0);
  assert.equal(autoscaler({ signals: [one, { ...SIGNAL, name: "other" }] }).coolDownSeconds, 300);
});

test("a drain rule asks an SQS queue for its completions, so that the time of a message is learned; no other rule does", () => {
  const source = { sqs: { queueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/mails" } };
  const settings = (rule: object) =>
    autoscaler({ signals: [{ name: "queue", source, ...rule }] }).signals[0]?.source.settings;
  assert.equal(settings({ drain: { withinSeconds: 60 } })?.completions, true);
  assert.equal(settings({ drain: { withinSeconds: 60, secondsPerMessage: 2 } })?.completions, true);
  assert.equal(settings({ backlog: { messagesPerReplica: 5 } })?.completions, false);
});

test("a forecast is off unless it is asked for, and a warning where arrivals are not counted at each poll", () => {
  const found = (source: object, forecast?: string) => {
    const rule = { withinSeconds: 60, secondsPerMessage: 1, ...(forecast && { forecast }) };
    return parsed({ signals: [{ name: "queue", source, drain: rule }] }).problems.map(describeProblem);
  };
  const tube = { beanstalkd: { host: "queues", tube: "mail" } };
  const queue = { sqs: { queueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/mails" } };
  for (const forecast of ["Off", "Shadow", "Raise"]) assert.deepEqual(found(tube, forecast), []);
  assert.deepEqual(found(queue), []);
  assert.match(found(queue, "Raise")[0] ?? "", /^spec\.signals\[0\]\.drain\.forecast: .*the forecast has no effect/);
  assert.match(found(tube, "Always")[0] ?? "", /drain\.forecast: expected/);
});

test("an objective that a new replica cannot meet is a warning", () => {
  const { problems } = parsed(drain({ withinSeconds: 20, secondsPerMessage: 1 }));
  assert.match(
    problems.map(describeProblem).join(),
    /^spec\.signals\[0\]\.drain\.withinSeconds: expected at least startUpSeconds \(30\), got 20: a message/,
  );
  assert.deepEqual(problems.filter(isError), []);
});

test("credentials come from Secrets, are asked for by name, and never stand in the object or a message", () => {
  const source = (password: unknown) => ({
    postgresql: { host: "db", database: "d", username: "u", query: "select 1", password },
  });
  const reference = { secretRef: { name: "db", key: "password" } };
  const good = autoscaler(signal({ source: source(reference) }));
  assert.equal(good.signals[0]?.source.settings.password, "s3cret");
  assert.deepEqual(secretsOf({ spec: { ...SPEC, ...signal({ source: source(reference) }) } }), [reference.secretRef]);
  for (const [name, reason, words] of [
    ["db", "SecretKeyMissing", /password: expected key "other" in Secret "db", got a Secret without it \(add the key/],
    ["none", "SecretMissing", /got no such Secret .*\(create it; .* apply deploy\/secret-reader\.yaml/],
    ["secret", "SecretForbidden", /no permission to read it: cannot list .*\(apply deploy\/secret-reader\.yaml/],
    ["away", "SecretUnreadable", /expected key "other" in Secret "away", which cannot be read: no connection$/],
  ] as const) {
    const changes = signal({ source: source({ secretRef: { name, key: "other" } }) });
    assert.match(errors(changes)[0] ?? "", words);
    assert.deepEqual(
      parsed(changes)
        .problems.filter(isError)
        .map((problem) => problem.reason),
      [reason],
    );
  }
  const [plain] = errors(signal({ source: source("hunter2") }));
  assert.match(plain ?? "", /password: expected secretRef with name and key/);
  assert.doesNotMatch(plain ?? "", /hunter2/);
});

test("an unknown field is a warning with a suggestion", () => {
  const { problems } = parsed({ coolDownSeconds: 3 });
  assert.deepEqual(problems.map(describeProblem), [
    "spec.coolDownSeconds: unknown field, which has no effect (did you mean `cooldownSeconds`?)",
  ]);
});

test("memory continues where the status stopped, and what is garbled in it is left out", () => {
  const result = parsed(
    {},
    {
      lastScaleTime: "2024-06-01T12:00:00Z",
      memory: {
        recommendations: [
          { time: "2024-06-01T12:00:00Z", replicas: 3 },
          { time: "2024-06-01T12:00:00Z", replicas: 4, inDoubt: true },
          { time: "x", replicas: 1 },
        ],
        scalings: [{ time: "2024-06-01T12:00:00Z", change: -2 }, {}],
      },
      signals: [
        { name: "queue", learned: { secondsPerMessage: 1.9, messages: 340, time: "2024-06-01T12:00:00Z" } },
        { name: "garbled", learned: { secondsPerMessage: -1, messages: 3, time: "2024-06-01T12:00:00Z" } },
        { name: "other", learned: { secondsPerMessage: 1, messages: 3, time: "x" } },
        { name: "none" },
      ],
    },
  );
  assert.ok("memory" in result);
  const at = Date.UTC(2024, 5, 1, 12);
  assert.deepEqual(result.memory, {
    lastScaleAt: at,
    recommendations: [
      { at, replicas: 3 },
      { at, replicas: 4, inDoubt: true },
    ],
    scalings: [{ at, change: -2 }],
    drains: { queue: { learned: { secondsPerMessage: 1.9, messages: 340, at } } },
  });
});
