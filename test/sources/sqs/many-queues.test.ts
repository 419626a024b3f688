import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import { test } from "node:test";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { sourceTools } from "../../support/source-tools.ts";
import { RequestCount, sqsServer, sqsSource } from "../../support/sqs.ts";
import { eventually, within } from "../../support/waiting.ts";

const QUEUES = 1_000;

test("1,000 queues are waited on at once, short calls pass by them, and each wakes alone", async (context) => {
  const count = new RequestCount();
  const { server, sqs } = await sqsServer(context, { refuse: count.refuse });
  const tools = sourceTools({ mayTouch: true, environment: { AWS_ENDPOINT_URL: server.url } });
  const names = Array.from({ length: QUEUES }, (_, index) => `jobs-${index}`);
  for (const name of names) server.account.create(name, {});
  const sources = names.map((name) => {
    const queueUrl = `https://sqs.eu-west-1.amazonaws.com/1/${name}`;
    return sqsSource(context, server, { queueUrl, longPollSeconds: 20, timeoutSeconds: 120 }, tools);
  });
  const cut = new AbortController();
  setMaxListeners(0, cut.signal);
  await Promise.all(sources.map((source) => source.read(cut.signal)));
  const startedAt = performance.now();
  const waits = sources.map((source) => source.waitForWork?.(cut.signal).catch(() => "cut"));
  await eventually(
    async () => {
      const waiting = names.filter((name) => server.account.named(name).polls.waiting > 0).length;
      assert.equal(waiting, QUEUES);
    },
    { patienceMs: 90_000 },
  );
  await sqs.send(new SendMessageCommand({ QueueUrl: `${server.url}/1/jobs-617`, MessageBody: "one" }));
  assert.equal(await within(60_000, waits[617] ?? Promise.resolve("nothing")), "maybe-work");
  assert.equal((await within(60_000, (sources[617] ?? sources[0])?.read(cut.signal) ?? Promise.reject())).value, 1);
  // On a slow machine the first polls have ended and begun again by now, but no poll is without its 20 seconds.
  assert.ok(count.of("ReceiveMessage") <= QUEUES * (2 + (performance.now() - startedAt) / 20_000));
  cut.abort();
  const ends = await Promise.all(waits);
  assert.equal(ends.filter((end) => end === "cut").length, QUEUES - 1);
});

test("an idle queue costs at most three requests a minute with the default long poll", async (context) => {
  const count = new RequestCount();
  const { server } = await sqsServer(context, { refuse: count.refuse });
  server.account.create("jobs", {});
  const source = sqsSource(context, server);
  await source.read(AbortSignal.timeout(20_000));
  const cut = new AbortController();
  const startedAt = performance.now();
  const wait = source.waitForWork?.(cut.signal).catch(() => undefined);
  await eventually(async () => assert.ok(performance.now() - startedAt > 4_000));
  cut.abort();
  await wait;
  const seconds = (performance.now() - startedAt) / 1000;
  // With polls of 1 s instead of 20 s: one request begins at once, then one a second.
  assert.ok(count.of("ReceiveMessage") <= seconds + 1, `${count.of("ReceiveMessage")} in ${seconds} s`);
  assert.equal(count.of("GetQueueAttributes"), 1);
  assert.equal(count.of("GetMetricData"), 0);
});
