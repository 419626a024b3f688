import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { scaledTo } from "../support/end-to-end/expectations.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { REAL_API_SERVER, SANDBOX } from "../support/end-to-end/test-cluster.ts";
import { createWorkerAutoscaler, installWorkerAutoscalers, said } from "../support/end-to-end/worker-autoscalers.ts";
import { type ScriptedAnswer, type ScriptedHttp, scriptedHttp } from "../support/scripted-http.ts";
import { eventually } from "../support/waiting.ts";

/** One cluster will do: this is about what a metric server answers. */
const kind = REAL_API_SERVER.skip === false ? REAL_API_SERVER : SANDBOX;

type Point = readonly [value: number | null, atSeconds: number];
const seconds = (ago = 0) => Math.floor(Date.now() / 1000) - ago;
const series = (...datapoints: Point[]) => ({ target: "lag", datapoints });
const point = (value: number): ScriptedAnswer => ({ body: [series([value, seconds(1)], [null, seconds()])] });

/** What may go wrong with a metric. Whoever believed the values would send everybody home. */
const FAULTS: Readonly<Record<string, { answer(port: number): ScriptedAnswer; reason: string; message: RegExp }>> = {
  "is down": { answer: () => (response) => response.destroy(), reason: "MetricUnreadable", message: /: Unavailable: / },
  "is slow": { answer: () => () => undefined, reason: "MetricUnreadable", message: /: TimedOut: .*within 1 s/ },
  redirects: {
    answer: (port) => ({ status: 302, headers: { location: `http://localhost:${port}/render/?target=idle` } }),
    reason: "MetricUnreadable",
    message: /: Malformed: .*redirects to another host, http:\/\/localhost/,
  },
  "answers HTML": {
    answer: () => ({ headers: { "content-type": "text/html" }, body: "<html><h1>Welcome</h1></html>" }),
    reason: "MetricUnreadable",
    message: /: Malformed: /,
  },
  "answers two series": {
    answer: () => ({ body: [series([0, seconds()]), series([0, seconds()])] }),
    reason: "MetricUnreadable",
    message: /: Malformed: expected one series, got 2/,
  },
  "answers no series": { answer: () => ({ body: [] }), reason: "MetricUnreadable", message: /: NotFound: no series/ },
  "answers an empty series": {
    answer: () => ({ body: [series()] }),
    reason: "MetricUnreadable",
    message: /: NotFound: .*no point/,
  },
  "answers only nulls": {
    answer: () => ({ body: [series([null, seconds(60)], [null, seconds()])] }),
    reason: "MetricUnreadable",
    message: /: NotFound: .*no point that is not null/,
  },
  "answers NaN": {
    answer: () => ({ body: `[{"target": "lag", "datapoints": [[NaN, ${seconds()}]]}]` }),
    reason: "MetricUnreadable",
    message: /: Malformed: /,
  },
  "answers from the future": {
    answer: () => ({ body: [series([0, seconds(-3_600)])] }),
    reason: "ReadingImplausible",
    message: /a value of 0 dated 2\S+ cannot be right/,
  },
  "stopped an hour ago": {
    answer: () => ({ body: [series([0, seconds(3_600)])] }),
    reason: "ReadingStale",
    message: /the newest reading is 36\d\d s old/,
  },
};

const nameOf = (what: string) => what.replaceAll(" ", "-").toLowerCase();

describe(`a metric server in trouble, on ${kind.name}`, { skip: kind.skip, timeout: 500_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "muster-e2e-values-"));
  const answers = new Map<string, () => ScriptedAnswer>();
  let stage: Stage;
  let muster: MusterProcess;
  let graphite: ScriptedHttp;

  const asked = (name: string) => graphite.requests.filter(({ url }) => url.searchParams.get("target") === name).length;
  /** A WorkerAutoscaler and a PHPA file, each for a Deployment of five, which ask the same. */
  const pair = async (name: string) => {
    answers.set(name, () => point(50));
    await Promise.all([stage.deployment(name, 5), stage.deployment(`${name}-file`, 5)]);
    const source = { graphite: { url: graphite.url, query: name, timeoutSeconds: 1 } };
    await createWorkerAutoscaler(stage, name, { signals: [{ name: "lag", source, perReplica: { value: 10 } }] });
    writeFileSync(join(folder, `${name}.yaml`), file(name));
  };
  const file = (name: string, more = "") => `version: v1
kind: PHPAConfig
interval: '1'
actionCooldown: '0'
fallbackEnabled: 'false'
${more}deployment: {name: ${name}-file, namespace: default, minReplicas: '1', maxReplicas: '10'}
metric: {name: lag, metricType: negative, metricThreshold: '50', metricMargin: '40'}
metricServer: {adaptor: graphite, graphite: {host: 127.0.0.1, port: '${graphite.port}', query: ${name}, timeoutSeconds: '1'}}
`;
  const fileSays = (name: string, type: string, reason: string, message = /^/) =>
    eventually(async () => {
      const { objects } = JSON.parse((await muster.get("/status?format=json")).text) as { objects: Shown[] };
      const shown = objects.find((one) => one.file === join(folder, `${name}.yaml`));
      const condition = shown?.account?.conditions.find((one) => one.type === type);
      assert.equal(condition?.reason, reason, `${type} of ${name}.yaml: ${JSON.stringify(condition)}`);
      assert.match(condition?.message ?? "", message);
    });

  before(async () => {
    stage = await Stage.open(kind);
    await installWorkerAutoscalers(stage);
    graphite = await scriptedHttp(({ url }) => answers.get(url.searchParams.get("target") ?? "")?.() ?? point(0));
    stage.after(() => graphite.close());
    stage.after(() => rmSync(folder, { recursive: true }));
    for (const name of [...Object.keys(FAULTS).map(nameOf), "healthy", "collapsing"]) await pair(name);
    muster = await stage.run(["--phpa-config", folder]).ready();
    for (const what of Object.keys(FAULTS)) await said(stage, nameOf(what), "ScalingActive", "ValidMetricFound");
  });
  after(() => stage?.close());

  test("whatever a metric server does wrong is said, and neither an object nor a file is scaled for it", async () => {
    for (const [what, { answer }] of Object.entries(FAULTS)) answers.set(nameOf(what), () => answer(graphite.port));
    for (const [what, { reason, message }] of Object.entries(FAULTS)) {
      await said(stage, nameOf(what), "ScalingActive", reason, message);
      await fileSays(nameOf(what), "ScalingActive", reason, message);
    }
    const looks = new Map(Object.keys(FAULTS).map((what) => [what, asked(nameOf(what))]));
    await eventually(async () => {
      for (const [what, before] of looks) assert.ok(asked(nameOf(what)) > before, `${what} is looked at again`);
    });
    for (const what of Object.keys(FAULTS)) {
      assert.deepEqual(
        [nameOf(what), `${nameOf(what)}-file`].flatMap((name) => stage.proxy.scalings(name)),
        [],
        what,
      );
    }
  });

  test("meanwhile the others are scaled, and when it works again so is everybody", async () => {
    answers.set("healthy", () => point(75));
    await scaledTo(stage, "healthy", 8);
    assert.equal(await stage.replicas("healthy-file"), 5, "75 is inside the band");
    for (const what of Object.keys(FAULTS)) answers.set(nameOf(what), () => point(95));
    for (const what of Object.keys(FAULTS)) {
      await scaledTo(stage, nameOf(what), 10);
      await eventually(async () => assert.ok((await stage.replicas(`${nameOf(what)}-file`)) > 5));
    }
  });

  test("a value that collapses lowers nothing and says so until a newer point confirms it", async () => {
    answers.set("collapsing", () => point(40_000_000));
    await scaledTo(stage, "collapsing", 10);
    const collapsedAt = seconds();
    answers.set("collapsing", () => ({ body: [series([0, collapsedAt])] }));
    const went =
      /lag went from 40000000 to 0 between two looks, which the next one has to confirm: all 10 replicas stay/;
    await said(stage, "collapsing", "ScalingLimited", "UnconfirmedFall", went);
    const before = asked("collapsing");
    await eventually(async () => assert.ok(asked("collapsing") > before + 3));
    assert.equal(await stage.replicas("collapsing"), 10, "the same point again confirms nothing");
    answers.set("collapsing", () => point(40_000_000));
    await eventually(async () => {
      const { objects } = JSON.parse((await muster.get("/status?format=json")).text) as { objects: Shown[] };
      const shown = objects.find(({ kind: of, name }) => of === "WorkerAutoscaler" && name === "collapsing");
      const limited = shown?.account?.conditions.find(({ type }) => type === "ScalingLimited");
      assert.notEqual(limited?.reason, "UnconfirmedFall");
    });
    const written = stage.proxy.scalings("collapsing").map(({ body }) => JSON.parse(body).spec.replicas as number);
    assert.deepEqual(written, [10]);
    answers.set("collapsing", () => point(0));
    await scaledTo(stage, "collapsing", 0);
  });

  test("a file's dry run decides and leaves its Deployment at the version that it had", async () => {
    const path = "/apis/apps/v1/namespaces/default/deployments/healthy-file";
    const version = async () =>
      ((await stage.objects.get(path)) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
    writeFileSync(join(folder, "healthy.yaml"), file("healthy", "dryRun: true\n"));
    await fileSays("healthy", "Ready", "DryRun");
    const before = await version();
    answers.set("healthy", () => point(95));
    await eventually(async () => {
      const would = muster.said("Would scale the workload").map(({ id, from, to }) => ({ id, from, to }));
      assert.deepEqual(would, [{ id: `PHPAConfig/${join(folder, "healthy.yaml")}`, from: 5, to: 6 }]);
    });
    assert.equal(await version(), before);
  });

  test("nothing of all this was unexpected", () => {
    assert.equal(muster.hasEnded, false);
    assert.deepEqual(
      muster.lines().filter(({ level }) => level === "error"),
      [],
    );
  });
});

/** What one of the page's objects says. */
interface Shown {
  readonly kind: string;
  readonly name: string;
  readonly file?: string;
  readonly account?: { readonly conditions: readonly { type: string; reason: string; message: string }[] };
}
