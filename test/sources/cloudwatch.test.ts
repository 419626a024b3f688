import assert from "node:assert/strict";
import { test } from "node:test";
import cloudwatch from "../../src/sources/cloudwatch.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { type ScriptedAnswer, scriptedHttp } from "../support/scripted-http.ts";
import { sourceTools } from "../support/source-tools.ts";
import { RequestCount, sqsServer, useTestCredentials } from "../support/sqs.ts";
import { testSource } from "./conformance.ts";
import { httpStage } from "./http-stage.ts";

const MINUTE = 60_000;
const METRIC = { namespace: "Shop", metricName: "Lag", region: "eu-west-1" };
const forever = () => new AbortController().signal;

useTestCredentials();

/** The start of a minute that is over. */
function minutesAgo(minutes: number): number {
  return (Math.floor(Date.now() / MINUTE) - minutes) * 60;
}

function series(Timestamps: readonly number[], Values: readonly unknown[], Label = "Lag") {
  return { Id: "q0", Label, Timestamps, Values, StatusCode: "Complete" };
}

function answerWith(...MetricDataResults: readonly object[]): ScriptedAnswer {
  return { body: { MetricDataResults } };
}

const stage = httpStage({
  settings: (endpoint) => ({ ...METRIC, endpoint, withinSeconds: 7200, timeoutSeconds: 2 }),
  answer(behaviour, _request, staleAt) {
    if (behaviour === "working") return answerWith(series([minutesAgo(3), minutesAgo(2)], [3, 17]));
    if (behaviour === "stale") return answerWith(series([staleAt / 1000], [17]));
    if (behaviour === "missing") return answerWith(series([], []));
    if (behaviour === "notFound") return answerWith();
    return undefined;
  },
});

testSource(cloudwatch, {
  value: 17,
  secrets: ["test-secret-value"],
  // An answer serves for its minute, so a server that changes within it does not show: see the test of that below.
  stage: async (behaviour, staleAt) => {
    const { become: _, ...constant } = await stage(behaviour, staleAt);
    return constant;
  },
  wrong: {
    settings: { namespace: "", metricName: 7, stat: "Median", periodSeconds: 7, region: "Ireland", withinSeconds: 1 },
    names: ["namespace", "metricName", "stat", "periodSeconds", "region", "withinSeconds"],
  },
});

async function readFrom(answer: ScriptedAnswer, settings: Record<string, unknown> = METRIC) {
  const server = await scriptedHttp(() => answer);
  const source = cloudwatch.connect(cloudwatch.settings.parse({ ...settings, endpoint: server.url }), sourceTools());
  try {
    return { reading: await source.read(forever()), requests: server.requests };
  } finally {
    await source.close?.();
    await server.close();
  }
}

test("a period that is not over, and a value that is no number, are no points", async () => {
  const [over, withoutNumber, running] = [minutesAgo(2), minutesAgo(1), minutesAgo(0)];
  const { reading } = await readFrom(answerWith(series([over, withoutNumber, running], [5, "NaN", 9])));
  assert.deepEqual(reading, { at: over * 1000, value: 5 });
});

test("two series where one was expected are Malformed", async () => {
  const two = answerWith(series([minutesAgo(2)], [5], "a"), series([minutesAgo(2)], [6], "b"));
  await assert.rejects(readFrom(two), { kind: "Malformed", message: /expected one series, CloudWatch has 2/ });
});

test("an expression is sent as it is", async () => {
  const expression = "SELECT MAX(Lag) FROM Shop";
  const { reading, requests } = await readFrom(answerWith(series([minutesAgo(2)], [5])), {
    expression,
    region: "eu-west-1",
  });
  assert.equal(reading.value, 5);
  assert.deepEqual((JSON.parse(requests[0]?.body ?? "") as { MetricDataQueries: unknown }).MetricDataQueries, [
    { Id: "q0", Expression: expression, Period: 60 },
  ]);
});

test("a metric and an expression, or neither, are refused", () => {
  const wrong = [{}, { namespace: "Shop" }, { metricName: "Lag" }, { ...METRIC, expression: "SELECT" }];
  for (const settings of wrong) {
    const { error } = cloudwatch.settings.safeParse(settings);
    assert.match(error?.issues[0]?.message ?? "", /either namespace and metricName, or an expression/);
  }
});

test("a hundred metrics of one region are one call to the embedded CloudWatch", async (context) => {
  const count = new RequestCount();
  const { server } = await sqsServer(context, { refuse: count.refuse });
  const tools = sourceTools({ environment: { AWS_ENDPOINT_URL: server.url } });
  const at = minutesAgo(3) * 1000;
  const sources = Array.from({ length: 100 }, (_, value) => {
    const metric = { namespace: "Shop", name: `Lag${value}`, dimensions: [{ Name: "Shop", Value: "one" }] };
    server.account.metrics.add(metric, at, value);
    const settings = { ...METRIC, metricName: metric.name, dimensions: { Shop: "one" }, stat: "Sum" };
    return cloudwatch.connect(cloudwatch.settings.parse(settings), tools);
  });
  context.after(() => Promise.all(sources.map((source) => source.close?.())));
  const readings = await Promise.all(sources.map((source) => source.read(forever())));
  assert.deepEqual(
    readings.map(({ value }) => value),
    Array.from({ length: 100 }, (_, value) => value),
  );
  assert.ok(readings.every((reading) => reading.at === at));
  assert.equal(count.of("GetMetricData"), 1);
});

test("an answer serves for its minute, a failure for five seconds", async (context) => {
  const clock = new ManualClock(Math.floor(Date.now() / MINUTE) * MINUTE);
  const working = answerWith(series([minutesAgo(2)], [17]));
  const server = await scriptedHttp(() => working);
  const settings = cloudwatch.settings.parse({ ...METRIC, endpoint: server.url });
  const source = cloudwatch.connect(settings, sourceTools({ now: () => clock.now() }));
  context.after(async () => {
    await source.close?.();
    await server.close();
  });
  assert.equal((await source.read(forever())).value, 17);
  server.follow(() => ({ status: 503, body: "out of order" }));
  assert.equal((await source.read(forever())).value, 17);
  clock.advance(MINUTE);
  await assert.rejects(source.read(forever()), { kind: "Unavailable" });
  server.follow(() => working);
  await assert.rejects(source.read(forever()), { kind: "Unavailable" });
  clock.advance(5_000);
  assert.equal((await source.read(forever())).value, 17);
  clock.advance(-3_600_000);
  const asked = server.requests.length;
  await source.read(forever()).catch(() => undefined);
  assert.equal(server.requests.length, asked + 1, "a clock that was put back does not stop the asking");
});
