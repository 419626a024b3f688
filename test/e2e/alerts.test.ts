import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { scaledTo } from "../support/end-to-end/expectations.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { SANDBOX } from "../support/end-to-end/test-cluster.ts";
import { createWorkerAutoscaler, installWorkerAutoscalers, said } from "../support/end-to-end/worker-autoscalers.ts";
import { scriptedHttp } from "../support/scripted-http.ts";
import { PROMETHEUS, startPrometheus } from "../support/servers/prometheus.ts";
import { eventually } from "../support/waiting.ts";

const RULES = "deploy/alerts.yaml";

interface Alert {
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What Prometheus answers for /api/v1/rules. */
interface Rules {
  readonly data: {
    readonly groups: readonly {
      readonly rules: readonly { readonly name: string; readonly health: string; readonly alerts: readonly Alert[] }[];
    }[];
  };
}

describe("the shipped alerts, in a real Prometheus that scrapes the real program", {
  skip: PROMETHEUS.skip,
  timeout: 150_000,
}, () => {
  let stage: Stage;
  let muster: MusterProcess;
  let prometheus: string;

  before(async () => {
    stage = await Stage.open(SANDBOX);
    await installWorkerAutoscalers(stage);
    const shop = await scriptedHttp(() => ({ body: { value: 20 } }));
    stage.after(() => shop.close());
    const signal = (url: string) => ({
      name: "orders",
      source: { http: { url, path: "value" } },
      perReplica: { value: 10 },
      whenMissing: "Fallback",
    });
    const fallback = { replicas: 4, afterSeconds: 1 };
    await stage.deployment("fine");
    await stage.deployment("unread");
    await createWorkerAutoscaler(stage, "fine", { signals: [signal(`${shop.url}/`)], fallback });
    await createWorkerAutoscaler(stage, "unread", { signals: [signal("http://127.0.0.1:1/")], fallback });
    await createWorkerAutoscaler(stage, "lost", { signals: [signal(`${shop.url}/`)], fallback });
    muster = await stage.run().ready();
    await scaledTo(stage, "fine", 2);
    await said(stage, "unread", "FallbackActive", "FallbackInForce");
    await said(stage, "lost", "Ready", "WorkloadMissing");
    const { address } = await muster.saying("Started");
    prometheus = await startPrometheus(stage, new URL(String(address)).host, { rules: RULES });
  });
  after(() => stage?.close());

  test("every metric that an alert asks for is there", async () => {
    const { text } = await muster.get("/metrics");
    const asked = new Set(readFileSync(RULES, "utf8").match(/\bmuster_[a-z_]+\b/g));
    assert.ok(asked.size >= 8, [...asked].join(" "));
    for (const name of asked) assert.match(text, new RegExp(`^${name}[{ ]`, "m"), name);
  });

  test("they name the objects that are in trouble, and no others", async () => {
    await eventually(async () => {
      const answer = await fetch(`${prometheus}/api/v1/rules`);
      const rules = ((await answer.json()) as Rules).data.groups.flatMap((group) => group.rules);
      assert.ok(
        rules.every(({ health }) => health === "ok"),
        JSON.stringify(rules),
      );
      const named = rules.flatMap(({ name: alert, alerts }) =>
        alerts.map(({ labels: { namespace, name } }) => `${alert} ${namespace}/${name}`),
      );
      // A loaded machine delays the loop, too: that alert is no claim of this test.
      assert.deepEqual(named.filter((line) => !line.startsWith("MusterEventLoopDelayed")).sort(), [
        "MusterAutoscalerCannotAct default/lost",
        "MusterFallbackInForce default/unread",
        "MusterSignalUnreadable default/unread",
      ]);
    });
  });
});
