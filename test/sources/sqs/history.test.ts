import assert from "node:assert/strict";
import { test } from "node:test";
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { SqsServer } from "kube-sandbox";
import { ManualClock } from "../../support/manual-clock.ts";
import { RequestCount, sqsServer, sqsSource } from "../../support/sqs.ts";
import { eventually } from "../../support/waiting.ts";

const MINUTE = 60_000;
const forever = () => new AbortController().signal;

/** Sends messages that are gone at once: what is left is the trace in CloudWatch. */
async function sendAndReceive(server: SqsServer, sqs: SQSClient, messages: number): Promise<void> {
  const QueueUrl = `${server.url}/1/jobs`;
  for (let index = 0; index < messages; index++) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
  const { queue } = server.account.named("jobs");
  server.account.metrics.count("jobs", "NumberOfMessagesReceived", messages);
  queue.purge();
}

/** A server and a source that live by one clock, which stands at the beginning of a minute. */
async function atOneClock(context: Parameters<typeof sqsServer>[0], refuse: RequestCount["refuse"] = () => undefined) {
  const clock = new ManualClock();
  const { server, sqs } = await sqsServer(context, { clock, refuse });
  server.account.create("jobs", {});
  const connect = (settings: Record<string, unknown>) =>
    sqsSource(context, server, settings, { now: () => clock.now() });
  return { clock, server, sqs, connect };
}

test("arrivals are the mean per minute of five minutes that ended five minutes ago", async (context) => {
  const { clock, server, sqs, connect } = await atOneClock(context);
  const perMinute = [100, 10, 20, 0, 30, 40, 100];
  for (const messages of perMinute) {
    await sendAndReceive(server, sqs, messages);
    clock.advance(MINUTE);
  }
  // Minutes 1 to 5 are those from ten to five minutes ago once eleven have begun.
  clock.advance(4 * MINUTE + 30_000);
  const reading = await connect({ rate: true }).read(forever());
  assert.equal(reading.arrivalsPerMinute, 20);
  assert.equal(reading.idleWorkers, undefined);
  assert.equal(reading.doubts, undefined);
});

test("no worker is busy when nothing was received from twenty to ten minutes ago", async (context) => {
  const { clock, server, sqs, connect } = await atOneClock(context);
  const source = connect({ idleness: true });
  await sendAndReceive(server, sqs, 1);
  clock.advance(15 * MINUTE);
  assert.equal((await source.read(forever())).idleWorkers, 0);
  clock.advance(6 * MINUTE);
  assert.equal((await source.read(forever())).idleWorkers, "all");
});

test("idleness is unknown, and not asked for, while anything is visible or in flight", async (context) => {
  const count = new RequestCount();
  const { server, sqs, connect } = await atOneClock(context, count.refuse);
  await sqs.send(new SendMessageCommand({ QueueUrl: `${server.url}/1/jobs`, MessageBody: "x" }));
  const source = connect({ idleness: true });
  assert.deepEqual((await source.read(forever())).idleWorkers, undefined);
  server.account.named("jobs").queue.receive(1);
  assert.deepEqual((await source.read(forever())).idleWorkers, undefined);
  assert.equal(count.of("GetMetricData"), 0);
});

test("messages in flight are not counted where that is not wanted", async (context) => {
  const { server, sqs, connect } = await atOneClock(context);
  for (let message = 0; message < 2; message += 1) {
    await sqs.send(new SendMessageCommand({ QueueUrl: `${server.url}/1/jobs`, MessageBody: "x" }));
  }
  server.account.named("jobs").queue.receive(1);
  const { value, inFlight } = await connect({ includeInFlight: false }).read(forever());
  assert.deepEqual({ value, inFlight }, { value: 1, inFlight: 1 });
});

test("delayed messages are not counted unless that is asked for", async (context) => {
  const { server, sqs, connect } = await atOneClock(context);
  await sqs.send(new SendMessageCommand({ QueueUrl: `${server.url}/1/jobs`, MessageBody: "x", DelaySeconds: 60 }));
  const { at: _, ...reading } = await connect({}).read(forever());
  assert.deepEqual(reading, { value: 0, waiting: 0, inFlight: 0 });
  assert.equal((await connect({ includeDelayed: true }).read(forever())).value, 1);
});

test("CloudWatch is asked once a minute, and not at all by a queue that needs nothing of it", async (context) => {
  const count = new RequestCount();
  const { clock, connect } = await atOneClock(context, count.refuse);
  const plain = connect({});
  for (let index = 0; index < 5; index++) await plain.read(forever());
  assert.equal(count.of("GetMetricData"), 0);
  const source = connect({ rate: true });
  for (let index = 0; index < 5; index++) await source.read(forever());
  assert.equal(count.of("GetMetricData"), 1);
  clock.advance(MINUTE);
  for (let index = 0; index < 5; index++) await source.read(forever());
  await eventually(async () => assert.equal(count.of("GetMetricData"), 2));
  assert.equal(count.of("GetQueueAttributes"), 15);
});

test("CloudWatch that refuses costs the counts nothing, and the reading says so", async (context) => {
  const clock = new ManualClock();
  const { server } = await sqsServer(context, {
    clock,
    refuse: ({ action }) => (action === "GetMetricData" ? "AccessDenied" : undefined),
  });
  server.account.create("jobs", {});
  const source = sqsSource(context, server, { rate: true, idleness: true }, { now: () => clock.now() });
  const reading = await source.read(forever());
  assert.equal(reading.value, 0);
  assert.equal(reading.arrivalsPerMinute, undefined);
  assert.equal(reading.idleWorkers, undefined);
  assert.deepEqual(
    reading.doubts?.map(({ kind }) => kind),
    ["Unauthorized", "Unauthorized"],
  );
  assert.match(reading.doubts?.[0]?.message ?? "", /cloudwatch:GetMetricData/);
});

test("a rate outlives a quarter of an hour without CloudWatch, idleness does not", async (context) => {
  let isDown = false;
  const clock = new ManualClock();
  const { server, sqs } = await sqsServer(context, {
    clock,
    refuse: ({ action }) => (action === "GetMetricData" && isDown ? "ServiceUnavailable" : undefined),
  });
  server.account.create("jobs", {});
  await sendAndReceive(server, sqs, 5);
  clock.advance(9 * MINUTE);
  const source = sqsSource(context, server, { rate: true, idleness: true }, { now: () => clock.now() });
  const before = await source.read(forever());
  assert.deepEqual([before.arrivalsPerMinute, before.idleWorkers], [1.25, "all"]);
  isDown = true;
  clock.advance(10 * MINUTE);
  const during = await eventually(async () => {
    const reading = await source.read(forever());
    assert.equal(reading.doubts?.length, 2);
    return reading;
  });
  assert.deepEqual([during.arrivalsPerMinute, during.idleWorkers], [1.25, undefined]);
  clock.advance(6 * MINUTE);
  assert.equal((await source.read(forever())).arrivalsPerMinute, undefined);
});

test("the reading after a wake waits for no CloudWatch", async (context) => {
  const { server, sqs } = await sqsServer(context);
  server.account.create("jobs", {});
  // Nothing listens there, or it takes connections and never answers: either way the wake must not care.
  const environment = { AWS_ENDPOINT_URL_SQS: server.url, AWS_ENDPOINT_URL_CLOUDWATCH: "http://127.0.0.1:9" };
  const source = sqsSource(context, server, { rate: true }, { environment });
  await sqs.send(new SendMessageCommand({ QueueUrl: `${server.url}/1/jobs`, MessageBody: "x" }));
  await source.waitForWork?.(forever());
  const reading = await source.read(forever());
  assert.deepEqual([reading.value, reading.arrivalsPerMinute], [1, undefined]);
});
