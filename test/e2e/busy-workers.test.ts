import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { BusyStage, marked } from "../support/busy-stage.ts";
import { controlPlaneSkip } from "../support/control-plane.ts";
import { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { DEFINITIONS_PATH } from "../support/gadgets.ts";
import { type ScriptedHttp, scriptedHttp } from "../support/scripted-http.ts";
import { eventually } from "../support/waiting.ts";

const PATH = "/apis/muster.dev/v1alpha1/namespaces/default/workerautoscalers";

describe("busyWorkers of a WorkerAutoscaler", { skip: controlPlaneSkip(), timeout: 300_000 }, () => {
  let stage: BusyStage;
  let queue: ScriptedHttp;
  let messages = 40;
  const running: MusterProcess[] = [];

  before(async () => {
    stage = await BusyStage.open();
    queue = await scriptedHttp(() => ({ body: { messages } }));
    const definition = parse(readFileSync("deploy/crds/muster.dev_workerautoscalers.yaml", "utf8"));
    await stage.objects.create(DEFINITIONS_PATH, definition);
    await eventually(() => stage.objects.get(PATH));
  });
  after(async () => {
    for (const muster of running) if (!muster.hasEnded) await muster.stop("SIGKILL");
    await queue?.close();
    await stage?.close();
  });

  async function runMuster(): Promise<MusterProcess> {
    const fixed = ["--kube-config", stage.plane.kubeconfigPath, "--metrics-port", "127.0.0.1:0"];
    const muster = new MusterProcess([...fixed, "--leader-elect=false"]);
    running.push(muster);
    return muster.ready();
  }

  async function autoscale(name: string): Promise<void> {
    const source = { http: { url: queue.url, path: "messages" } };
    await stage.objects.create(PATH, {
      ...{ apiVersion: "muster.dev/v1alpha1", kind: "WorkerAutoscaler", metadata: { name } },
      spec: {
        ...{
          scaleTargetRef: { kind: "Deployment", name },
          maxReplicas: 10,
          pollIntervalSeconds: 1,
          cooldownSeconds: 0,
        },
        signals: [{ name: "queue", source, backlog: { messagesPerReplica: 10 } }],
        busyWorkers: { probe: { port: stage.port } },
      },
    });
  }

  const scalingLimited = async (name: string) => {
    const { status } = (await stage.objects.get(`${PATH}/${name}`)) as {
      status?: { conditions?: readonly { type: string; reason: string; message: string }[] };
    };
    return status?.conditions?.find(({ type }) => type === "ScalingLimited");
  };

  test("busy workers stay, the condition says so, and the metric counts them", async () => {
    messages = 40;
    const pods = await stage.workers("mailer", 4);
    const [one] = pods;
    assert.ok(one);
    stage.says.set(one.name, "busy");
    await autoscale("mailer");
    const muster = await runMuster();
    messages = 0;
    const costsCount = await stage.pods.ordersByCost(new AbortController().signal);
    if (costsCount) {
      const [left] = await stage.settled("mailer", 1);
      assert.equal(left?.name, one.name);
    }
    await eventually(async () => {
      const limited = await scalingLimited("mailer");
      assert.equal(limited?.reason, "BusyWorkers");
    });
    assert.equal(
      await muster.metric('muster_busy_workers{kind="WorkerAutoscaler",namespace="default",name="mailer"}'),
      1,
    );
    stage.says.delete(one.name);
    await stage.settled("mailer", 0);
    assert.deepEqual(await stage.interrupted("mailer"), []);
    await muster.stop();
  });

  test("a process that is killed between the marks and the scale leaves no mark behind for the next one", async () => {
    messages = 30;
    await stage.workers("packer", 3);
    await autoscale("packer");
    const muster = await runMuster();
    messages = 0;
    await eventually(async () => assert.equal(marked(await stage.present("packer")).length, 3), { pauseMs: 10 });
    await muster.stop("SIGKILL");
    assert.equal(marked(await stage.present("packer")).length, 3);
    assert.equal(await stage.replicas("packer"), 3);
    messages = 30;
    await runMuster();
    await stage.settled("packer", 3);
  });
});
