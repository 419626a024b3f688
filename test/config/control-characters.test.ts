import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../../src/config/describe-problem.ts";
import { DEFAULTS, parseAutoscaler } from "../../src/config/formats.ts";

const ODD = ["x\u001b[2J", "x\ny: z", "x\u202ey", "x\u009b"];

const worker = (change: object, name = "w") => ({
  apiVersion: "muster.dev/v1alpha1",
  kind: "WorkerAutoscaler",
  metadata: { name, namespace: "shop" },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "w" },
    maxReplicas: 5,
    signals: [{ name: "s", source: { constant: { value: 1 } }, perReplica: { value: 1 } }],
    ...change,
  },
});
const wpa = (change: object) => ({
  apiVersion: "k8s.practo.dev/v1",
  kind: "WorkerPodAutoScaler",
  metadata: { name: "w", namespace: "shop" },
  spec: {
    ...{ minReplicas: 0, maxReplicas: 5, deploymentName: "w", targetMessagesPerWorker: 1 },
    queueURI: "beanstalk://queue/jobs",
    ...change,
  },
});
const target = { apiVersion: "apps/v1", kind: "Deployment", name: "w" };

test("control characters are refused where a name is expected, and not repeated raw", () => {
  for (const odd of ODD) {
    for (const object of [
      worker({}, odd),
      worker({ scaleTargetRef: { ...target, name: odd } }),
      worker({ scaleTargetRef: { ...target, kind: odd } }),
      worker({ scaleTargetRef: { ...target, apiVersion: odd } }),
      wpa({ deploymentName: odd }),
      wpa({ replicaSetName: odd }),
    ]) {
      const errors = parseAutoscaler(object, DEFAULTS).problems.filter(isError);
      assert.ok(errors.length > 0, JSON.stringify(object));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
      for (const { message } of errors) assert.doesNotMatch(message, /[\u0000-\u001f]/);
    }
  }
});

test("the objects of these tests are good as they are", () => {
  for (const object of [worker({}), wpa({})]) {
    assert.deepEqual(parseAutoscaler(object, DEFAULTS).problems.filter(isError), []);
  }
});
