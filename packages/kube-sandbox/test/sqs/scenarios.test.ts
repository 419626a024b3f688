import { describe, test } from "node:test";
import { ELASTICMQ, startElasticMq } from "../../../../test/support/servers/elasticmq.ts";
import { clientOf, sqsServer } from "../../../../test/support/sqs-server.ts";
import { SCENARIOS } from "./scenarios.ts";

describe("the embedded SQS", () => {
  for (const [name, run] of Object.entries(SCENARIOS))
    test(name, async (context) => {
      await run((await sqsServer(context)).sqs);
    });
});

test("ElasticMQ passes the same scenarios", {
  skip: ELASTICMQ.skip,
  timeout: 120_000,
}, async (context) => {
  const sqs = clientOf(await startElasticMq(context));
  context.after(() => sqs.destroy());
  for (const [name, run] of Object.entries(SCENARIOS)) await context.test(name, () => run(sqs));
});
