import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
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
/** What Grafana puts in the place of variables. */
const CHOICES: Readonly<Record<string, string>> = {
  namespace: "default",
  kind: "WorkerAutoscaler",
  __rate_interval: "1m",
};

interface Target {
  readonly expr: string;
}

interface Dashboard {
  readonly title: string;
  readonly panels: readonly { readonly title: string; readonly targets: readonly Target[] }[];
  readonly annotations: { readonly list: readonly Target[] };
  readonly templating: { readonly list: readonly { readonly query: string | { readonly query: string } }[] };
}

/** Every expression that a dashboard asks Prometheus. */
function expressionsOf({ panels, annotations, templating }: Dashboard): readonly string[] {
  const variables = templating.list.flatMap(({ query }) => {
    const [, series, label] =
      /^label_values\((.*), (\w+)\)$/.exec(typeof query === "string" ? query : query.query) ?? [];
    return series === undefined ? [] : [`group by (${label}) (${series})`];
  });
  const shown = [...panels.flatMap(({ targets }) => targets), ...annotations.list].map(({ expr }) => expr);
  return [...variables, ...shown];
}

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

describe("the shipped alerts and dashboards, in a real Prometheus that scrapes the real program", {
  skip: PROMETHEUS.skip,
  timeout: 150_000,
}, () => {
  let stage: Stage;
  let muster: MusterProcess;
  let prometheus: string;
  let queued = 20;

  before(async () => {
    stage = await Stage.open(SANDBOX);
    await installWorkerAutoscalers(stage);
    const shop = await scriptedHttp(() => ({ body: { value: queued } }));
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

  test("each expression of the dashboards returns numbers", async () => {
    const dashboards = globSync("deploy/dashboards/*.json").map((file) => JSON.parse(readFileSync(file, "utf8")));
    assert.deepEqual(dashboards.map(({ uid }) => uid).sort(), [
      "muster-autoscaler",
      "muster-controller",
      "muster-fleet",
    ]);
    const expressions = [...new Set((dashboards as readonly Dashboard[]).flatMap(expressionsOf))];
    assert.ok(expressions.length >= 50, String(expressions.length));
    // Rates are of what changes while it is watched: another scaling, another minute.
    queued = 40;
    await scaledTo(stage, "fine", 4);
    await eventually(async () => {
      const silent = [];
      for (const expression of expressions)
        if (!(await returnsNumbers(prometheus, expression))) silent.push(expression);
      assert.deepEqual(silent, []);
    });
  });
});

/** Of an autoscaler's dashboard: for one that is well, or one that is not. */
async function returnsNumbers(prometheus: string, expression: string): Promise<boolean> {
  for (const name of ["fine", "unread"]) {
    const query = expression.replaceAll(/\$(\w+)/g, (_, variable: string) => ({ ...CHOICES, name })[variable] ?? "");
    const answer = await fetch(`${prometheus}/api/v1/query?${new URLSearchParams({ query })}`);
    const { status, error, data } = (await answer.json()) as Answer;
    assert.equal(status, "success", `${query}: ${error}`);
    if (data.result.some(({ value: [, number] }) => Number.isFinite(Number(number)))) return true;
  }
  return false;
}

/** What Prometheus answers for /api/v1/query. */
interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly result: readonly { readonly value: readonly [at: number, number: string] }[] };
}
