import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CreateQueueCommand, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { type SqsServer, startSqsServer } from "kube-sandbox";
import type { BeanstalkdClient } from "../support/beanstalkd-client.ts";
import { BEANSTALKD, type BeanstalkdServer } from "../support/beanstalkd-server.ts";
import { conditionOf, eventsOf, quiet, scaledTo } from "../support/end-to-end/expectations.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { groupPath } from "../support/end-to-end/objects.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS } from "../support/end-to-end/test-cluster.ts";
import { clientOf } from "../support/sqs.ts";
import { eventually } from "../support/waiting.ts";

/** The original's time between two looks. */
const POLL_MS = 20_000;
const LOOKS = 'muster_source_calls_total{source="beanstalkd",outcome="ok"}';
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

for (const kind of CLUSTERS) {
  describe(`objects on ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 150_000 }, () => {
    let stage: Stage;
    let beanstalkd: BeanstalkdServer;
    let queue: BeanstalkdClient;
    let sqsServer: SqsServer;
    let sqs: SQSClient;
    let muster: MusterProcess;
    const tube = (name: string) => `beanstalk://127.0.0.1:${beanstalkd.port}/${name}`;
    const put = async (name: string, jobs: number) => {
      for (let job = 0; job < jobs; job += 1) await queue.put(name);
    };

    before(async () => {
      stage = await Stage.open(kind);
      beanstalkd = await stage.beanstalkd();
      queue = await beanstalkd.client(stage);
      sqsServer = await startSqsServer();
      sqs = clientOf(sqsServer.url);
      stage.after(() => sqsServer.close());
      stage.after(() => sqs.destroy());
      const env = { AWS_ENDPOINT_URL: sqsServer.url };
      muster = await stage.run(["--scale-down-delay-after-last-scale-activity", "0"], { env }).ready();
    });
    after(() => stage?.close());

    test("a first message calls workers up, the last one sends them home, and the status says why", async () => {
      await stage.pair("mail", { queueURI: tube("mail") });
      await conditionOf(stage, "mail", "Ready", "ReadyForNewScale");
      const job = await queue.put("mail");
      await scaledTo(stage, "mail", 1);
      const { status } = await eventually(async () => {
        const found = await stage.found("mail");
        assert.equal(found.status?.CurrentReplicas, 1);
        assert.ok(found.status.lastScaling);
        return found;
      });
      const { time, ...scaling } = status?.lastScaling ?? { time: "" };
      assert.deepEqual(scaling, { from: 0, to: 1, reason: "1 message at 10 per worker needs 1 replica" });
      assert.equal(status?.LastScaleTime, time);
      await queue.command(`delete ${job}`);
      await scaledTo(stage, "mail", 0);
      await eventually(async () => assert.equal((await stage.found("mail")).status?.lastScaling?.to, 0));
      await eventually(async () => assert.ok((await eventsOf(stage, "mail")).includes("Normal SuccessfulRescale")));
    });

    test("a first SQS message calls a worker up without waiting for a poll", async () => {
      const QueueUrl = `${sqsServer.url}/000000000000/orders`;
      await sqs.send(new CreateQueueCommand({ QueueName: "orders" }));
      await stage.pair("orders", { queueURI: "https://sqs.us-east-1.amazonaws.com/000000000000/orders" });
      await conditionOf(stage, "orders", "ScalingActive", "ValidMetricFound");
      const sent = performance.now();
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
      await scaledTo(stage, "orders", 1);
      assert.ok(performance.now() - sent < POLL_MS / 2, "by waiting, not by polling");
    });

    test("a workload that somebody scales by hand is set right at once", async () => {
      await put("by-hand", 20);
      await stage.pair("by-hand", { queueURI: tube("by-hand") });
      await scaledTo(stage, "by-hand", 2);
      for (const replicas of [0, 9]) {
        await stage.objects.patch(`${DEPLOYMENTS}/by-hand`, { spec: { replicas } });
        const changed = performance.now();
        await scaledTo(stage, "by-hand", 2);
        assert.ok(performance.now() - changed < POLL_MS / 2);
      }
    });

    test("a Deployment that is deleted is said, and scaled again when it is made anew", async () => {
      await put("remade", 20);
      await stage.pair("remade", { queueURI: tube("remade") });
      await scaledTo(stage, "remade", 2);
      await stage.remove(`${DEPLOYMENTS}/remade`);
      await conditionOf(stage, "remade", "Ready", "WorkloadMissing");
      await stage.deployment("remade");
      await scaledTo(stage, "remade", 2);
    });

    test("an object that is deleted and made again is scaled as it says now", async () => {
      await put("again", 20);
      await stage.pair("again", { queueURI: tube("again") });
      await scaledTo(stage, "again", 2);
      await stage.remove(`${groupPath("default")}/again`);
      await stage.autoscaler("again", { queueURI: tube("again"), targetMessagesPerWorker: 5 });
      await scaledTo(stage, "again", 4);
      await conditionOf(stage, "again", "Ready", "ReadyForNewScale");
    });

    test("min above max gives the original's number, and a condition says so", async () => {
      await stage.pair("upside-down", { queueURI: tube("upside-down"), minReplicas: 8, maxReplicas: 3 });
      await scaledTo(stage, "upside-down", 3);
      const { message } = await conditionOf(stage, "upside-down", "Ready", "AcceptedWithWarnings");
      assert.match(message, /minReplicas: expected at most maxReplicas \(3\), got 8: maxReplicas counts/);
    });

    test("both target names: the Deployment is scaled, and a condition says so", async () => {
      await stage.pair("both", { queueURI: tube("both"), replicaSetName: "other", minReplicas: 2 });
      await scaledTo(stage, "both", 2);
      assert.match((await conditionOf(stage, "both", "Ready", "AcceptedWithWarnings")).message, /got both/);
    });

    test("a missing Deployment is said, and scaled as soon as it is made", async () => {
      await put("late", 25);
      await stage.autoscaler("late", { queueURI: tube("late") });
      const { message } = await conditionOf(stage, "late", "Ready", "WorkloadMissing");
      assert.match(message, /Deployment default\/late does not exist; create it/);
      await eventually(async () => assert.deepEqual(await eventsOf(stage, "late"), ["Warning WorkloadMissing"]));
      const made = performance.now();
      await stage.deployment("late");
      await scaledTo(stage, "late", 3);
      assert.ok(performance.now() - made < 5_000, "at once, not at a resync");
      await conditionOf(stage, "late", "Ready", "ReadyForNewScale");
    });

    test("of two objects on one Deployment the younger is refused, both say so, and it takes over in the end", async () => {
      await put("elder", 20);
      await put("younger", 70);
      await stage.pair("elder", { queueURI: tube("elder") });
      await scaledTo(stage, "elder", 2);
      // Ages are told to the second, and what is equally old is ordered by name.
      await stage.autoscaler("younger", { queueURI: tube("younger"), deploymentName: "elder" });
      const refusal = await conditionOf(stage, "younger", "Ready", "WorkloadClaimed");
      assert.match(
        refusal.message,
        /WorkerPodAutoScaler default\/elder (is older|comes first by name) and scales Deployment default\/elder/,
      );
      assert.match(
        (await conditionOf(stage, "elder", "Ready", "WorkloadContested")).message,
        /WorkerPodAutoScaler default\/younger .* is refused, as this one (is older|comes first by name)/,
      );
      assert.equal(await stage.replicas("elder"), 2);
      await stage.remove(`${groupPath("default")}/elder`);
      await scaledTo(stage, "elder", 7);
      await conditionOf(stage, "younger", "Ready", "ReadyForNewScale");
    });

    test("a Deployment that a HorizontalPodAutoscaler scales too is said so until it does not", async () => {
      await stage.pair("shared", { queueURI: tube("shared"), minReplicas: 1 });
      await scaledTo(stage, "shared", 1);
      const path = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers";
      const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "shared" };
      await stage.objects.create(path, { metadata: { name: "rival" }, spec: { maxReplicas: 3, scaleTargetRef } });
      const { message } = await conditionOf(stage, "shared", "Ready", "WorkloadHasRival");
      assert.match(message, /HorizontalPodAutoscaler default\/rival scales the workload too/);
      await stage.remove(`${path}/rival`);
      await conditionOf(stage, "shared", "Ready", "ReadyForNewScale");
    });

    test("an object whose URI changes is decided on the new queue from then on", async () => {
      await put("old-queue", 50);
      await put("new-queue", 20);
      await stage.pair("moved", { queueURI: tube("old-queue") });
      await scaledTo(stage, "moved", 5);
      await stage.objects.patch(`${groupPath("default")}/moved`, { spec: { queueURI: tube("new-queue") } });
      await scaledTo(stage, "moved", 2);
      await eventually(async () => {
        const { status } = await stage.found("moved");
        assert.equal(status?.CurrentMessages, 20);
        assert.equal(status.observedGeneration, 2);
      });
    });

    test("a scaling changes the replica count alone: sidecars and all other fields stay as they are", async () => {
      const more = {
        initContainers: [{ name: "proxy", image: "proxy", env: [{ name: "A", value: "b" }] }],
        hostNetwork: true,
        tolerations: [{ key: "spot", operator: "Exists" }],
      };
      await stage.deployment("with-sidecar", 0, { more });
      const read = async () => (await stage.objects.get(`${DEPLOYMENTS}/with-sidecar`)) as { spec: object };
      const original = await read();
      await stage.autoscaler("with-sidecar", { queueURI: tube("with-sidecar"), minReplicas: 4 });
      await scaledTo(stage, "with-sidecar", 4);
      assert.deepEqual((await read()).spec, { ...original.spec, replicas: 4 });
      const [written] = stage.proxy.scalings("with-sidecar");
      assert.deepEqual(JSON.parse(written?.body ?? "{}").spec, { replicas: 4 });
      assert.equal(stage.proxy.writes().filter(({ path }) => path.endsWith("/deployments/with-sidecar")).length, 0);
    });

    test("a ReplicaSet is scaled where it alone is named", async () => {
      const selector = { matchLabels: { app: "set" } };
      const template = { metadata: { labels: { app: "set" } }, spec: { containers: [{ name: "worker", image: "w" }] } };
      const path = "/apis/apps/v1/namespaces/default/replicasets";
      await stage.objects.create(path, { metadata: { name: "set" }, spec: { replicas: 0, selector, template } });
      await put("set", 15);
      await stage.autoscaler("set", { queueURI: tube("set"), replicaSetName: "set", deploymentName: undefined });
      const read = async () => (await stage.objects.get(`${path}/set`)) as { spec: { replicas: number } };
      await eventually(async () => assert.equal((await read()).spec.replicas, 2));
    });

    test("in the steady state nothing is written, and a deleted object leaves no series and no look behind", async () => {
      await put("steady", 30);
      await stage.pair("steady", { queueURI: tube("steady") });
      await scaledTo(stage, "steady", 3);
      await eventually(async () => assert.equal((await stage.found("steady")).status?.CurrentReplicas, 3));
      // What the scaling still has to say is said before the next looks.
      await eventually(async () => assert.ok((await eventsOf(stage, "steady")).includes("Normal SuccessfulRescale")));
      await quiet(stage);
      const before = stage.proxy.writes().length;
      const looks = await muster.metric(LOOKS);
      await eventually(async () => assert.ok((await muster.metric(LOOKS)) > looks + 5));
      assert.deepEqual(stage.proxy.writes().slice(before), []);
      assert.match((await muster.get("/metrics")).text, /workerpodautoscaler="steady"/);
      await stage.remove(`${groupPath("default")}/steady`);
      await eventually(async () => assert.doesNotMatch((await muster.get("/metrics")).text, /"steady"/));
    });

    test("no pass over any of these objects failed in a way it should not", () => {
      const errors = muster.lines().filter(({ level }) => level === "error");
      assert.deepEqual(errors, []);
    });
  });
}
