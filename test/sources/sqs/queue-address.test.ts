import assert from "node:assert/strict";
import { test } from "node:test";
import { metricsAddress, parseQueueUrl, queueUrlProblem } from "../../../src/sources/sqs/connection.ts";
import sqs from "../../../src/sources/sqs.ts";

/** What the URL says, without the URL itself. */
function parsed(url: string) {
  assert.equal(queueUrlProblem(url), undefined);
  const { url: _, ...rest } = parseQueueUrl(url);
  return rest;
}

test("public hosts of every partition name their region and leave the endpoint to the SDK", () => {
  const hosts = {
    "sqs.eu-west-1.amazonaws.com": "eu-west-1",
    "sqs.cn-north-1.amazonaws.com.cn": "cn-north-1",
    "sqs.us-gov-west-1.amazonaws.com": "us-gov-west-1",
    "sqs.us-iso-east-1.c2s.ic.gov": "us-iso-east-1",
    "sqs.eusc-de-east-1.amazonaws.eu": "eusc-de-east-1",
    "eu-west-1.queue.amazonaws.com": "eu-west-1",
    "queue.amazonaws.com": "us-east-1",
  };
  for (const [host, region] of Object.entries(hosts))
    assert.deepEqual(parsed(`https://${host}/82910/jobs`), { account: "82910", name: "jobs", region });
});

test("FIPS and dual-stack hosts are asked for as such, of CloudWatch too", () => {
  const queue = { account: "1", name: "jobs", region: "us-east-1" };
  const fips = parsed("https://sqs-fips.us-east-1.amazonaws.com/1/jobs");
  assert.deepEqual(fips, { ...queue, useFips: true });
  assert.deepEqual(parsed("https://sqs.us-east-1.api.aws/1/jobs"), { ...queue, useDualStack: true });
  assert.deepEqual(metricsAddress({ url: "", ...fips }, "us-east-1"), { region: "us-east-1", useFips: true });
});

test("a VPC endpoint is called itself, and CloudWatch is not expected behind it", () => {
  const host = "https://vpce-0a1b-c2d3.sqs.us-east-2.vpce.amazonaws.com";
  const queue = parsed(`${host}/1/jobs`);
  assert.deepEqual(queue, { account: "1", name: "jobs", region: "us-east-2", endpoint: host });
  assert.deepEqual(metricsAddress({ url: "", ...queue }, "us-east-2"), { region: "us-east-2" });
});

test("an emulator is called itself, and may have a CloudWatch too", () => {
  for (const [origin, region] of [
    ["http://localhost:9324", undefined],
    ["http://sqs.eu-west-1.localhost.localstack.cloud:4566", "eu-west-1"],
  ]) {
    const queue = parsed(`${origin}/000000000000/jobs`);
    assert.equal(queue.endpoint, origin);
    assert.equal(queue.region, region);
    assert.equal(metricsAddress({ url: "", ...queue }, "eu-west-1").endpoint, origin);
  }
  assert.equal(parsed("http://localhost:9324/queue/jobs").account, "queue");
});

test("FIFO names are names", () => {
  assert.equal(parsed("https://sqs.eu-west-1.amazonaws.com/1/orders.fifo").name, "orders.fifo");
});

test("what is not a queue's URL is refused with what is wrong, and no credential is repeated", () => {
  const wrong: readonly [string, RegExp][] = [
    ["jobs", /expected the URL of a queue/],
    ["ftp://sqs.eu-west-1.amazonaws.com/1/jobs", /got ftp:/],
    ["https://sqs.eu-west-1.amazonaws.com/jobs", /account and the queue's name are missing/],
    ["https://sqs.eu-west-1.amazonaws.com/1/jo%20bs", /letters, digits/],
    ["https://sqs.eu-west-1.amazonaws.com/1/jobs?Action=x", /nothing after/],
    ["https://AKIA:hush@sqs.eu-west-1.amazonaws.com/1/jobs", /without credentials/],
  ];
  for (const [url, problem] of wrong) {
    assert.match(queueUrlProblem(url) ?? "", problem);
    assert.doesNotMatch(queueUrlProblem(url) ?? "", /hush/);
  }
});

test("a queueURI over http is SQS's, any other is not", () => {
  assert.deepEqual(sqs.fromQueueUri?.("https://sqs.eu-west-1.amazonaws.com/1/jobs"), {
    queueUrl: "https://sqs.eu-west-1.amazonaws.com/1/jobs",
  });
  assert.equal(sqs.fromQueueUri?.("beanstalk://host/jobs"), undefined);
});
