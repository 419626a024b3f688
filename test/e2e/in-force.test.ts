import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS } from "../support/end-to-end/test-cluster.ts";
import {
  createWorkerAutoscaler,
  installWorkerAutoscalers,
  said,
  workerAutoscaler,
} from "../support/end-to-end/worker-autoscalers.ts";
import { KUBECTL } from "../support/kubectl.ts";
import { runMuster } from "../support/muster.ts";
import { type ScriptedHttp, scriptedHttp } from "../support/scripted-http.ts";
import { eventually } from "../support/waiting.ts";

const SECOND = String.raw`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
const ELECTION = ["--leader-elect", "--lease-namespace", "default", "--lease-name", "in-force"];
const SERIES = 'kind="WorkerAutoscaler",namespace="default",name="cpu"';

for (const kind of CLUSTERS) {
  describe(`what is in force, on ${kind.name}`, { skip: kind.skip || KUBECTL.skip, timeout: 500_000 }, () => {
    let stage: Stage;
    let shop: ScriptedHttp;
    let muster: MusterProcess;
    const columns = async (name: string) => {
      const words = ["--kubeconfig", stage.kubeconfigPath(), "get", "wa", name];
      const [header = "", row = ""] = (await promisify(execFile)(KUBECTL.path ?? "", words)).stdout.split("\n");
      const cell = (column: string) => /^\S*/.exec(row.slice(header.indexOf(column)))?.[0];
      return { desired: cell("DESIRED"), min: cell("MIN"), max: cell("MAX"), decided: cell("DECIDED") };
    };
    const why = async (...words: string[]) => {
      const { status, stdout, stderr } = await runMuster(["why", ...words]);
      assert.equal(status, 0, stderr);
      return stdout;
    };
    const events = async (reason: string) => {
      const { items } = (await stage.objects.get("/api/v1/namespaces/default/events")) as {
        items: { reason: string; message: string; count: number }[];
      };
      return items.filter((event) => event.reason === reason).map(({ message, count }) => `${count}x ${message}`);
    };
    const start = async () => {
      const process = await stage.run(ELECTION, { proxy: await stage.anotherProxy() }).ready();
      await process.saying("Acting");
      return process;
    };
    const server = async () => String((await muster.saying("Started")).address);
    const fallbackCondition = async () =>
      (await workerAutoscaler(stage, "cpu")).status?.conditions?.find(({ type }) => type === "FallbackActive");

    before(async () => {
      stage = await Stage.open(kind);
      await installWorkerAutoscalers(stage);
      shop = await scriptedHttp(() => ({ body: { value: 20 } }));
      stage.after(() => shop.close());
      const signal = {
        name: "cpu-query",
        source: { http: { url: `${shop.url}/cpu`, path: "value" } },
        perReplica: { value: 10 },
      };
      const fallback = { replicas: 4, approach: "AtOnce", afterSeconds: 4 };
      await stage.deployment("cpu");
      await stage.deployment("night");
      await createWorkerAutoscaler(stage, "cpu", { signals: [{ ...signal, whenMissing: "Fallback" }], fallback });
      const always = { name: "always", start: "* * * * *", durationSeconds: 3_600, timeZone: "UTC" };
      const schedule = [{ ...always, minReplicas: 3, maxReplicas: 6 }];
      await createWorkerAutoscaler(stage, "night", { signals: [signal], schedule });
    });
    after(() => stage?.close());

    test("what no controller has seen has no numbers in kubectl get", async () => {
      assert.deepEqual(await columns("night"), { desired: "", min: "", max: "", decided: "" });
      muster = await start();
    });

    test("the bounds of a schedule are what status, kubectl, why and the metrics show", async () => {
      await eventually(async () => {
        const { decided, ...numbers } = await columns("night");
        assert.deepEqual(numbers, { desired: "3", min: "3", max: "6" });
        assert.match(decided ?? "", /^\d+s$/);
      });
      const { status } = await workerAutoscaler(stage, "night");
      assert.deepEqual([status?.minReplicas, status?.maxReplicas], [3, 6]);
      assert.match(await why("default/night", "--server", await server()), /\(bounds 3 to 6\)/);
      const series = SERIES.replace("cpu", "night");
      assert.equal(await muster.metric(`muster_replicas_min{${series}}`), 3);
      assert.equal(await muster.metric(`muster_replicas_max{${series}}`), 6);
    });

    test("a fallback in force is a condition, an event, a metric, and what why says first", async () => {
      await said(stage, "cpu", "FallbackActive", "SignalsDecide");
      assert.equal(await muster.metric(`muster_fallback_active{${SERIES}}`), 0);
      await shop.close();
      const words = new RegExp(`^4 replicas since ${SECOND}, as cpu-query has had no data since ${SECOND}$`);
      await said(stage, "cpu", "FallbackActive", "FallbackInForce", words);
      await eventually(async () => assert.equal((await events("FallbackInForce")).length, 1));
      const troubled = `muster_autoscaler_condition{${SERIES},type="FallbackActive",status="True",reason="FallbackInForce"}`;
      assert.equal(await muster.metric(`muster_fallback_active{${SERIES}}`), 1);
      assert.equal(await muster.metric(troubled), 1);
      const headline = new RegExp(
        `^fallback: 4 replicas since ${SECOND}, as cpu-query has had no data for \\d+ s \\(bounds 0 to 10\\)$`,
        "m",
      );
      await eventually(async () => {
        const text = await why("default/cpu", "--server", await server());
        assert.match(text, headline);
        assert.match(text, /fallBack +4 -> 4 {2}cpu-query cannot be read .*: the fallback is 4$/m);
        assert.doesNotMatch(text, /are right/);
      });
    });

    test("since when it is in force outlives the leader, and the next one does not tell of it again", async () => {
      const before = await fallbackCondition();
      await muster.stop("SIGKILL");
      const later = await why("default/cpu", "--kube-config", stage.kubeconfigPath());
      assert.match(
        later,
        new RegExp(`^fallback: 4 replicas since ${SECOND}, as cpu-query has had no data since `, "m"),
      );
      muster = await start();
      await eventually(async () => assert.equal(await muster.metric(`muster_fallback_active{${SERIES}}`), 1));
      await stage.objects.patch("/apis/apps/v1/namespaces/default/deployments/cpu/scale", { spec: { replicas: 7 } });
      await eventually(async () => assert.equal(await stage.replicas("cpu"), 4));
      await eventually(async () => {
        const { status } = await workerAutoscaler(stage, "cpu");
        assert.equal(status?.currentReplicas, 4);
        assert.equal(status?.lastScaling?.from, 7);
      });
      assert.deepEqual(await fallbackCondition(), before);
      assert.equal((await events("FallbackInForce")).length, 1);
    });

    test("its end is an event too, once", async () => {
      shop = await scriptedHttp(() => ({ body: { value: 20 } }), undefined, shop.port);
      await said(stage, "cpu", "FallbackActive", "SignalsDecide");
      await eventually(async () => {
        assert.deepEqual(await events("Recovered").then((all) => all.filter((one) => /FallbackInForce/.test(one))), [
          "1x FallbackInForce is over: the number comes from the signals",
        ]);
      });
      assert.equal(await muster.metric(`muster_fallback_active{${SERIES}}`), 0);
      const { text } = await muster.get("/metrics");
      assert.doesNotMatch(text, /muster_autoscaler_condition\{.*FallbackActive/);
    });
  });
}
