import assert from "node:assert/strict";
import { test } from "node:test";
import type { MetricQuestion } from "../../../src/sources/shared/aws/cloudwatch-calls.ts";
import { MetricBatch } from "../../../src/sources/shared/aws/metric-batch.ts";
import { Network } from "../../../src/sources/shared/network.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { type HttpScript, scriptedHttp } from "../../support/scripted-http.ts";
import { useTestCredentials } from "../../support/sqs.ts";

const MINUTE = 60_000;

interface Asked {
  readonly MetricDataQueries: readonly {
    readonly Id: string;
    readonly MetricStat?: { Metric: { MetricName: string } };
  }[];
  readonly NextToken?: string;
}

function question(metricName: string): MetricQuestion {
  const series = { namespace: "Shop", metricName, dimensions: {}, stat: "Sum" };
  return { series, periodSeconds: 60, fromSecondsAgo: 600, untilSecondsAgo: 0 };
}

/** Answers each query with the number in its metric's name. */
const numbers: HttpScript = ({ body }) => {
  const { MetricDataQueries } = JSON.parse(body) as Asked;
  return {
    body: {
      MetricDataResults: MetricDataQueries.map(({ Id, MetricStat }) => ({
        Id,
        Timestamps: [1_700_000_000],
        Values: [Number(MetricStat?.Metric.MetricName.slice(1))],
        StatusCode: "Complete",
      })),
    },
  };
};

async function batchAt(context: { after(run: () => unknown): void }, script: HttpScript) {
  useTestCredentials();
  const server = await scriptedHttp(script);
  const clock = new ManualClock();
  const batch = new MetricBatch(
    { region: "eu-west-1", endpoint: server.url },
    { now: () => clock.now(), environment: {}, network: new Network() },
  );
  context.after(async () => {
    batch.dispose();
    await server.close();
  });
  const sizes = () => server.requests.map(({ body }) => (JSON.parse(body) as Asked).MetricDataQueries.length);
  return { server, clock, batch, sizes };
}

test("1,200 questions take three calls, and each gets its own answer", async (context) => {
  const { batch, sizes } = await batchAt(context, numbers);
  const questions = Array.from({ length: 1_200 }, (_, index) => question(`m${index}`));
  await Promise.all(questions.map((each) => batch.refresh(each)));
  assert.deepEqual(sizes().sort(), [200, 500, 500]);
  for (const [index, each] of questions.entries()) assert.equal(batch.known(each).points?.[0]?.value, index);
});

test("the first question of a minute refreshes those that are in use, and nothing is asked twice in a minute", async (context) => {
  const { batch, clock, sizes } = await batchAt(context, numbers);
  await Promise.all([batch.refresh(question("m1")), batch.refresh(question("m2"))]);
  await batch.refresh(question("m1"));
  assert.deepEqual(sizes(), [2]);
  clock.advance(MINUTE);
  await batch.refresh(question("m1"));
  await batch.refresh(question("m2"));
  assert.deepEqual(sizes(), [2, 2]);
  clock.advance(3 * MINUTE);
  await batch.refresh(question("m1"));
  assert.deepEqual(sizes(), [2, 2, 1], "m2 is wanted no more");
});

test("a reader in a new minute waits for that minute's answer, not for one that is still on its way", async (context) => {
  const begun = Promise.withResolvers<void>();
  const late = Promise.withResolvers<void>();
  const { batch, clock, sizes } = await batchAt(context, (request) => async (response) => {
    begun.resolve();
    await late.promise;
    const { body } = numbers(request) as { readonly body: object };
    response.end(JSON.stringify(body));
  });
  const first = batch.refresh(question("m1"));
  await begun.promise;
  clock.advance(MINUTE);
  const second = batch.refresh(question("m1"));
  late.resolve();
  await first;
  await second;
  assert.deepEqual(sizes(), [1, 1]);
});

test("a question that spoils its call is found and asked alone from then on", async (context) => {
  const { batch, clock, sizes } = await batchAt(context, (request) =>
    request.body.includes('"bad"')
      ? { status: 400, body: { __type: "x#ValidationError", message: "no such statistic" } }
      : numbers(request),
  );
  const good = Array.from({ length: 7 }, (_, index) => question(`m${index}`));
  const all = [...good.slice(0, 3), question("bad"), ...good.slice(3)];
  await Promise.all(all.map((each) => batch.refresh(each)));
  for (const [index, each] of good.entries()) assert.equal(batch.known(each).points?.[0]?.value, index);
  assert.equal(batch.known(question("bad")).failure?.kind, "Malformed");
  const callsOfFirstMinute = sizes().length;
  clock.advance(MINUTE);
  await Promise.all(all.map((each) => batch.refresh(each)));
  assert.deepEqual(sizes().slice(callsOfFirstMinute).sort(), [1, 7]);
});

test("an answer in pages is put together", async (context) => {
  const { batch } = await batchAt(context, ({ body }) => {
    const { NextToken } = JSON.parse(body) as Asked;
    const [time, value] = NextToken === undefined ? [1_700_000_000, 1] : [1_700_000_060, 2];
    const series = {
      Id: "q0",
      Timestamps: [time],
      Values: [value],
      StatusCode: NextToken ? "Complete" : "PartialData",
    };
    return { body: { MetricDataResults: [series], ...(NextToken === undefined && { NextToken: "more" }) } };
  });
  await batch.refresh(question("m1"));
  assert.deepEqual(
    batch.known(question("m1")).points?.map(({ value }) => value),
    [1, 2],
  );
});

test("an answer without end is given up", async (context) => {
  const { batch, server } = await batchAt(context, () => ({ body: { MetricDataResults: [], NextToken: "more" } }));
  await batch.refresh(question("m1"));
  assert.equal(batch.known(question("m1")).failure?.kind, "Malformed");
  assert.ok(server.requests.length <= 10);
});

test("disposing ends what is gathered and what is under way", async (context) => {
  const { batch, server } = await batchAt(context, () => () => undefined);
  const underWay = batch.refresh(question("m1"));
  while (server.requests.length === 0) await new Promise(setImmediate);
  const gathered = batch.refresh(question("m2"));
  batch.dispose();
  await Promise.all([underWay, gathered]);
  assert.equal(batch.known(question("m1")).failure?.kind, "TimedOut");
});
