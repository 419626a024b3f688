import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { decide, type Memory, type Reading } from "../../../src/core/index.ts";
import { drainer, learningRule } from "../../support/drains.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { RequestCount, sqsServer, sqsSource } from "../../support/sqs.ts";
import { eventually } from "../../support/waiting.ts";

const MINUTE = 60_000;
const forever = () => new AbortController().signal;

/** Takes messages and deletes them `seconds` later, by the real SDK, on the clock that the server lives by. */
class Worker {
  #held: { readonly receipt: string | undefined; readonly until: number }[] = [];
  readonly #sqs: SQSClient;
  readonly #url: string;

  constructor(sqs: SQSClient, url: string) {
    this.#sqs = sqs;
    this.#url = url;
  }

  async work(now: number, hands: number, seconds: number): Promise<void> {
    const done = this.#held.filter(({ until }) => until <= now);
    this.#held = this.#held.filter(({ until }) => until > now);
    const Entries = done.map(({ receipt: ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }));
    if (done.length > 0) await this.#sqs.send(new DeleteMessageBatchCommand({ QueueUrl: this.#url, Entries }));
    while (this.#held.length < hands) {
      const MaxNumberOfMessages = Math.min(10, hands - this.#held.length);
      const { Messages = [] } = await this.#sqs.send(
        new ReceiveMessageCommand({ QueueUrl: this.#url, MaxNumberOfMessages, VisibilityTimeout: 600 }),
      );
      if (Messages.length === 0) return;
      this.#held.push(...Messages.map(({ ReceiptHandle: receipt }) => ({ receipt, until: now + seconds * 1000 })));
    }
  }
}

test("deletions are reported by the minute five minutes later, in the call that asks for arrivals", async (context) => {
  const count = new RequestCount();
  const clock = new ManualClock();
  const began = clock.now();
  const { server } = await sqsServer(context, { clock, refuse: count.refuse });
  server.account.create("jobs", {});
  const source = sqsSource(context, server, { rate: true, completions: true }, { now: () => clock.now() });
  for (const deleted of [3, 0, 7]) {
    server.account.metrics.count("jobs", "NumberOfMessagesDeleted", deleted);
    clock.advance(MINUTE);
  }
  assert.deepEqual((await source.read(forever())).completions, []);
  clock.advance(5 * MINUTE);
  const completed = await eventually(async () => {
    const { completions, doubts } = await source.read(forever());
    assert.equal(doubts, undefined);
    assert.equal(completions?.length, 3);
    return completions;
  });
  assert.deepEqual(
    completed.map(({ from, until, messages }) => [(from - began) / MINUTE, (until - began) / MINUTE, messages]),
    [
      [0, 1, 3],
      [1, 2, 0],
      [2, 3, 7],
    ],
  );
  assert.equal(count.of("GetMetricData"), 2);
});

test("CloudWatch that refuses leaves the counts as they are, and the reading says why nothing is learned", async (context) => {
  const clock = new ManualClock();
  const { server } = await sqsServer(context, {
    clock,
    refuse: ({ action }) => (action === "GetMetricData" ? "AccessDenied" : undefined),
  });
  server.account.create("jobs", {});
  const source = sqsSource(context, server, { completions: true }, { now: () => clock.now() });
  const reading = await eventually(async () => {
    const found = await source.read(forever());
    assert.equal(found.doubts?.length, 1);
    return found;
  });
  assert.deepEqual([reading.value, reading.waiting, reading.inFlight, reading.completions], [0, 0, 0, []]);
  assert.equal(reading.doubts?.[0]?.kind, "Unauthorized");
  assert.match(reading.doubts?.[0]?.message ?? "", /cloudwatch:GetMetricData/);
});

test("a wait at an empty queue ends once when its last completions are known, the poll has them, and the next wait goes on", async (context) => {
  const clock = new ManualClock();
  const { server, sqs } = await sqsServer(context, { clock });
  server.account.create("jobs", {});
  const source = sqsSource(context, server, { completions: true, longPollSeconds: 20 }, { now: () => clock.now() });
  const wait = () => source.waitForWork?.(forever());
  const waiting = () => eventually(async () => assert.ok(server.account.named("jobs").polls.waiting > 0));
  await sqs.send(new SendMessageCommand({ QueueUrl: `${server.url}/1/jobs`, MessageBody: "x" }));
  assert.equal((await source.read(forever())).value, 1);
  server.account.named("jobs").queue.purge();
  server.account.metrics.count("jobs", "NumberOfMessagesDeleted", 1);
  clock.advance(MINUTE);
  assert.equal((await source.read(forever())).value, 0);
  const first = wait();
  await waiting();
  clock.advance(6 * MINUTE);
  assert.equal(await first, "maybe-work");
  const { value, completions } = await source.read(forever());
  assert.deepEqual([value, completions?.map(({ messages }) => messages)], [0, [1, 0]]);
  const stopping = new AbortController();
  const second = source.waitForWork?.(stopping.signal);
  await waiting();
  clock.advance(20_000);
  await waiting();
  stopping.abort();
  await assert.rejects(async () => second);
});

test("a drain rule learns from a queue that workers take from by the real SDK how long a message takes them", async (context) => {
  const count = new RequestCount();
  const clock = new ManualClock();
  const { server, sqs } = await sqsServer(context, { clock, refuse: count.refuse });
  server.account.create("jobs", {});
  const source = sqsSource(context, server, { completions: true }, { now: () => clock.now() });
  const url = `${server.url}/1/jobs`;
  const worker = new Worker(sqs, url);
  const Entries = Array.from({ length: 10 }, (_, Id) => ({ Id: `${Id}`, MessageBody: "x" }));
  for (let batch = 0; batch < 45; batch++) await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
  const autoscaler = drainer(learningRule());
  let memory: Memory = {};
  let reading: Reading | undefined;
  let because = "";
  const minutes = 14;
  for (let step = 0; step < minutes * 6; step++) {
    await worker.work(clock.now(), 5, 10);
    reading = await source.read(forever());
    const decision = decide({
      autoscaler,
      currentReplicas: 5,
      signals: { queue: { reading } },
      memory,
      now: clock.now(),
    });
    memory = decision.memory;
    because = decision.steps[0]?.because ?? "";
    clock.advance(10_000);
  }
  const { secondsPerMessage = 0, messages = 0 } = memory.drains?.queue?.learned ?? {};
  assert.ok(Math.abs(secondsPerMessage / 10 - 1) < 0.1, `${secondsPerMessage}`);
  assert.ok(messages >= 20 && messages < 300, `${messages}`);
  assert.match(because, /s a message \(learned from \d+ messages, [34]\d\d s ago\)/);
  assert.ok(count.of("GetMetricData") <= minutes + 1, `${count.of("GetMetricData")}`);
});
