import assert from "node:assert/strict";
import { test } from "node:test";
import { type Autoscaler, decide, type Problem } from "../../src/core/index.ts";
import { parseWorkerPodAutoscaler, WORKER_POD_AUTOSCALER_DEFAULTS } from "../../src/formats/worker-pod-autoscaler.ts";
import { cloudQueue, tubeQueue } from "../support/queue-sources.ts";

const SPEC = {
  minReplicas: 0,
  maxReplicas: 30,
  targetMessagesPerWorker: 150,
  deploymentName: "example-deployment",
  queueURI: "cloud://eu/sms-sender",
};

function parsed(
  changes: Record<string, unknown> = {},
  { status, defaults }: { status?: unknown; defaults?: object } = {},
) {
  return parseWorkerPodAutoscaler(
    {
      apiVersion: "k8s.practo.dev/v1",
      kind: "WorkerPodAutoScaler",
      metadata: { name: "example-wpa", namespace: "shop", uid: "u-1", generation: 3 },
      spec: { ...SPEC, ...changes },
      status,
    },
    { ...WORKER_POD_AUTOSCALER_DEFAULTS, ...defaults },
    [cloudQueue, tubeQueue],
  );
}

function autoscaler(changes: Record<string, unknown> = {}, defaults = {}): Autoscaler {
  const result = parsed(changes, { defaults });
  if (!("autoscaler" in result)) throw new Error(JSON.stringify(result.problems));
  return result.autoscaler;
}

function errors(changes: Record<string, unknown>): readonly Problem[] {
  const result = parsed(changes);
  assert.ok(!("autoscaler" in result), "expected errors");
  return result.problems.filter(({ severity }) => severity !== "warning");
}

test("the documented example becomes an autoscaler with the original's defaults", () => {
  assert.deepEqual(autoscaler(), {
    id: "WorkerPodAutoScaler/shop/example-wpa",
    origin: { kind: "WorkerPodAutoScaler", namespace: "shop", name: "example-wpa", uid: "u-1", generation: 3 },
    profile: "worker-pod-autoscaler",
    target: { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "example-deployment" },
    minReplicas: 0,
    maxReplicas: 30,
    signals: [
      {
        name: "queue",
        source: { type: "cloud", settings: { host: "eu", queue: "sms-sender", rate: false, idleness: false } },
        rule: { kind: "backlog", messagesPerReplica: 150, tolerance: 0.1 },
        freshnessSeconds: 120,
        whenMissing: "Hold",
      },
    ],
    mode: "Active",
    secondsPerMessage: 0,
    maxDisruption: { percent: 100 },
    coolDownSeconds: 600,
  });
});

test("the send rate is asked for only where secondsToProcessOneJob needs it", () => {
  assert.equal(autoscaler({ secondsToProcessOneJob: 0.5 }).signals[0]?.source.settings.rate, true);
  assert.equal(autoscaler({ secondsToProcessOneJob: 0 }).signals[0]?.source.settings.rate, false);
});

test("idleness is asked for only where maxDisruption could hold a scale-down back", () => {
  const idleness = (maxDisruption?: string, defaults = {}) =>
    autoscaler(maxDisruption === undefined ? {} : { maxDisruption }, defaults).signals[0]?.source.settings.idleness;
  assert.equal(idleness("50%"), true);
  assert.equal(idleness("125"), true);
  assert.equal(idleness("100%"), false);
  assert.equal(idleness(undefined, { defaultMaxDisruption: "10%" }), true);
});

test("a source that does not know these wants is not given them", () => {
  const { source } = autoscaler({ queueURI: "tube://a/b", secondsToProcessOneJob: 1 }).signals[0] ?? {};
  assert.deepEqual(source, { type: "tube", settings: { tube: "a/b" } });
});

test("maxDisruption is a percentage or a count, and the flag's value where it is left out", () => {
  assert.deepEqual(autoscaler({ maxDisruption: "50%" }).maxDisruption, { percent: 50 });
  assert.deepEqual(autoscaler({ maxDisruption: "125" }).maxDisruption, { count: 125 });
  assert.deepEqual(autoscaler({}, { defaultMaxDisruption: "7" }).maxDisruption, { count: 7 });
});

test("null is what the original's CRD also takes for a field that may be left out", () => {
  assert.deepEqual(autoscaler({ maxDisruption: null, secondsToProcessOneJob: null }), autoscaler());
});

test("a ReplicaSet is scaled where it alone is named", () => {
  const { target } = autoscaler({ deploymentName: undefined, replicaSetName: "old" });
  assert.deepEqual([target.kind, target.name], ["ReplicaSet", "old"]);
});

test("deploymentName wins where both names are set, with a warning", () => {
  const result = parsed({ replicaSetName: "old" });
  assert.ok("autoscaler" in result);
  assert.equal(result.autoscaler.target.kind, "Deployment");
  assert.deepEqual(
    result.problems.map(({ path, severity }) => [path, severity]),
    [["spec.replicaSetName", "warning"]],
  );
});

test("min above max is a warning: the autoscaler runs, on the original's number", () => {
  const result = parsed({ minReplicas: 9, maxReplicas: 4 });
  assert.ok("autoscaler" in result);
  assert.deepEqual([result.autoscaler.minReplicas, result.autoscaler.maxReplicas], [9, 4]);
  assert.deepEqual(result.problems[0], {
    path: "spec.minReplicas",
    message: "expected at most maxReplicas (4), got 9: maxReplicas counts",
    remedy: "make minReplicas the smaller one",
    severity: "warning",
  });
});

test("a share above 100 % is a warning, and limits as little as with the original", () => {
  const result = parsed({ maxDisruption: "150%" });
  assert.ok("autoscaler" in result);
  assert.deepEqual(result.autoscaler.maxDisruption, { percent: 150 });
  assert.deepEqual(
    result.problems.map(({ path, severity }) => [path, severity]),
    [["spec.maxDisruption", "warning"]],
  );
  const reading = { at: 0, value: 0, idleWorkers: 3 };
  const situation = { autoscaler: result.autoscaler, currentReplicas: 7, signals: { queue: { reading } } };
  assert.equal(decide({ ...situation, memory: {}, now: 0 }).desiredReplicas, result.autoscaler.minReplicas);
});

test("neither name is an error", () => {
  const [problem] = errors({ deploymentName: undefined });
  assert.equal(problem?.message, "expected deploymentName or replicaSetName, got neither");
});

test("what ended the original's process is refused by name and value", () => {
  for (const maxDisruption of ["10.5%", "50 %", "abc", "", "-5", "-5%", "%", "5%%", " 5"]) {
    const [problem] = errors({ maxDisruption });
    assert.equal(problem?.path, "spec.maxDisruption");
    assert.equal(
      problem?.message,
      `expected a percentage such as "50%" or a count such as "125", got ${JSON.stringify(maxDisruption)}`,
    );
  }
});

test("every field refuses the wrong type and numbers out of range", () => {
  const wrong: Record<string, unknown[]> = {
    minReplicas: [-1, 1.5, "3", null, 3_000_000_000],
    maxReplicas: [-1, 0.1, "30", undefined],
    targetMessagesPerWorker: [0, -5, 1.5, "150"],
    secondsToProcessOneJob: [-0.1, "1"],
    maxDisruption: [50, true],
    queueURI: ["", 5, undefined],
    deploymentName: [7],
  };
  for (const [field, values] of Object.entries(wrong)) {
    for (const value of values) {
      const problems = errors({ [field]: value });
      assert.deepEqual([problems.length, problems[0]?.path], [1, `spec.${field}`], `${field}: ${value}`);
      assert.match(problems[0]?.message ?? "", /^expected .+, got .*[^.]$/);
    }
  }
});

test("all problems come at once", () => {
  const problems = errors({ minReplicas: -1, maxReplicas: "30", queueURI: undefined });
  assert.deepEqual(
    problems.map(({ path, message }) => `${path}: ${message}`),
    [
      "spec.minReplicas: expected a number of 0 or more, got -1",
      'spec.maxReplicas: expected a whole number, got "30"',
      "spec.queueURI: expected a string, got nothing",
    ],
  );
});

test("a misspelt field is a warning that suggests the right one", () => {
  const result = parsed({ maxDisrupton: "50%", minreplicas: 3, colour: "red" });
  assert.deepEqual(
    result.problems.map(({ path, remedy, severity }) => [path, remedy?.split(":")[0], severity]),
    [
      ["spec.maxDisrupton", "did you mean `maxDisruption`?", "warning"],
      ["spec.minreplicas", "did you mean `minReplicas`?", "warning"],
      ["spec.colour", "known here", "warning"],
    ],
  );
});

test("a queueURI of an unknown kind names the known ones and shows no credentials", () => {
  const [problem] = errors({ queueURI: "kafka://me:secret@host/topic" });
  assert.equal(problem?.message, 'expected the address of a queue of a known kind, got "kafka://...@host/topic"');
  assert.match(problem?.remedy ?? "", /cloud.*tube/);
});

test("what a source refuses in its address is said at queueURI", () => {
  const [problem] = errors({ queueURI: "cloud://UPPER/q" });
  assert.equal(problem?.path, "spec.queueURI");
  assert.match(problem?.message ?? "", /expected a host's name, got "UPPER"/);
});

test("the last scaling is remembered from the status; a broken time counts as never", () => {
  const memory = (LastScaleTime: unknown) => {
    const result = parsed({}, { status: { LastScaleTime } });
    return "memory" in result ? result.memory : undefined;
  };
  assert.deepEqual(memory("2024-06-01T12:00:00Z"), { lastScaleAt: Date.UTC(2024, 5, 1, 12) });
  assert.deepEqual(memory("yesterday"), {});
  assert.deepEqual(memory(null), {});
});

test("an object that is hardly one is refused, not fatal", () => {
  for (const object of [{}, { spec: null }, { spec: [] }, { metadata: { name: 5 }, spec: 3 }]) {
    const result = parseWorkerPodAutoscaler(object as never);
    assert.ok(!("autoscaler" in result));
    assert.ok(result.problems.length > 0);
  }
});

test("the annotation muster.dev/mode pauses it, or lets it only report", () => {
  const annotated = (mode: string) =>
    parseWorkerPodAutoscaler(
      { metadata: { name: "example-wpa", namespace: "shop", annotations: { "muster.dev/mode": mode } }, spec: SPEC },
      WORKER_POD_AUTOSCALER_DEFAULTS,
      [cloudQueue],
    );
  for (const mode of ["Active", "DryRun", "Paused"]) {
    const result = annotated(mode);
    assert.ok("autoscaler" in result && result.autoscaler.mode === mode, mode);
  }
  const wrong = annotated("paused");
  assert.ok(!("autoscaler" in wrong));
  assert.deepEqual(
    wrong.problems.map(({ path, message }) => `${path}: ${message}`),
    [`metadata.annotations["muster.dev/mode"]: expected one of Active, DryRun, Paused, got "paused"`],
  );
});

test("a paused one keeps its replicas, whatever waits", () => {
  const paused: Autoscaler = { ...autoscaler(), mode: "Paused" };
  const now = Date.UTC(2026, 0, 1);
  const signals = { queue: { reading: { value: 10_000, at: now } } };
  const decision = decide({ autoscaler: paused, now, currentReplicas: 3, signals, memory: {} });
  assert.equal(decision.desiredReplicas, 3);
});

test("receivers of notifications come from the annotation muster.dev/notify; a wrong address is a warning", () => {
  const annotated = (notify: string) =>
    parseWorkerPodAutoscaler(
      {
        metadata: { name: "example-wpa", namespace: "shop", annotations: { "muster.dev/notify": notify } },
        spec: SPEC,
      },
      WORKER_POD_AUTOSCALER_DEFAULTS,
      [cloudQueue],
    );
  const right = annotated("slack+https://chat.example.com/hook");
  assert.ok("autoscaler" in right);
  assert.deepEqual(right.problems, []);
  const [target] = right.autoscaler.origin.notify ?? [];
  assert.deepEqual([target?.format, target?.host], ["slack", "chat.example.com"]);
  const wrong = annotated("chat.example.com/secret-word");
  assert.ok("autoscaler" in wrong);
  assert.equal(wrong.autoscaler.origin.notify, undefined);
  const [problem] = wrong.problems;
  assert.equal(problem?.severity, "warning");
  assert.ok(!JSON.stringify(wrong.problems).includes("secret-word"));
});
