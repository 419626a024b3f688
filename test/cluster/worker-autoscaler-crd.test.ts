import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { requirement } from "../support/requirement.ts";

const kubectl = requirement("kubectl", "install kubectl 1.20 or newer");
const skip = controlPlaneSkip(["etcd", "kube-apiserver"]) || kubectl.skip;
const CRD = "deploy/crds/muster.dev_workerautoscalers.yaml";

const SIGNAL = {
  name: "lag",
  source: { prometheus: { url: "http://prometheus:9090", query: "sum(lag)" } },
  perReplica: { value: 50 },
};
const SPEC = { scaleTargetRef: { kind: "Deployment", name: "mailer" }, maxReplicas: 40, signals: [SIGNAL] };

describe("the WorkerAutoscaler CRD on a real API server", { skip }, () => {
  let plane: ControlPlane;
  const run = (words: readonly string[], input?: unknown) =>
    spawnSync(kubectl.path ?? "", ["--kubeconfig", plane.kubeconfigPath, ...words], {
      encoding: "utf8",
      timeout: 60_000,
      ...(input === undefined ? {} : { input: JSON.stringify(input) }),
    });
  const create = (name: string, changes: Record<string, unknown> = {}) =>
    run(["create", "-f", "-"], {
      apiVersion: "muster.dev/v1alpha1",
      kind: "WorkerAutoscaler",
      metadata: { name },
      spec: { ...SPEC, ...changes },
    });

  before(async () => {
    plane = await startControlPlane();
    assert.equal(run(["create", "-f", CRD]).stderr, "");
    const established = run(["wait", "--for=condition=Established", "--timeout=30s", "-f", CRD]);
    assert.equal(established.status, 0, established.stderr);
  });
  after(() => plane?.stop());

  test("a short object is taken, printed, and completed with defaults", () => {
    assert.equal(create("mailer").stderr, "");
    const { spec } = JSON.parse(run(["get", "wa", "mailer", "-o", "json"]).stdout);
    assert.deepEqual([spec.mode, spec.minReplicas, spec.signals[0].whenMissing], ["Active", 0, "Hold"]);
    assert.match(run(["get", "wa"]).stdout, /^mailer +mailer +Active +0 +40/m);
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

  test("what a schema can catch is refused: enums, minimums, exactly one rule and source, credentials in the open", () => {
    const { perReplica: _, ...noRule } = SIGNAL;
    const password = { postgresql: { host: "db", database: "d", username: "u", query: "q", password: "hunter2" } };
    const refused: Record<string, unknown>[] = [
      { maxReplicas: 0 },
      { maxReplicas: undefined },
      { mode: "Asleep" },
      { signals: [] },
      { signals: [noRule] },
      { signals: [{ ...SIGNAL, backlog: { messagesPerReplica: 1 } }] },
      { signals: [{ ...SIGNAL, source: {} }] },
      { signals: [{ ...SIGNAL, source: { ...SIGNAL.source, redis: { host: "h", key: "k" } } }] },
      { signals: [{ ...SIGNAL, source: password }] },
      { signals: [SIGNAL, SIGNAL] },
      { maxDisruption: "half" },
      { fallback: { replicas: -1 } },
      { behavior: { scaleUp: { selectPolicy: "Most" } } },
    ];
    for (const [index, changes] of refused.entries()) {
      const { status, stderr } = create(`bad-${index}`, changes);
      assert.notEqual(status, 0, JSON.stringify(changes));
      assert.match(stderr, /spec|Required|validat/i);
    }
  });

  test("kubectl explain gives each field's meaning and unit", () => {
    assert.match(
      run(["explain", "wa.spec.signals.freshnessSeconds"]).stdout,
      /Seconds after which a reading is too old/,
    );
    assert.match(run(["explain", "wa.spec.cooldownSeconds"]).stdout, /Seconds after a scaling/);
    assert.match(run(["explain", "wa.spec.signals.source.prometheus.query"]).stdout, /DESCRIPTION/);
  });
});
