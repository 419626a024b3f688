import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CreateQueueCommand, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { type SqsServer, startSqsServer } from "kube-sandbox";
import type { BeanstalkdClient } from "../support/beanstalkd-client.ts";
import { BEANSTALKD, type BeanstalkdServer } from "../support/beanstalkd-server.ts";
import { conditionOf, scaledTo } from "../support/end-to-end/expectations.ts";
import { groupPath } from "../support/end-to-end/objects.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS } from "../support/end-to-end/test-cluster.ts";
import { clientOf, RequestCount } from "../support/sqs.ts";
import { eventually } from "../support/waiting.ts";

for (const kind of CLUSTERS) {
  describe(`settings on ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 500_000 }, () => {
    let stage: Stage;
    let beanstalkd: BeanstalkdServer;
    let queue: BeanstalkdClient;
    let sqsServer: SqsServer;
    let sqs: SQSClient;
    const asked = new RequestCount();
    const tube = (name: string) => `beanstalk://127.0.0.1:${beanstalkd.port}/${name}`;
    const version = async (path: string) =>
      ((await stage.objects.get(path)) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;

    before(async () => {
      stage = await Stage.open(kind);
      beanstalkd = await stage.beanstalkd();
      queue = await beanstalkd.client(stage);
      sqsServer = await startSqsServer({ region: "eu-west-1", refuse: asked.refuse });
      sqs = clientOf(sqsServer.url);
      stage.after(() => sqsServer.close());
      stage.after(() => sqs.destroy());
    });
    after(() => stage?.close());

    test("a dry run says what it would do, writes nothing at all and touches no queue", async () => {
      await sqs.send(new CreateQueueCommand({ QueueName: "dry" }));
      await stage.pair("dry-sqs", { queueURI: "https://sqs.eu-west-1.amazonaws.com/000000000000/dry" });
      await stage.pair("dry", { queueURI: tube("dry") });
      // Its Deployment's controller may still have something to say of the sandbox's new Deployment.
      await eventually(async () => assert.equal(await stage.replicas("dry"), 0));
      const objects = [`${groupPath("default")}/dry`, `${groupPath("default")}/dry-sqs`];
      const before = await Promise.all(objects.map(version));
      const reserves = () => queue.stat("stats", "cmd-reserve-with-timeout");
      const reservesBefore = await reserves();
      const muster = await stage
        .run(["--dry-run", "--leader-elect", "--sqs-short-poll-interval", "1"], {
          env: { AWS_ENDPOINT_URL: sqsServer.url },
        })
        .ready();
      await muster.saying("Acting");
      await queue.put("dry");
      const QueueUrl = `${sqsServer.url}/000000000000/dry`;
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
      const would = () =>
        muster.said("Would scale the workload").map(({ id, from, to, reason }) => ({ id, from, to, reason }));
      await eventually(async () => assert.equal(would().length, 2, muster.text));
      const reason = "1 message at 10 per worker needs 1 replica";
      assert.deepEqual(
        would().toSorted((one, other) => String(one.id).localeCompare(String(other.id))),
        ["dry", "dry-sqs"].map((name) => ({ id: `WorkerPodAutoScaler/default/${name}`, from: 0, to: 1, reason })),
      );
      const looks = asked.of("GetQueueAttributes");
      await eventually(async () => assert.ok(asked.of("GetQueueAttributes") > looks + 2));
      assert.equal(would().length, 2, "once for each change");
      assert.equal((await muster.stop()).status, 0);
      assert.deepEqual(
        stage.proxy.requests.filter(({ method }) => method !== "GET"),
        [],
      );
      assert.deepEqual(await Promise.all(objects.map(version)), before);
      assert.equal(await stage.replicas("dry"), 0);
      assert.equal(asked.of("ReceiveMessage"), 0);
      assert.equal(await reserves(), reservesBefore);
    });

    test("WORKERPODAUTOSCALER_DRY_RUN=false is no dry run", async () => {
      const muster = stage.run([], { env: { WORKERPODAUTOSCALER_DRY_RUN: "false", AWS_ENDPOINT_URL: sqsServer.url } });
      await scaledTo(stage, "dry", 1);
      await muster.stop();
    });

    test("--namespace: nothing outside it is asked for or scaled, and one's own works", async () => {
      for (const name of ["mine", "other"]) {
        await stage.objects.create("/api/v1/namespaces", { metadata: { name } });
        await stage.deployment("mail", 0, { namespace: name });
        await stage.autoscaler("mail", { queueURI: tube("namespaced") }, name);
      }
      await queue.put("namespaced");
      const from = stage.proxy.requests.length;
      const muster = stage.run([], { env: { WORKERPODAUTOSCALER_NAMESPACE: "mine" } });
      await eventually(async () => assert.equal(await stage.replicas("mail", "mine"), 1));
      await eventually(async () => assert.ok((await stage.found("mail", "mine")).status?.lastScaling));
      assert.equal(await stage.replicas("mail", "other"), 0);
      assert.equal((await stage.found("mail", "other")).status, undefined);
      await muster.stop();
      // Anybody may ask for the version, which keeps a connection open.
      const paths = stage.proxy.requests.slice(from).map(({ path }) => path);
      assert.deepEqual(
        paths.filter((path) => !path.includes("/namespaces/mine/") && path !== "/version"),
        [],
      );
    });

    test("--wpa-default-max-disruption and the delay of scale-downs apply to objects that say nothing else", async () => {
      await stage.pair("slices", { queueURI: tube("slices") }, 8);
      const flags = ["--wpa-default-max-disruption", "50%", "--scale-down-delay-after-last-scale-activity", "0"];
      const muster = stage.run(flags);
      await scaledTo(stage, "slices", 0);
      // A conflict with what else changes the Deployment is normal; the last answer may still be on its way.
      await eventually(async () => {
        const done = stage.proxy.scalings("slices").filter(({ status }) => status === 200);
        const sizes = done.map(({ body }) => JSON.parse(body).spec.replicas as number);
        assert.deepEqual(sizes, [4, 2, 1, 0]);
      });
      await muster.stop();
    });

    test("--beanstalk-wake look wakes workers without ever reserving a job", async () => {
      await stage.pair("looked-at", { queueURI: tube("looked-at") });
      const reserves = () => queue.stat("stats", "cmd-reserve-with-timeout");
      const before = await reserves();
      const muster = stage.run(["--beanstalk-wake", "look"]);
      await conditionOf(stage, "looked-at", "ScalingActive", "ValidMetricFound");
      await queue.put("looked-at");
      await scaledTo(stage, "looked-at", 1);
      assert.equal(await reserves(), before);
      await muster.stop();
    });

    test("--queue-services without a service refuses its objects with a condition", async () => {
      await stage.pair("not-in-use", { queueURI: tube("not-in-use") });
      const muster = stage.run(["--queue-services", "sqs"]);
      const { message } = await conditionOf(stage, "not-in-use", "Ready", "InvalidSpec");
      assert.match(message, /queueURI/);
      await muster.stop();
    });

    test("--log-format text prints lines for people", async () => {
      const muster = stage.run(["--log-format", "text", "--dry-run"]);
      await eventually(async () => assert.match(muster.text, /^\S+Z INFO {2}Started .*dryRun=true/m));
      await muster.stop();
      assert.match(muster.text, /INFO {2}Stopped\n$/);
    });
  });
}
