import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS, parseAutoscaler } from "../../src/formats/formats.ts";
import { parsePhpa } from "../../src/formats/phpa.ts";
import { describeProblem, isError } from "../../src/formats/problems.ts";
import { assertPrintable, HOSTILE } from "../support/hostile-text.ts";

const ODD = [HOSTILE, "x\u001b[2J", "x\ny: z", "x\u202ey", "x\u200b", "x\u009b"];

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
const signal = (name: string) => ({ name, source: { constant: { value: 1 } }, perReplica: { value: 1 } });
const window = (name: string) => ({ name, start: "0 8 * * *", end: "0 18 * * *", minReplicas: 1 });
const phpa = ({ workload = {}, metric = {} }) => ({
  kind: "PHPAConfig",
  deployment: { name: "w", namespace: "shop", minReplicas: 1, maxReplicas: 5, fallbackReplicas: 2, ...workload },
  metric: { name: "lag", metricType: "negative", metricThreshold: 10, metricMargin: 1, ...metric },
  metricServer: { adaptor: "graphite", graphite: { host: "graphite", port: 80, query: "q&from=-60min" } },
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
      worker({ signals: [signal(odd)] }),
      worker({ schedule: [window(odd)] }),
    ]) {
      const errors = parseAutoscaler(object, DEFAULTS).problems.filter(isError);
      assert.ok(errors.length > 0, JSON.stringify(object));
      for (const error of errors) assertPrintable(describeProblem(error));
    }
  }
});

test("control characters are refused in the names of PHPA files, at their place", () => {
  for (const odd of ODD) {
    for (const [document, path] of [
      [phpa({ workload: { name: odd } }), "deployment.name"],
      [phpa({ workload: { namespace: odd } }), "deployment.namespace"],
      [phpa({ metric: { name: odd } }), "metric.name"],
    ] as const) {
      const errors = parsePhpa(document).problems.filter(isError);
      assert.deepEqual(
        errors.map((error) => error.path),
        [path],
      );
      for (const error of errors) assertPrintable(describeProblem(error));
    }
  }
});

test("the objects of these tests are good as they are", () => {
  for (const object of [worker({ signals: [signal("s")], schedule: [window("day")] }), wpa({})]) {
    assert.deepEqual(parseAutoscaler(object, DEFAULTS).problems.filter(isError), []);
  }
  assert.deepEqual(parsePhpa(phpa({})).problems.filter(isError), []);
});
