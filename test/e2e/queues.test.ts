import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { CreateQueueCommand, DeleteQueueCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import type { SqsErrorCode } from "kube-sandbox";
import { type SqsServer, startSqsServer } from "kube-sandbox";
import { answering, tubeStats } from "../sources/beanstalkd/answering.ts";
import { BEANSTALKD, type BeanstalkdServer } from "../support/beanstalkd-server.ts";
import { conditionOf, eventsOf, scaledTo } from "../support/end-to-end/expectations.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS } from "../support/end-to-end/test-cluster.ts";
import { scriptedTcp } from "../support/scripted-tcp.ts";
import { clientOf } from "../support/sqs.ts";
import { eventually } from "../support/waiting.ts";

const MOST_RESIDENT_MEBIBYTES = 250;

for (const kind of CLUSTERS) {
  describe(`queues in trouble, on ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 500_000 }, () => {
    let stage: Stage;
    let live: BeanstalkdServer;
    let sqsServer: SqsServer;
    let sqs: SQSClient;
    let muster: MusterProcess;
    const refusals = new Map<string, SqsErrorCode>();
    const sqsUri = (name: string, region = "eu-west-1") => `https://sqs.${region}.amazonaws.com/000000000000/${name}`;
    const tube = (port: number, name: string) => `beanstalk://127.0.0.1:${port}/${name}`;
    const make = (QueueName: string) => sqs.send(new CreateQueueCommand({ QueueName }));
    const send = async (name: string, messages: number) => {
      const QueueUrl = `${sqsServer.url}/000000000000/${name}`;
      for (let left = messages; left > 0; left -= 1)
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
    };
    /** The live queue beside the one in trouble is served in its time. */
    const neighbourIsServed = async (name: string) => {
      const client = await live.client(stage);
      await stage.pair(name, { queueURI: tube(live.port, name) });
      await client.put(name);
      await scaledTo(stage, name, 1);
    };

    before(async () => {
      stage = await Stage.open(kind);
      live = await stage.beanstalkd();
      sqsServer = await startSqsServer({
        region: "eu-west-1",
        refuse: ({ queueName = "" }) => refusals.get(queueName),
      });
      sqs = clientOf(sqsServer.url);
      stage.after(() => sqsServer.close());
      stage.after(() => sqs.destroy());
      const flags = ["--scale-down-delay-after-last-scale-activity", "0", "--sqs-short-poll-interval", "1"];
      const often = ["--beanstalk-short-poll-interval", "1"];
      muster = await stage.run([...flags, ...often], { env: { AWS_ENDPOINT_URL: sqsServer.url } }).ready();
    });
    after(() => stage?.close());

    test("a missing SQS queue is said, costs no worker, and works once it is made", async () => {
      await stage.pair("missing", { queueURI: sqsUri("missing") }, 2);
      const { message } = await conditionOf(stage, "missing", "ScalingActive", "QueueUnreadable");
      assert.match(message, /queue: NotFound: queue missing of account 000000000000 in eu-west-1 .*does not exist/);
      await conditionOf(stage, "missing", "Ready", "QueueUnreadable");
      assert.equal(await stage.replicas("missing"), 2);
      assert.ok((await eventsOf(stage, "missing")).includes("Warning QueueUnreadable"));
      await make("missing");
      await send("missing", 30);
      await scaledTo(stage, "missing", 3);
      await conditionOf(stage, "missing", "ScalingActive", "ValidMetricFound");
      await conditionOf(stage, "missing", "Ready", "ReadyForNewScale");
    });

    test("a queue in another region is a queue that is not there, and the region is named", async () => {
      await make("elsewhere");
      refusals.set("elsewhere", "QueueDoesNotExist");
      await stage.pair("elsewhere", { queueURI: sqsUri("elsewhere", "us-west-2") }, 1);
      const { message } = await conditionOf(stage, "elsewhere", "ScalingActive", "QueueUnreadable");
      assert.match(message, /in us-west-2 .*does not exist: make it, or correct its URL or region/);
      assert.equal(await stage.replicas("elsewhere"), 1);
    });

    test("denied credentials are said with what to allow, and never scale down", async () => {
      await make("denied");
      refusals.set("denied", "AccessDenied");
      await stage.pair("denied", { queueURI: sqsUri("denied") }, 4);
      const { message } = await conditionOf(stage, "denied", "ScalingActive", "QueueUnreadable");
      assert.match(message, /Unauthorized: sqs:GetQueueAttributes .* is not allowed.*allow sqs:GetQueueAttributes/);
      assert.equal(await stage.replicas("denied"), 4);
      refusals.delete("denied");
      await scaledTo(stage, "denied", 0);
      await conditionOf(stage, "denied", "ScalingActive", "ValidMetricFound");
    });

    test("a queue that is deleted keeps its workers, and goes on when it is made again", async () => {
      await make("remade");
      await send("remade", 25);
      await stage.pair("remade", { queueURI: sqsUri("remade") });
      await scaledTo(stage, "remade", 3);
      await sqs.send(new DeleteQueueCommand({ QueueUrl: `${sqsServer.url}/000000000000/remade` }));
      await conditionOf(stage, "remade", "ScalingActive", "QueueUnreadable");
      assert.equal(await stage.replicas("remade"), 3);
      await make("remade");
      await send("remade", 45);
      await scaledTo(stage, "remade", 5);
      await conditionOf(stage, "remade", "ScalingActive", "ValidMetricFound");
    });

    test("a beanstalkd that is down harms nobody, and is used as soon as it is up", async () => {
      const server = await stage.beanstalkd();
      await server.stop();
      await stage.pair("down", { queueURI: tube(server.port, "down") }, 2);
      const { message } = await conditionOf(stage, "down", "ScalingActive", "QueueUnreadable");
      assert.match(message, /Unavailable: .*ECONNREFUSED|refused/i);
      await neighbourIsServed("beside-down");
      assert.equal(await stage.replicas("down"), 2);
      await server.start();
      await scaledTo(stage, "down", 0);
    });

    test("a beanstalkd that restarts is found again, also by those who waited on it", async () => {
      const server = await stage.beanstalkd();
      await stage.pair("restarted", { queueURI: tube(server.port, "restarted") });
      await conditionOf(stage, "restarted", "ScalingActive", "ValidMetricFound");
      await server.stop();
      await server.start();
      await (await server.client(stage)).put("restarted");
      await scaledTo(stage, "restarted", 1);
    });

    test("a beanstalkd that hangs for ever is said, scales nothing down and harms nobody", async () => {
      const silent = await scriptedTcp(() => undefined);
      stage.after(() => silent.close());
      await stage.pair("hung", { queueURI: tube(silent.port, "hung") }, 2);
      await neighbourIsServed("beside-hung");
      const { message } = await conditionOf(stage, "hung", "ScalingActive", "QueueUnreadable");
      assert.match(message, /TimedOut/);
      assert.equal(await stage.replicas("hung"), 2);
    });

    test("a beanstalkd that answers garbage is said, and believed again when it makes sense", async () => {
      let garbled = true;
      const answer = (command: string) => {
        if (garbled) return "%$#@! \u0000\u0001 garbage\r\n";
        return command.startsWith("stats-tube") ? tubeStats(50) : "NOT_FOUND\r\n";
      };
      // Closed with the stage, after the program.
      const { server } = await answering(stage, answer);
      await stage.pair("garbled", { queueURI: tube(server.port, "garbled") }, 2);
      await neighbourIsServed("beside-garbled");
      const { message } = await conditionOf(stage, "garbled", "ScalingActive", "QueueUnreadable");
      assert.match(message, /Malformed/);
      assert.equal(await stage.replicas("garbled"), 2);
      garbled = false;
      await scaledTo(stage, "garbled", 5);
    });

    test("a beanstalkd that answers a gigabyte costs nobody the memory", async () => {
      const megabyte = Buffer.alloc(1024 * 1024, "x");
      const flood = await scriptedTcp((socket) => {
        let left = 1024;
        const pour = (): void => {
          while (left > 0 && socket.writable) {
            left -= 1;
            if (!socket.write(megabyte)) return void socket.once("drain", pour);
          }
        };
        socket.once("data", () => {
          socket.write(`OK ${1024 * 1024 * 1024}\r\n`);
          pour();
        });
      });
      stage.after(() => flood.close());
      await stage.pair("flooded", { queueURI: tube(flood.port, "flooded") }, 2);
      await neighbourIsServed("beside-flooded");
      await conditionOf(stage, "flooded", "ScalingActive", "QueueUnreadable");
      assert.equal(await stage.replicas("flooded"), 2);
      const mebibytes = await muster.residentMebibytes();
      assert.ok(mebibytes > 0 && mebibytes < MOST_RESIDENT_MEBIBYTES, `${mebibytes} MiB`);
    });

    test("nothing of all this was unexpected", async () => {
      assert.deepEqual(
        muster.lines().filter(({ level }) => level === "error"),
        [],
      );
      await eventually(async () => assert.equal((await muster.get("/healthz")).status, 200));
    });
  });
}
