import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { scaledTo } from "../support/end-to-end/expectations.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { createScaledObject, installKedaKinds, scaledObjectPath } from "../support/end-to-end/scaled-objects.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS } from "../support/end-to-end/test-cluster.ts";
import { createWorkerAutoscaler, installWorkerAutoscalers, said } from "../support/end-to-end/worker-autoscalers.ts";
import { runMuster } from "../support/muster.ts";
import { scriptedHttp } from "../support/scripted-http.ts";
import { eventually } from "../support/waiting.ts";

const output = async (words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> =>
  (await promisify(execFile)(process.execPath, words, { env })).stdout;
const bin = (name: string) => fileURLToPath(new URL(`../../bin/${name}.js`, import.meta.url));

for (const kind of CLUSTERS) {
  describe(`the commands that are kubectl's too, on ${kind.name}`, { skip: kind.skip, timeout: 200_000 }, () => {
    let stage: Stage;
    let muster: MusterProcess;
    let environment: Record<string, string>;
    let queued = 20;
    const call = (...words: string[]) => runMuster(words, { env: environment });

    before(async () => {
      stage = await Stage.open(kind);
      await installWorkerAutoscalers(stage);
      const shop = await scriptedHttp(() => ({ body: { value: queued } }));
      stage.after(() => shop.close());
      const beanstalkd = await stage.beanstalkd();
      await stage.deployment("mailer");
      await createWorkerAutoscaler(stage, "mailer", {
        maxReplicas: 10,
        signals: [
          { name: "orders", source: { http: { url: `${shop.url}/`, path: "value" } }, perReplica: { value: 10 } },
        ],
      });
      await stage.pair("old", {
        ...{ minReplicas: 1, maxReplicas: 5, deploymentName: "old", targetMessagesPerWorker: 1 },
        queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/jobs`,
      });
      muster = await stage.run(["--leader-elect=true"]).ready();
      await scaledTo(stage, "mailer", 2);
      await scaledTo(stage, "old", 1);
      environment = { KUBECONFIG: stage.kubeconfigPath() };
    });
    after(() => stage?.close());

    test("list shows value, workers now, desired of the most, and the state", async () => {
      await eventually(async () => {
        const { stdout, status } = await call("list");
        assert.equal(status, 0);
        assert.match(stdout, /^NAMESPACE +NAME +KIND +TARGET +VALUE +CURRENT +DESIRED +STATE +AGE$/m);
        assert.match(stdout, /^default +mailer +wa +mailer +20 +2 +2 of 10 +Ready +\d+s$/m);
        assert.match(stdout, /^default +old +wpa +old +0 +1 +1 of 5 +Ready +\d+s$/m);
      });
      const { stdout } = await call("list", "-n", "default", "-o", "json");
      const [first] = JSON.parse(stdout);
      assert.deepEqual(
        [first.kind, first.name, first.desiredReplicas, first.maxReplicas, first.signals[0].value, first.state],
        ["WorkerAutoscaler", "mailer", 2, 10, 20, "Ready"],
      );
      assert.equal((await call("list", "-n", "elsewhere")).stdout, "there are no autoscalers\n");
    });

    test("check --cluster reads how long the pods of a workload get to end", async () => {
      const manifest = (name: string) => `apiVersion: k8s.practo.dev/v1
kind: WorkerPodAutoScaler
metadata: {name: ${name}, namespace: default}
spec:
  minReplicas: 1
  maxReplicas: 5
  targetMessagesPerWorker: 1
  secondsToProcessOneJob: 45
  deploymentName: ${name}
  queueURI: beanstalk://q:11300/jobs
`;
      const check = (name: string, ...words: string[]) =>
        runMuster(["check", ...words, "-"], { input: manifest(name), env: environment });
      assert.equal((await check("old")).stdout, "ok: -: WorkerPodAutoScaler default/old\n");
      const { stdout, status } = await check("old", "--cluster");
      assert.match(stdout, /^warning: .*a message takes 45 s, and the pods of Deployment old get 30 s to end/m);
      assert.equal(status, 0);
      const missing = await check("nothing", "--cluster");
      assert.match(missing.stderr, /grace period of Deployment default\/nothing is not checked: .*not found/i);
      assert.equal(missing.status, 0);
    });

    test("pause holds a WorkerAutoscaler's number, or sets it, and resume lets it decide again", async () => {
      const { stdout } = await call("pause", "mailer");
      assert.equal(stdout, "WorkerAutoscaler default/mailer paused: holds the present number\n");
      await said(stage, "mailer", "Ready", "Paused");
      assert.match((await call("list")).stdout, /^default +mailer .* Paused /m);
      queued = 50;
      await call("pause", "default/mailer", "--replicas", "3");
      await scaledTo(stage, "mailer", 3);
      const resumed = await call("resume", "wa/mailer", "-n", "default", "-o", "json");
      assert.equal(JSON.parse(resumed.stdout).changed, true);
      await scaledTo(stage, "mailer", 5);
      const again = await call("resume", "mailer");
      assert.equal(again.stdout, "WorkerAutoscaler default/mailer is not paused: mode Active\n");
    });

    test("pause and resume write a WorkerPodAutoScaler's annotation, which the controller follows", async () => {
      await call("pause", "old");
      await eventually(async () => {
        const { metadata, status } = (await stage.found("old")) as unknown as Annotated;
        assert.equal(metadata.annotations?.["muster.dev/mode"], "Paused");
        assert.equal(status.conditions.find(({ type }) => type === "Ready")?.reason, "Paused");
      });
      const refused = await call("pause", "old", "--replicas", "3");
      assert.equal(refused.status, 2);
      assert.match(
        refused.stderr,
        /--replicas: expected a WorkerAutoscaler or ScaledObject, got WorkerPodAutoScaler old/,
      );
      await call("resume", "old");
      await eventually(async () => {
        const { metadata, status } = (await stage.found("old")) as unknown as Annotated;
        assert.equal(metadata.annotations?.["muster.dev/mode"], undefined);
        assert.equal(status.conditions.find(({ type }) => type === "Ready")?.reason, "ReadyForNewScale");
      });
    });

    test("a ScaledObject is listed by KEDA's conditions, paused by KEDA's annotations, and resumed", async () => {
      await installKedaKinds(stage);
      await stage.deployment("orders", 1);
      await createScaledObject(stage, "orders", { triggers: [{ type: "no-such-trigger", metadata: {} }] });
      assert.match((await call("list")).stdout, /^default +orders +so +orders +- +- +- of 100 +NotSeen +\d+s$/m);
      const conditions = [
        { type: "Ready", status: "True", reason: "ScaledObjectReady", message: "it is" },
        { type: "Active", status: "Unknown" },
      ];
      await stage.objects.patch(`${scaledObjectPath("orders")}/status`, { status: { conditions } });
      assert.match((await call("list")).stdout, /^default +orders +so .* Ready /m);
      const annotations = async () => {
        const { metadata } = (await stage.objects.get(scaledObjectPath("orders"))) as unknown as Annotated;
        const all = Object.entries(metadata.annotations ?? {});
        return all.filter(([name]) => name.startsWith("autoscaling.keda.sh/")).map((one) => one.join("="));
      };
      await call("pause", "so/orders");
      assert.deepEqual(await annotations(), ["autoscaling.keda.sh/paused=true"]);
      const { stdout } = await call("pause", "orders", "--replicas", "3");
      assert.equal(stdout, "ScaledObject default/orders paused: holds 3 replicas\n");
      assert.deepEqual(await annotations(), ["autoscaling.keda.sh/paused-replicas=3"]);
      await call("resume", "orders");
      assert.deepEqual(await annotations(), []);
      assert.equal((await call("resume", "orders")).stdout, "ScaledObject default/orders is not paused: mode Active\n");
    });

    test("an autoscaler that was in mode DryRun is in it again after a pause", async () => {
      await stage.deployment("dry");
      await createWorkerAutoscaler(stage, "dry", {
        mode: "DryRun",
        signals: [{ name: "one", source: { constant: { value: 1 } }, perReplica: { value: 1 } }],
      });
      await call("pause", "dry");
      await said(stage, "dry", "Ready", "Paused");
      assert.equal((await call("resume", "dry")).stdout, "WorkerAutoscaler default/dry resumed: mode DryRun\n");
    });

    test("a wrong name or a cluster that does not answer is said in words", async () => {
      const unknown = await call("pause", "nobody");
      assert.equal(unknown.status, 2);
      assert.match(unknown.stderr, /expected an autoscaler of namespace default, got "nobody"; there are /);
      const nowhere = await runMuster(["list", "--context", "other"], { env: environment });
      assert.equal(nowhere.status, 2);
      assert.match(nowhere.stderr, /expected a context named other/);
    });

    test("kubectl asks the plugin for names, and its help says how it is called", async () => {
      const env = { ...process.env, ...environment };
      const complete = (...words: string[]) => output([bin("kubectl_complete-muster"), ...words], env);
      assert.match(await complete("pa"), /^pause\thold [^\n]*\n:4\n$/);
      assert.match(await complete("why", ""), /^default\/dry\ndefault\/mailer\ndefault\/old\ndefault\/orders\n:4\n$/);
      assert.match(await complete("pause", "--rep"), /^--replicas\n:4\n$/);
      assert.match(await complete("check", ""), /^:0\n$/);
      const help = await output([bin("kubectl-muster"), "pause", "--help"], env);
      assert.match(help, /^Usage: kubectl muster pause /m);
      assert.match(help, /^ {2}kubectl muster pause sms-sender -n shop$/m);
    });

    test("ui and why reach the pod that acts through kubectl port-forward", async () => {
      const { address } = await muster.saying("Started");
      const { port } = new URL(String(address));
      // There is no kubelet here that could forward: this one says what it was asked, and names the real port.
      const script = join(stage.folder, "kubectl");
      writeFileSync(
        script,
        `#!/bin/sh\necho "$@" >> ${stage.folder}/calls\necho "Forwarding from 127.0.0.1:${port} -> 8787"\nexec sleep 60\n`,
      );
      chmodSync(script, 0o755);
      const env = { ...process.env, ...environment, PATH: `${stage.folder}${delimiter}${process.env.PATH}` };
      const ui = spawn(process.execPath, [bin("kubectl-muster"), "ui", "--no-open"], { env });
      const [line] = (await once(ui.stdout, "data")) as [Buffer];
      assert.match(String(line), new RegExp(`^Muster is at http://127.0.0.1:${port}/\\S* until Ctrl-C\n$`));
      const page = /http\S+/.exec(String(line))?.[0] ?? "";
      assert.equal((await fetch(page)).status, 200);
      ui.kill("SIGINT");
      assert.deepEqual(await once(ui, "close"), [0, null]);
      const why = await output([bin("kubectl-muster"), "why", "mailer", "-n", "default"], env);
      assert.match(why, /^WorkerAutoscaler\/default\/mailer\n/);
      assert.match(why, /\(from the controller at http:\/\/127/);
    });
  });
}

interface Annotated {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly status: { readonly conditions: readonly { readonly type: string; readonly reason: string }[] };
}
