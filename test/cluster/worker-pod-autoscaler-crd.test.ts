import assert from "node:assert/strict";
import { test } from "node:test";
import { describeKind, type ServedKind } from "../support/kind-server.ts";

const SPEC = {
  minReplicas: 0,
  maxReplicas: 30,
  targetMessagesPerWorker: 150,
  deploymentName: "example-deployment",
  queueURI: "https://sqs.ap-south-1.amazonaws.com/82910/sms-sender",
};

const WORKER_POD_AUTOSCALER: ServedKind = {
  crd: "deploy/crds/k8s.practo.dev_workerpodautoscalers.yaml",
  apiVersion: "k8s.practo.dev/v1",
  kind: "WorkerPodAutoScaler",
  spec: SPEC,
};

describeKind(WORKER_POD_AUTOSCALER, ({ run, create }) => {
  test("the documented example is taken, and so are all optional fields", () => {
    assert.equal(create("example-wpa").stderr, "");
    const all = { secondsToProcessOneJob: 0.5, maxDisruption: "50%", replicaSetName: "old", minReplicas: 40 };
    assert.equal(create("all-fields", all).stderr, "");
    assert.equal(create("nulls", { secondsToProcessOneJob: null, maxDisruption: null }).stderr, "");
  });

  test("what ended the original's process, or can never work, is refused by field", () => {
    const refused: [string, unknown][] = [
      ["minReplicas", -1],
      ["maxReplicas", 1.5],
      ["maxReplicas", 3_000_000_000],
      ["maxReplicas", undefined],
      ["maxDisruption", "10.5%"],
      ["maxDisruption", "50 %"],
      ["maxDisruption", "abc"],
      ["maxDisruption", ""],
      ["maxDisruption", "-5"],
      ["maxDisruption", 50],
      ["targetMessagesPerWorker", 0],
      ["secondsToProcessOneJob", -1],
      ["queueURI", ""],
      ["deploymentName", undefined],
    ];
    for (const [field, value] of refused) {
      const { status, stderr } = create("bad", { [field]: value });
      assert.notEqual(status, 0, `${field}: ${value}`);
      assert.match(stderr, new RegExp(`spec\\.${field}`));
    }
  });

  test("the target column shows a Deployment's name as well as a ReplicaSet's", () => {
    assert.equal(create("with-deployment").stderr, "");
    assert.equal(create("with-replica-set", { deploymentName: undefined, replicaSetName: "example-rs" }).stderr, "");
    const { stdout } = run(["get", "wpa"]);
    assert.match(stdout, /^NAME +TARGET +QUEUE LENGTH +CURRENT +DESIRED +MIN +MAX +READY +REASON +DECIDED +AGE/);
    assert.match(stdout, /^with-deployment +example-deployment +0 +30 +\S+s/m);
    assert.match(stdout, /^with-replica-set +example-rs +0 +30 +\S+s/m);
  });

  test("the status is kept, and printed", () => {
    assert.equal(create("with-status").stderr, "");
    const condition = { type: "Ready", status: "True", reason: "Ready", message: "all is well" };
    const decided = { from: 3, desiredReplicas: 12, direction: "up", reason: "SizeForBacklog" };
    const status = {
      CurrentMessages: 120,
      CurrentReplicas: 3,
      AvailableReplicas: 2,
      DesiredReplicas: 12,
      LastScaleTime: "2024-06-01T11:59:00Z",
      observedGeneration: 1,
      conditions: [{ ...condition, lastTransitionTime: "2024-06-01T12:00:00Z" }],
      lastDecision: {
        ...decided,
        time: "2024-06-01T12:00:00Z",
        steps: [{ rule: "sizeForBacklog", from: 3, to: 12, because: "120 messages" }],
      },
    };
    const path = "/apis/k8s.practo.dev/v1/namespaces/default/workerpodautoscalers/with-status";
    const stored = JSON.parse(run(["get", "--raw", path]).stdout);
    const replaced = run(["replace", "--raw", `${path}/status`, "-f", "-"], { ...stored, status });
    assert.equal(replaced.status, 0, replaced.stderr);
    assert.deepEqual(JSON.parse(run(["get", "--raw", path]).stdout).status, status);
    assert.match(run(["get", "wpa", "with-status"]).stdout, /example-deployment +120 +3 +12 +0 +30 +True +Ready/);
  });

  test("kubectl explain describes a field", () => {
    assert.match(run(["explain", "wpa.spec.maxDisruption"]).stdout, /How many workers one scale-down may take/);
  });
});
