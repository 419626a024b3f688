import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { connect } from "amqplib";
import { parse } from "yaml";
import { BEANSTALKD, BeanstalkdServer } from "../support/beanstalkd-server.ts";
import { BusyStage, marked } from "../support/busy-stage.ts";
import { controlPlaneSkip } from "../support/control-plane.ts";
import { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { DEFINITIONS_PATH } from "../support/gadgets.ts";
import { type HttpScript, type ScriptedHttp, scriptedHttp } from "../support/scripted-http.ts";
import { RABBITMQ, startRabbitmq } from "../support/servers/rabbitmq.ts";
import { REDIS, startRedis } from "../support/servers/redis.ts";
import { eventually } from "../support/waiting.ts";

const PATH = "/apis/muster.dev/v1alpha1/namespaces/default/workerautoscalers";
const ORIGINAL_PATH = "/apis/k8s.practo.dev/v1/namespaces/default/workerpodautoscalers";

describe("busyWorkers of a WorkerAutoscaler", { skip: controlPlaneSkip(), timeout: 500_000 }, () => {
  let stage: BusyStage;
  let queue: ScriptedHttp;
  let messages = 40;
  const running: MusterProcess[] = [];

  before(async () => {
    stage = await BusyStage.open();
    queue = await scriptedHttp(() => ({ body: { messages } }));
    for (const [file, path] of [
      ["muster.dev_workerautoscalers", PATH],
      ["k8s.practo.dev_workerpodautoscalers", ORIGINAL_PATH],
    ] as const) {
      const definition = parse(readFileSync(`deploy/crds/${file}.yaml`, "utf8"));
      await stage.objects.create(DEFINITIONS_PATH, definition);
      await eventually(() => stage.objects.get(path));
    }
  });
  after(async () => {
    for (const muster of running) if (!muster.hasEnded) await muster.stop("SIGKILL");
    await queue?.close();
    await stage?.close();
  });

  async function runMuster(...flags: string[]): Promise<MusterProcess> {
    const fixed = ["--kube-config", stage.plane.kubeconfigPath, "--metrics-port", "127.0.0.1:0"];
    const muster = new MusterProcess([...fixed, "--leader-elect=false", ...flags]);
    running.push(muster);
    return muster.ready();
  }

  async function autoscale(name: string, busyWorkers: object = { probe: { port: stage.port } }): Promise<void> {
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
        busyWorkers,
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
    const next = await runMuster();
    await stage.settled("packer", 3);
    await next.stop();
  });

  /** Resolves once the condition says so; the number is still what it was. */
  async function held(name: string, replicas: number, why: RegExp): Promise<void> {
    await eventually(
      async () => {
        const limited = await scalingLimited(name);
        assert.match(limited?.message ?? "", why);
        // The second one after a while.
        assert.match(limited?.reason ?? "", /^(BusyWorkers|WorkersUnknown)$/);
      },
      { patienceMs: 120_000 },
    );
    assert.equal(await stage.replicas(name), replicas);
    assert.equal((await stage.present(name)).length, replicas);
    assert.deepEqual(await stage.interrupted(name), []);
  }

  test("nobody is stopped while RabbitMQ's management API is down, says nonsense or answers minutes late", {
    skip: RABBITMQ.skip,
    timeout: 280_000,
  }, async (t) => {
    const { host, port, managementUrl } = await startRabbitmq(t);
    const through: HttpScript =
      ({ url, headers: { authorization = "" } }) =>
      async (response) => {
        const answer = await fetch(new URL(url.pathname + url.search, managementUrl), { headers: { authorization } });
        response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
      };
    const management = await scriptedHttp(() => ({ status: 503, body: "starting" }));
    t.after(() => management.close());

    messages = 30;
    const pods = await stage.workers("sender", 3);
    const channels = await Promise.all(
      pods.map(async ({ ip }) => {
        // Handed on to Node's sockets, which know of local addresses.
        const how = { localAddress: ip } as object;
        const connection = await connect({ hostname: host, port, username: "guest", password: "guest" }, how);
        // The server may be gone by then.
        connection.on("error", () => undefined);
        const channel = await connection.createChannel();
        await channel.assertQueue("mails");
        await channel.prefetch(1);
        return channel;
      }),
    );
    const taken = Promise.withResolvers<{ readonly pod: string; done(): void }>();
    for (const [index, channel] of channels.entries()) {
      await channel.consume("mails", (message) => {
        if (message !== null) taken.resolve({ pod: pods[index]?.name ?? "", done: () => channel.ack(message) });
      });
    }
    channels[0]?.sendToQueue("mails", Buffer.from("one"));
    const work = await taken.promise;
    stage.says.set(work.pod, "busy");
    const rabbitmq = {
      host,
      port,
      queue: "mails",
      managementUrl: management.url,
      statisticsSeconds: 1,
      timeoutSeconds: 2,
    };
    await autoscale("sender", { source: { rabbitmq } });
    const muster = await runMuster();
    messages = 0;

    await held("sender", 3, /rabbitmq does not say who is busy: .*503/);
    management.follow(() => ({ body: "<html>It works!</html>", headers: { "content-type": "text/html" } }));
    await held("sender", 3, /rabbitmq does not say who is busy: .*JSON/);
    management.follow(() => ({ body: [{ name: 7 }] }));
    await held("sender", 3, /expected the management API's list of channels and consumers/);
    // Answers come when nobody waits for them any longer.
    management.follow(() => () => undefined);
    await held("sender", 3, /rabbitmq does not say who is busy: .*within 2 s/);
    await management.close();
    await held("sender", 3, /rabbitmq does not say who is busy: .*(refused|ECONNREFUSED|reset|hung up)/);
    const back = await scriptedHttp(through, undefined, management.port);
    t.after(() => back.close());

    const costsCount = await stage.pods.ordersByCost(new AbortController().signal);
    if (costsCount) {
      const [left] = await stage.settled("sender", 1);
      assert.equal(left?.name, work.pod);
    }
    stage.says.delete(work.pod);
    work.done();
    await stage.settled("sender", 0);
    assert.deepEqual(await stage.interrupted("sender"), []);
    assert.equal(await muster.metric("muster_workers_stopped_busy_total"), 0);
    await muster.stop();
  });

  test("of a WorkerPodAutoScaler those stay that Redis says are at work, and the others go", {
    skip: REDIS.skip || BEANSTALKD.skip,
    timeout: 200_000,
  }, async (t) => {
    const { host, port, client: redis } = await startRedis(t);
    const beanstalkd = await BeanstalkdServer.start(t);
    const queue = await beanstalkd.client(t);
    const job = await queue.put("packing");
    for (let more = 1; more < 40; more += 1) await queue.put("packing");
    const pods = await stage.workers("original", 4);
    const [, one] = pods;
    assert.ok(one);
    await redis.xgroup("CREATE", "work", "workers", "0", "MKSTREAM");
    for (const { name } of pods) {
      await redis.xgroup("CREATECONSUMER", "work", "workers", name);
    }
    await redis.xadd("work", "*", "n", "1");
    await redis.xreadgroup("GROUP", "workers", one.name, "COUNT", 1, "STREAMS", "work", ">");
    stage.says.set(one.name, "busy");
    const source = { redis: { host, port, structure: "stream", key: "work", group: "workers" } };
    await stage.objects.create(ORIGINAL_PATH, {
      ...{ apiVersion: "k8s.practo.dev/v1", kind: "WorkerPodAutoScaler" },
      metadata: {
        name: "original",
        annotations: { "muster.dev/busy-workers": JSON.stringify({ protect: "Always", source }) },
      },
      spec: {
        ...{ deploymentName: "original", minReplicas: 0, maxReplicas: 10, targetMessagesPerWorker: 10 },
        ...{ queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/packing`, maxDisruption: "100%" },
      },
    });
    const muster = await runMuster("--scale-down-delay-after-last-scale-activity", "0");
    await eventually(async () => assert.ok((await muster.metric("muster_leader")) !== undefined));
    for (let left = Number(job); left < Number(job) + 40; left += 1) await queue.command(`delete ${left}`);
    const costsCount = await stage.pods.ordersByCost(new AbortController().signal);
    if (costsCount) {
      const [left] = await stage.settled("original", 1);
      assert.equal(left?.name, one.name);
    }
    await eventually(async () => {
      const { status } = (await stage.objects.get(`${ORIGINAL_PATH}/original`)) as { status?: object };
      assert.match(JSON.stringify(status), /BusyWorkers/);
    });
    stage.says.delete(one.name);
    await redis.xtrim("work", "MAXLEN", 0);
    await redis.xgroup("DELCONSUMER", "work", "workers", one.name);
    await stage.settled("original", 0);
    assert.deepEqual(await stage.interrupted("original"), []);
    await muster.stop();
  });

  test("nobody is stopped by what a Prometheus says that has heard nothing for minutes", {
    timeout: 200_000,
  }, async (t) => {
    messages = 30;
    const pods = await stage.workers("scraped", 3);
    let scrapedAgo = 300;
    const prometheus = await scriptedHttp(({ url }) => {
      const now = Date.now() / 1000;
      const value = url.searchParams.get("query")?.startsWith("timestamp(") ? String(now - scrapedAgo) : "0";
      const result = pods.map(({ name: pod }) => ({ metric: { pod }, value: [now, value] }));
      return { body: { status: "success", data: { resultType: "vector", result } } };
    });
    t.after(() => prometheus.close());
    await autoscale("scraped", { source: { prometheus: { url: prometheus.url, query: "jobs_in_progress" } } });
    const muster = await runMuster();
    messages = 0;
    await held("scraped", 3, /what prometheus says of its consumers is 30\d s old/);
    scrapedAgo = 0;
    await stage.settled("scraped", 0);
    await muster.stop();
  });

  test("a probe that hangs holds its pod, and one that always says busy no longer than forceAfterSeconds", {
    timeout: 200_000,
  }, async () => {
    messages = 30;
    const pods = await stage.workers("stuck", 3);
    for (const { name } of pods) stage.says.set(name, "hang");
    await autoscale("stuck", { probe: { port: stage.port, timeoutSeconds: 1 }, forceAfterSeconds: 30 });
    const muster = await runMuster();
    messages = 0;
    const began = Date.now();
    await held("stuck", 3, /its probe did not answer within 1 s/);
    for (const { name } of pods) stage.says.set(name, "busy");
    await stage.settled("stuck", 0);
    assert.ok(Date.now() - began >= 29_000);
    assert.equal((await stage.interrupted("stuck")).length, 3);
    await eventually(async () => assert.equal(await muster.metric("muster_workers_stopped_busy_total"), 3));
    assert.equal(muster.said("Stopped busy workers").length, 1);
    await muster.stop();
  });
});
