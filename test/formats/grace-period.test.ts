import assert from "node:assert/strict";
import { test } from "node:test";
import { checkDocuments } from "../../src/formats/check-text.ts";
import { graceSecondsIn } from "../../src/formats/grace-period.ts";
import { readDocuments } from "../../src/formats/read-documents.ts";
import { WORKER_POD_AUTOSCALER_DEFAULTS } from "../../src/formats/worker-pod-autoscaler.ts";

function problemsOf(seconds: number, grace: number | undefined, annotations = ""): readonly string[] {
  const text = `
apiVersion: k8s.practo.dev/v1
kind: WorkerPodAutoScaler
metadata:
  name: mailer
  annotations: {${annotations}}
spec:
  minReplicas: 0
  maxReplicas: 10
  deploymentName: mailer
  queueURI: beanstalk://queue:11300/mail
  targetMessagesPerWorker: 1
  secondsToProcessOneJob: ${seconds}
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: mailer }
spec:
  template:
    spec: ${grace === undefined ? "{}" : `{terminationGracePeriodSeconds: ${grace}}`}
`;
  const documents = readDocuments(text);
  const terms = {
    ...WORKER_POD_AUTOSCALER_DEFAULTS,
    graceSecondsOf: graceSecondsIn(documents.map(({ value }) => value)),
  };
  return checkDocuments(documents, "mailer.yaml", terms).flatMap(({ problems }) =>
    problems.map(({ severity, message }) => `${severity}: ${message}`),
  );
}

test("warns where a message takes longer than a pod gets to end", () => {
  assert.deepEqual(problemsOf(45, undefined), [
    "warning: a message takes 45 s, and the pods of Deployment mailer get 30 s to end (terminationGracePeriodSeconds): a scale-down may interrupt workers",
  ]);
  assert.deepEqual(problemsOf(600, 900), []);
  assert.deepEqual(problemsOf(30, undefined), []);
  assert.equal(problemsOf(31, 10).length, 1);
});

test("does not warn where busy workers are protected", () => {
  assert.deepEqual(problemsOf(600, 30, 'muster.dev/busy-workers: "{}"'), []);
});
