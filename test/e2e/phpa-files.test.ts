import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { BEANSTALKD } from "../support/beanstalkd-server.ts";
import { conditionOf, scaledTo } from "../support/end-to-end/expectations.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { REAL_API_SERVER, SANDBOX } from "../support/end-to-end/test-cluster.ts";
import { createWorkerAutoscaler, installWorkerAutoscalers, said } from "../support/end-to-end/worker-autoscalers.ts";
import { type ScriptedHttp, type ScriptedRequest, scriptedHttp } from "../support/scripted-http.ts";
import { eventually } from "../support/waiting.ts";

/** What one of the page's objects says. */
interface Shown {
  readonly file?: string;
  readonly maxReplicas?: number;
  readonly account?: { readonly conditions: readonly { type: string; reason: string; message: string }[] };
}

/** One cluster will do, since files come from elsewhere and a metric's absence takes its time. */
const kind = REAL_API_SERVER.skip === false ? REAL_API_SERVER : SANDBOX;

describe(`PHPA files on ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 175_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "muster-e2e-phpa-"));
  /** As a kubelet mounts a ConfigMap: names that lead through `..data` into the folder of one version. */
  const files = new Map<string, string>();
  let version = 0;
  let stage: Stage;
  let muster: MusterProcess;
  let graphite: ScriptedHttp;
  /** Newest points by series; a series that is not there has none. */
  const points = new Map<string, number>();

  const mount = (changes: Readonly<Record<string, string | undefined>>) => {
    for (const [name, text] of Object.entries(changes)) {
      if (text === undefined) {
        files.delete(name);
        rmSync(join(folder, name));
      } else {
        if (!files.has(name)) symlinkSync(join("..data", name), join(folder, name));
        files.set(name, text);
      }
    }
    version += 1;
    mkdirSync(join(folder, `..version-${version}`));
    for (const [name, text] of files) writeFileSync(join(folder, `..version-${version}`, name), text);
    symlinkSync(`..version-${version}`, join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
    if (version > 1) rmSync(join(folder, `..version-${version - 1}`), { recursive: true });
  };
  const file = (name: string, changes: { maxReplicas?: string; fallbackReplicas?: number; series?: string } = {}) => {
    const { maxReplicas = "'10'", fallbackReplicas = 5, series = name } = changes;
    return `version: v1
kind: PHPAConfig
interval: '1'
actionCooldown: '1'
deployment: {name: ${name}, namespace: default, minReplicas: '1', maxReplicas: ${maxReplicas}, fallbackReplicas: '${fallbackReplicas}'}
metric: {name: lag, metricType: negative, metricThreshold: '100', metricMargin: '10'}
metricServer: {adaptor: graphite, graphite: {host: 127.0.0.1, port: '${graphite.port}', query: "target=lag.${series}&from=-5min"}}
`;
  };
  const shown = async (name: string): Promise<Shown | undefined> => {
    const { objects } = JSON.parse((await muster.get("/status?format=json")).text) as { objects: Shown[] };
    return objects.find((one) => one.file === join(folder, name));
  };
  const ready = async (name: string) => (await shown(name))?.account?.conditions.find(({ type }) => type === "Ready");
  const readyIs = (name: string, reason: string, message: RegExp) =>
    eventually(async () => {
      const condition = await ready(name);
      assert.equal(condition?.reason, reason, JSON.stringify(condition));
      assert.match(condition?.message ?? "", message);
    });
  const warned = (message: RegExp) =>
    eventually(async () => {
      const lines = muster.said("Found something wrong").map(({ detail }) => String(detail));
      assert.ok(
        lines.some((line) => message.test(line)),
        lines.join("\n"),
      );
    });

  before(async () => {
    stage = await Stage.open(kind);
    await installWorkerAutoscalers(stage);
    graphite = await scriptedHttp((request) => ({ body: rendered(request, points) }));
    stage.after(() => graphite.close());
    stage.after(() => rmSync(folder, { recursive: true }));
    for (const [name, replicas] of Object.entries({ mailer: 2, below: 1, above: 9 })) {
      await stage.deployment(name, replicas);
      points.set(name, 100);
      mount({ [`${name}.yaml`]: file(name) });
    }
    muster = await stage.run(["--phpa-config", folder]).ready();
  });
  after(() => stage?.close());

  test("files, WorkerPodAutoScalers and WorkerAutoscalers run in one process, each by its own rule", async () => {
    const beanstalkd = await stage.beanstalkd();
    await (await beanstalkd.client(stage)).put("by-queue");
    await stage.pair("by-queue", { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/by-queue` });
    await stage.deployment("by-signal");
    const floor = { name: "floor", source: { constant: { value: 4 } }, perReplica: { value: 1 } };
    await createWorkerAutoscaler(stage, "by-signal", { signals: [floor] });
    points.set("mailer", 150);
    await scaledTo(stage, "mailer", 4);
    points.set("mailer", 100);
    // What takes the longest goes on beside the next tests.
    for (const name of ["below", "above"]) points.delete(name);
    await scaledTo(stage, "by-queue", 1);
    await scaledTo(stage, "by-signal", 4);
    await conditionOf(stage, "by-queue", "Ready", "ReadyForNewScale");
    await said(stage, "by-signal", "Ready", "ReadyForNewScale");
  });

  test("an edit by a ConfigMap's symlink swap is picked up; a broken one keeps the last good version and says so", async () => {
    mount({ "mailer.yaml": file("mailer", { maxReplicas: "'2'" }) });
    await scaledTo(stage, "mailer", 2);
    mount({ "mailer.yaml": file("mailer", { maxReplicas: "many" }) });
    const broken = /line 5:\d+: deployment\.maxReplicas: .*many.*; the file's last good version stays in force/;
    await readyIs("mailer.yaml", "AcceptedWithWarnings", broken);
    await warned(broken);
    assert.equal((await shown("mailer.yaml"))?.maxReplicas, 2);
    mount({ "mailer.yaml": file("mailer") });
    await readyIs("mailer.yaml", "ReadyForNewScale", /^/);
    assert.equal((await shown("mailer.yaml"))?.maxReplicas, 10);
  });

  test("of two files for one Deployment the second is refused, says so, and takes over when the first is removed", async () => {
    const replicas = await stage.replicas("mailer");
    mount({ "zz-other.yaml": file("mailer", { series: "other" }) });
    points.set("other", 150);
    await readyIs(
      "zz-other.yaml",
      "WorkloadClaimed",
      /PHPAConfig \S+mailer\.yaml comes first by name and scales Deployment default\/mailer already/,
    );
    await readyIs(
      "mailer.yaml",
      "WorkloadContested",
      /zz-other\.yaml would .* is refused, as this one comes first by name/,
    );
    await warned(/comes first by name and scales Deployment default\/mailer already/);
    assert.equal(await stage.replicas("mailer"), replicas);
    mount({ "mailer.yaml": undefined });
    await scaledTo(stage, "mailer", replicas + 1);
    assert.equal(await shown("mailer.yaml"), undefined);
    mount({ "zz-other.yaml": undefined });
    await eventually(async () => assert.equal(await shown("zz-other.yaml"), undefined));
    const asked = graphite.requests.length;
    const left = await stage.replicas("mailer");
    await eventually(async () => assert.ok(graphite.requests.length > asked + 4, "the others go on"));
    assert.equal(await stage.replicas("mailer"), left);
  });

  test("without the metric a Deployment goes to fallbackReplicas from either side, not past it, and back to normal", async () => {
    const writes = (name: string) =>
      stage.proxy
        .scalings(name)
        .filter(({ status }) => status === 200)
        .map(({ body }) => JSON.parse(body).spec.replicas as number);
    await eventually(async () => assert.deepEqual(writes("below"), [2, 3, 4, 5]), { patienceMs: 80_000 });
    await eventually(async () => assert.deepEqual(writes("above"), [8, 7, 6, 5]), { patienceMs: 80_000 });
    await pause(3_000);
    assert.deepEqual([await stage.replicas("below"), await stage.replicas("above")], [5, 5]);
    points.set("below", 150);
    points.set("above", 10);
    await eventually(async () => assert.ok((await stage.replicas("below")) > 5));
    await eventually(async () => assert.ok((await stage.replicas("above")) < 5));
  });

  test("nothing of all this was unexpected", () => {
    assert.equal(muster.hasEnded, false);
    assert.deepEqual(
      muster.lines().filter(({ level }) => level === "error"),
      [],
    );
  });
});

/** Graphite's answer: the newest bucket is still filling, as it always is. */
function rendered({ url }: ScriptedRequest, points: ReadonlyMap<string, number>): object {
  const target = url.searchParams.get("target") ?? "";
  const value = points.get(target.replace("lag.", "")) ?? null;
  const now = Math.floor(Date.now() / 1000);
  return [
    {
      target,
      datapoints: [
        [value, now - 10],
        [null, now],
      ],
    },
  ];
}
