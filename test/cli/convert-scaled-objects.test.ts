import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, parseAllDocuments, stringify } from "yaml";
import { runMuster } from "../support/muster.ts";

interface Converted {
  readonly status: number | null;
  readonly stderr: string;
  readonly specs: readonly Spec[];
  readonly stdout: string;
}
// biome-ignore lint/suspicious/noExplicitAny: what a user gets is YAML
type Spec = any;

async function converted(input: string): Promise<Converted> {
  const { status, stdout, stderr } = await runMuster(["convert", "-"], { input });
  const specs = parseAllDocuments(stdout).map((document) => document.toJS().spec);
  return { status, stderr, specs, stdout };
}

const PROMETHEUS = { type: "prometheus", metadata: { serverAddress: "http://p:9090", query: "q", threshold: "5" } };

function scaledObject(spec: object, { name = "w", namespace = "t" } = {}) {
  return {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { name, namespace },
    spec: { scaleTargetRef: { name: "w" }, triggers: [PROMETHEUS], ...spec },
  };
}

/** What `muster decide` says to some lines under a manifest. */
async function decided(manifest: string, lines: readonly object[]): Promise<readonly number[]> {
  const document = parse(manifest);
  const input = lines.map((line) => JSON.stringify({ autoscaler: document, ...line })).join("\n");
  const { stdout } = await runMuster(["decide"], { input });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).desiredReplicas ?? line);
}

const LIST = `apiVersion: v1
kind: List
items:
- apiVersion: keda.sh/v1alpha1
  kind: ScaledObject
  metadata: {name: one, namespace: team-a}
  spec:
    scaleTargetRef: {name: one}
    triggers:
    - &shared
      type: prometheus
      metadata: {serverAddress: "http://p:9090", query: q, threshold: "2"}
- apiVersion: keda.sh/v1alpha1
  kind: ScaledObject
  metadata: {name: two, namespace: team-b}
  spec:
    scaleTargetRef: {name: two}
    triggers:
    - *shared
    - type: memory
      metadata: {value: "50"}
- apiVersion: keda.sh/v1alpha1
  kind: ScaledObject
  metadata: {name: three, namespace: team-c}
  spec:
    scaleTargetRef: {name: three}
    triggers:
    - type: cron
      metadata: {timezone: Local, start: 0 1 * * *, end: 0 2 * * *, desiredReplicas: "2"}
`;

test("errors in a list name the object, its own line and the trigger, and a last line counts", async () => {
  const { status, stderr, specs, stdout } = await converted(LIST);
  assert.equal(status, 2);
  assert.match(stderr, /^error: -:20:7: ScaledObject team-b\/two: spec\.triggers\[1\]\.type: .*got memory/m);
  assert.match(
    stderr,
    /^error: -:29:18: ScaledObject team-c\/three: spec\.triggers\[0\]\.metadata\.timezone: .*Local/m,
  );
  assert.equal(stderr.match(/^error: /gm)?.length, 2);
  assert.match(stderr, /\n1 of 3 converted, 1 in part\n$/);
  assert.equal(specs.length, 2);
  assert.match(
    stdout,
    /# NOT in here: spec\.triggers\[1\]\.type: expected a trigger on a queue or a metric server, got memory/,
  );
  assert.equal(specs[1].signals.length, 1);
});

test("the same list as JSON gives the same errors", async () => {
  const { status, stderr } = await converted(JSON.stringify(parse(LIST), null, 2));
  assert.equal(status, 2);
  assert.match(stderr, /^error: -:\d\d:\d+: ScaledObject team-b\/two: spec\.triggers\[1\]\.type/m);
});

test("a problem of the result has the path of the trigger that it comes from, and the others are printed", async () => {
  const metadata = { host: "http://r:15672/", queueName: "q" };
  const sasl = { sasl: "plaintext", bootstrapServers: "k:9092", consumerGroup: "g", username: "u", topic: "a,,b" };
  const same = { name: "twice", type: "rabbitmq", metadata };
  const twice = await converted(stringify(scaledObject({ triggers: [PROMETHEUS, same, same] })));
  assert.equal(twice.status, 2);
  assert.match(twice.stderr, /ScaledObject t\/w: spec\.triggers\[2\]: in the result, name: expected a name of its own/);
  assert.equal(twice.specs[0].signals.length, 2);
  const good = await converted(stringify(scaledObject({ triggers: [{ type: "kafka", metadata: sasl }] })));
  assert.equal(good.status, 0, good.stderr);
  const large = await converted(stringify(scaledObject({ cooldownPeriod: 3_000_000 })));
  assert.match(
    large.stderr,
    /-:\d+:3: ScaledObject t\/w: spec\.cooldownPeriod: in the result, cooldownSeconds: expected/,
  );
  assert.deepEqual([large.status, large.stdout], [2, ""]);
});

test("an activation value does not count where the workload never sleeps", async () => {
  const triggers = [{ ...PROMETHEUS, metadata: { ...PROMETHEUS.metadata, activationThreshold: "50" } }];
  const awake = await converted(stringify(scaledObject({ minReplicaCount: 1, triggers })));
  assert.deepEqual([awake.specs[0].scaleToZero, awake.specs[0].signals[0].activeAbove], [undefined, undefined]);
  assert.deepEqual(await decided(awake.stdout, [{ currentReplicas: 8, readings: { prometheus: { value: 40 } } }]), [8]);
  const asleep = await converted(stringify(scaledObject({ triggers })));
  assert.equal(asleep.specs[0].signals[0].activeAbove, 50);
  const lines = [0, 8].map((currentReplicas) => ({ currentReplicas, readings: { prometheus: { value: 40 } } }));
  assert.deepEqual(await decided(asleep.stdout, lines), [0, 0]);
});

test("cooldownPeriod delays only the step to zero, and is left out where there is none", async () => {
  const scaleDown = { stabilizationWindowSeconds: 60, policies: [{ type: "Pods", value: 1, periodSeconds: 60 }] };
  const advanced = { horizontalPodAutoscalerConfig: { behavior: { scaleDown } } };
  const reading = { prometheus: { value: 10 } };
  const awake = await converted(stringify(scaledObject({ minReplicaCount: 2, advanced })));
  assert.deepEqual([awake.specs[0].cooldownSeconds, awake.specs[0].pollIntervalSeconds], [0, undefined]);
  const line = { currentReplicas: 20, lastScaleSecondsAgo: 70, readings: reading };
  assert.deepEqual(await decided(awake.stdout, [line]), [19]);
  const asleep = await converted(stringify(scaledObject({ advanced, cooldownPeriod: 90, pollingInterval: 15 })));
  assert.equal(asleep.specs[0].pollIntervalSeconds, 15);
  const quiet = (agoSeconds: number) => ({
    currentReplicas: 3,
    readings: { prometheus: { value: 0 } },
    memory: { recommendations: [], activity: { active: false, agoSeconds } },
  });
  assert.deepEqual(await decided(asleep.stdout, [line, quiet(60), quiet(91)]), [19, 2, 0]);
});

test("an idle count of 0 with a minimum is written as steps from and to zero", async () => {
  const one = await converted(stringify(scaledObject({ idleReplicaCount: 0, minReplicaCount: 1 })));
  assert.deepEqual([one.status, one.specs[0].minReplicas, one.specs[0].scaleToZero], [0, 0, { cooldownSeconds: 300 }]);
  const four = await converted(stringify(scaledObject({ idleReplicaCount: 0, minReplicaCount: 4 })));
  assert.deepEqual(four.specs[0].scaleToZero, { cooldownSeconds: 300, activeReplicas: 4 });
  const lines = [0, 1].map((value) => ({ currentReplicas: 0, readings: { prometheus: { value } } }));
  assert.deepEqual(await decided(four.stdout, lines), [0, 4]);
});

test("an empty answer is what KEDA takes it for, and never begins the fallback", async () => {
  const fallback = { failureThreshold: 3, replicas: 6 };
  const { specs, stdout } = await converted(stringify(scaledObject({ fallback })));
  assert.equal(specs[0].signals[0].emptyValue, 0);
  const after = (failure: string) => ({
    currentReplicas: 0,
    readings: { prometheus: { failure, failingForSeconds: 90 } },
  });
  assert.deepEqual(await decided(stdout, [after("NotFound"), after("Unavailable")]), [0, 4]);
  const metadata = { ...PROMETHEUS.metadata, ignoreNullValues: "0" };
  const strict = await converted(stringify(scaledObject({ fallback, triggers: [{ ...PROMETHEUS, metadata }] })));
  assert.equal(strict.specs[0].signals[0].emptyValue, undefined);
  assert.deepEqual(await decided(strict.stdout, [after("NotFound")]), [4]);
});

test("cron is decided by the clock, with the steps that KEDA's parser reads; a window without length is warned about", async () => {
  const cron = (start: string, end: string) => ({
    type: "cron",
    metadata: { timezone: "Asia/Kolkata", start, end, desiredReplicas: "3" },
  });
  const stepped = await converted(stringify(scaledObject({ triggers: [cron("0/30 * * * *", "15/30 * * * *")] })));
  assert.equal(stepped.status, 0, stepped.stderr);
  const at = (now: string) => ({ currentReplicas: 0, now });
  const lines = [at("2026-03-02T12:10:00Z"), at("2026-03-02T12:20:00Z")];
  assert.deepEqual(await decided(stepped.stdout, lines), [3, 0]);
  const empty = await converted(stringify(scaledObject({ triggers: [PROMETHEUS, cron("31 * * * *", "31 * * * * ")] })));
  assert.equal(empty.status, 0);
  assert.match(
    empty.stderr,
    /^warning: .*spec\.triggers\[1\]\.metadata\.end: expected another time than start.*KEDA refuses/m,
  );
  assert.equal(empty.specs[0].signals.length, 1);
  const repeated = await converted(stringify(scaledObject({ triggers: [cron("0 8,9 * * *", "0 18 * * *")] })));
  const hours = ["08:30", "09:30"].map((time) => at(`2026-03-02T${time}:00+05:30`));
  assert.deepEqual(
    await decided(repeated.stdout, hours),
    [0, 3],
    "under KEDA a second start closes the window until it comes",
  );
});

test("switches are read as Go reads them: on where they are on, refused where that cannot be kept", async () => {
  const triggers = [
    { type: "redis", metadata: { address: "r:6379", listName: "l", enableTLS: "True" } },
    { ...PROMETHEUS, metadata: { ...PROMETHEUS.metadata, unsafeSsl: "1" } },
    { type: "rabbitmq", metadata: { host: "http://r:15672/", queueName: "q", excludeUnacknowledged: "T" } },
    { type: "redis", metadata: { address: "r:6379", listName: "l", enableTLS: "yes" } },
  ];
  const { status, stderr, specs } = await converted(stringify(scaledObject({ triggers })));
  assert.equal(status, 2);
  assert.match(stderr, /spec\.triggers\[1\]\.metadata\.unsafeSsl: expected false, as this cannot be kept/);
  assert.match(stderr, /spec\.triggers\[3\]\.metadata\.enableTLS: expected true or false .*got "yes"/);
  const [redis, rabbitmq] = specs[0].signals;
  assert.deepEqual([redis.source.redis.tls, redis.source.redis.structure], [true, "auto"]);
  assert.equal(rabbitmq.source.rabbitmq.managementUrl, undefined);
});

test("refuses addresses rather than guess them, and keeps passwords out of the message", async () => {
  const rabbitmq = { type: "rabbitmq", metadata: { host: "amqp://user:hunter2@ss#1@rabbit:5672/vh", queueName: "q" } };
  const redis = { type: "redis", metadata: { address: "fd00::7:6379", listName: "l" } };
  const { status, stdout, stderr } = await converted(stringify(scaledObject({ triggers: [rabbitmq, redis] })));
  assert.deepEqual([status, stdout], [2, ""]);
  assert.match(stderr, /spec\.triggers\[0\]\.metadata\.host: expected a URL such as amqp:\/\/host:port/);
  assert.match(stderr, /spec\.triggers\[1\]\.metadata\.address: expected host:port, got "fd00::7:6379"/);
  assert.doesNotMatch(stderr, /hunter2/);
});

test("names a Secret that was not handed in", async () => {
  const authentication = {
    apiVersion: "keda.sh/v1alpha1",
    kind: "TriggerAuthentication",
    metadata: { name: "login", namespace: "t" },
    spec: {
      secretTargetRef: ["sasl", "username", "password"].map((parameter) => ({
        parameter,
        name: "keys",
        key: parameter,
      })),
    },
  };
  const metadata = { bootstrapServers: "k:9092", consumerGroup: "g", topic: "t" };
  const triggers = [{ type: "kafka", metadata, authenticationRef: { name: "login" } }];
  const { stderr } = await converted(`${stringify(authentication)}---\n${stringify(scaledObject({ triggers }))}`);
  assert.match(
    stderr,
    /spec\.triggers\[0\]\.authenticationRef: expected the Secret "keys", in which login keeps sasl and username, got nothing \(hand in/,
  );
});

test("an object of KEDA 1 names its Deployment in its own way", async () => {
  const first = { ...scaledObject({ scaleTargetRef: { deploymentName: "f" } }), apiVersion: "keda.k8s.io/v1alpha1" };
  const { status, specs, stdout } = await converted(stringify(first));
  assert.equal(status, 0);
  assert.equal(specs[0].scaleTargetRef.name, "f");
  assert.match(stdout, /# KEDA 1 named this Deployment by deploymentName/);
});

test("an activation that is forced keeps a replica, and a formula is refused", async () => {
  const forced = scaledObject({});
  const metadata = { ...forced.metadata, annotations: { "autoscaling.keda.sh/force-activation": "true" } };
  const { specs } = await converted(stringify({ ...forced, metadata }));
  assert.deepEqual([specs[0].minReplicas, specs[0].scaleToZero], [1, undefined]);
  const formula = { advanced: { scalingModifiers: { formula: "a + b", target: "2" } } };
  const refused = await converted(stringify(scaledObject(formula)));
  assert.deepEqual([refused.status, refused.stdout], [2, ""]);
  assert.match(refused.stderr, /spec\.advanced\.scalingModifiers: expected no formula/);
});
