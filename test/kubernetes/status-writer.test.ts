import assert from "node:assert/strict";
import { test } from "node:test";
import { type StatusFormat, StatusWriter } from "../../src/kubernetes/report/status-writer.ts";
import { WriteQueue } from "../../src/kubernetes/report/write-queue.ts";
import { account, GADGETS, gadgetOrigin, gadgetStatus } from "../support/gadgets.ts";
import { assertPrintable, HARMLESS, HOSTILE } from "../support/hostile-text.ts";
import { plainClient } from "../support/plain-client.ts";
import { scriptedHttp } from "../support/scripted-http.ts";

test("control characters in a reason are escaped in the status", async () => {
  const server = await scriptedHttp(() => ({ body: {} }));
  const client = plainClient(server.url);
  const rates = { urgentPerSecond: 1_000, routinePerSecond: 1_000, routineBurst: 1_000, concurrency: 4 };
  const queue = new WriteQueue({ ...rates, onProblem: (problem) => assert.fail(problem) });
  const objects = { get: () => ({ uid: "1", value: { status: "{}" } }), learnObject: () => undefined };
  const format = { resource: GADGETS, objects, statusOf: gadgetStatus } as unknown as StatusFormat;
  try {
    const writer = new StatusWriter(client, queue, (problem) => assert.fail(problem));
    writer.report(format, gadgetOrigin("a"), account(3, HOSTILE));
    await queue.flush(new AbortController().signal);
    const { status } = JSON.parse(server.requests[0]?.body ?? "{}");
    assert.equal(status.conditions[0].reason, HARMLESS);
    assertPrintable(status.conditions[0].reason);
  } finally {
    queue.close();
    await client.close();
    await server.close();
  }
});
