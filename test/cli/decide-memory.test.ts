import assert from "node:assert/strict";
import { test } from "node:test";
import { runMuster } from "../support/muster.ts";

/** One replica for each ten of the value. */
function manifest(spec: object = {}, status?: object) {
  return {
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name: "mail", namespace: "shop" },
    spec: {
      scaleTargetRef: { kind: "Deployment", name: "mail" },
      maxReplicas: 100,
      cooldownSeconds: 0,
      signals: [
        {
          name: "lag",
          source: { prometheus: { url: "http://prometheus:9090", query: "lag" } },
          perReplica: { value: 10 },
        },
      ],
      behavior: { scaleUp: {}, scaleDown: {} },
      ...spec,
    },
    ...(status && { status }),
  };
}

async function decided(...lines: readonly object[]): Promise<readonly (number | string)[]> {
  const { stdout } = await runMuster(["decide"], { input: lines.map((line) => JSON.stringify(line)).join("\n") });
  const answers = stdout.trim().split("\n");
  return answers.map((answer) => JSON.parse(answer).desiredReplicas ?? JSON.parse(answer).error);
}

const line = (value: number, rest: object = {}, autoscaler: object = manifest()) => ({
  autoscaler,
  currentReplicas: 10,
  readings: { lag: { value } },
  ...rest,
});
const recommended = (agoSeconds: number, replicas: number) => ({
  memory: { recommendations: [{ agoSeconds, replicas }] },
});

test("windows look back on the recommendations of a line, and without any on the present number", async () => {
  assert.deepEqual(
    await decided(
      line(10, recommended(299, 8)),
      line(10, recommended(300, 8)),
      line(10, { memory: { recommendations: [] } }),
      line(10),
      line(10, { memory: { recommendations: [{ agoSeconds: 5, replicas: 7, inDoubt: true }] } }),
    ),
    [8, 1, 1, 10, 7],
  );
});

test("policies look back on the scalings of a line", async () => {
  const slow = manifest({ behavior: { scaleUp: { policies: [{ type: "Pods", value: 3, periodSeconds: 60 }] } } });
  const scaled = (agoSeconds: number) => ({ memory: { scalings: [{ agoSeconds, change: 2 }] } });
  assert.deepEqual(await decided(line(500, scaled(59.999), slow), line(500, scaled(60), slow)), [11, 13]);
});

test("the newest scaling is the last one, for cool-downs too", async () => {
  const cool = manifest({ cooldownSeconds: 100 });
  const memory = (agoSeconds: number) => ({
    memory: { recommendations: [], scalings: [{ agoSeconds, change: 1 }] },
  });
  assert.deepEqual(
    await decided(
      line(10, memory(90), cool),
      line(10, memory(101), cool),
      line(10, { ...memory(101), lastScaleSecondsAgo: 90 }, cool),
      line(10, { ...memory(90), lastScaleSecondsAgo: 120 }, cool),
      line(10, { ...memory(90), lastScaleSecondsAgo: null }, cool),
    ),
    [
      10,
      1,
      10,
      "lastScaleSecondsAgo: expected at most 90, as the newest of memory.scalings has it, got 120",
      "lastScaleSecondsAgo: expected at most 90, as the newest of memory.scalings has it, got null",
    ],
  );
});

test("the status of a manifest is remembered, and a line's memory counts in its place", async () => {
  const now = "2024-06-01T12:00:00Z";
  const memory = { recommendations: [{ time: "2024-06-01T11:56:00Z", replicas: 6 }] };
  const held = manifest({}, { memory, lastScaleTime: "2024-06-01T11:00:00Z" });
  const cool = manifest({ cooldownSeconds: 3601 }, { memory, lastScaleTime: "2024-06-01T11:00:00Z" });
  assert.deepEqual(
    await decided(
      line(10, { now }, held),
      line(10, { now, ...recommended(10, 4) }, held),
      line(10, { now, memory }, manifest()),
      line(10, { now }, cool),
      line(10, { now, lastScaleSecondsAgo: null }, cool),
      line(10, { now: "2024-06-01T11:50:00Z" }, held),
    ),
    [
      6,
      4,
      6,
      10,
      6,
      "autoscaler.status.memory.recommendations[0].time: expected a time before the line's (2024-06-01T11:50:00.000Z), got 2024-06-01T11:56:00Z",
    ],
  );
});

test("the older algorithm looks back on recommendations alone", async () => {
  const older = manifest({ behavior: { algorithm: "AutoscalingV1" } });
  const scalings = { memory: { scalings: [{ agoSeconds: 1, change: 1 }] } };
  assert.deepEqual(await decided(line(10, recommended(300, 90), older), line(10, scalings, older)), [
    20,
    "memory.scalings: expected none, got 1: they would be ignored, as a policy of spec.behavior is what looks back on them",
  ]);
});

test("a memory that would be ignored is an error with its path", async () => {
  const plain = manifest({ behavior: undefined });
  const wpa = {
    apiVersion: "k8s.practo.dev/v1",
    kind: "WorkerPodAutoScaler",
    metadata: { name: "a" },
    spec: {
      minReplicas: 0,
      maxReplicas: 9,
      targetMessagesPerWorker: 1,
      deploymentName: "d",
      queueURI: "beanstalk://h/t",
    },
  };
  const errors = await decided(
    line(10, recommended(1, 2), plain),
    { autoscaler: wpa, currentReplicas: 1, ...recommended(1, 2) },
    line(
      10,
      {},
      manifest({ behavior: undefined }, { memory: { scalings: [{ time: "2024-06-01T11:56:00Z", change: 1 }] } }),
    ),
    line(10, {}, manifest({}, { memory: { scalings: [{ time: "yesterday", change: "two" }] } })),
    line(10, { memory: { recommendations: [{ agoSeconds: 1, n: 2 }] } }),
    line(10, { memory: { scaling: [] } }),
    line(10, { memory: { recommendations: [{ replicas: 2 }] } }),
    line(10, { memory: { recommendations: [{ agoSeconds: -1, replicas: 2 }] } }),
    line(10, { readings: { lag: { value: 1, learned: { secondsPerMessage: 1, messages: 9, agoSeconds: 1 } } } }),
  );
  const expected = [
    /^memory\.recommendations: expected none, got 1: they would be ignored, as a window of spec\.behavior/,
    /^memory\.recommendations: expected none, got 1/,
    /^autoscaler\.status\.memory\.scalings: expected none, got 1/,
    /^autoscaler\.status\.memory\.scalings\[0\]\.time: expected a time .*"yesterday"; autoscaler\.status\.memory\.scalings\[0\]\.change: expected/,
    /^memory\.recommendations\[0\]\.replicas: expected .*; memory\.recommendations\[0\]: unknown field "n" \(known: agoSeconds, time, replicas, inDoubt\)/,
    /^memory: unknown field "scaling" \(did you mean scalings\?\)/,
    /^memory\.recommendations\[0\]: expected either agoSeconds or time, got neither/,
    /^memory\.recommendations\[0\]\.agoSeconds: expected a number of 0 or more, got -1/,
    /^readings\.lag\.learned: expected none, as lag has no drain rule/,
  ];
  assert.equal(errors.length, expected.length);
  for (const [index, pattern] of expected.entries()) assert.match(String(errors[index]), pattern);
});
