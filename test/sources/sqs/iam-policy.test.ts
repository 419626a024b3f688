import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { sqsServer, sqsSource } from "../../support/sqs.ts";

interface Policy {
  readonly Statement: readonly { readonly Effect: string; readonly Action: string | readonly string[] }[];
}

test("deploy/iam-policy.json allows what an SQS queue takes, and nothing else", async (context) => {
  const { Statement } = JSON.parse(readFileSync("deploy/iam-policy.json", "utf8")) as Policy;
  const allowed = Statement.flatMap(({ Action }) => Action).map((action) => action.replace(/^\w+:/, ""));
  const used = new Set<string>();
  const { server, sqs } = await sqsServer(context, {
    refuse: ({ action }) => {
      used.add(action);
      return action === "SendMessage" || allowed.includes(action) ? undefined : "AccessDenied";
    },
  });
  server.account.create("jobs", {});
  const source = sqsSource(context, server, { rate: true, idleness: true });
  const forever = new AbortController().signal;
  assert.deepEqual((await source.read(forever)).idleWorkers, "all");
  await sqs.send(new SendMessageCommand({ QueueUrl: `${server.url}/1/jobs`, MessageBody: "x" }));
  assert.equal(await source.waitForWork?.(forever), "maybe-work");
  used.delete("SendMessage");
  assert.deepEqual([...used].sort(), [...allowed].sort());
});
