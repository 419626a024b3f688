import assert from "node:assert/strict";
import { test } from "node:test";
import { EventWriter } from "../../src/kubernetes/report/event-writer.ts";
import { WriteQueue } from "../../src/kubernetes/report/write-queue.ts";
import { gadgetOrigin, incident } from "../support/gadgets.ts";
import { assertPrintable, HARMLESS, HOSTILE } from "../support/hostile-text.ts";
import { plainClient } from "../support/plain-client.ts";
import { type HttpScript, type ScriptedHttp, scriptedHttp } from "../support/scripted-http.ts";
import { status } from "../support/watch-script.ts";

interface Stage {
  readonly events: EventWriter;
  readonly server: ScriptedHttp;
  now: number;
  written(): Promise<string[]>;
}

async function telling(script: HttpScript, body: (stage: Stage) => Promise<void>): Promise<void> {
  const server = await scriptedHttp(script);
  const client = plainClient(server.url);
  const rates = { urgentPerSecond: 1_000, routinePerSecond: 1_000, routineBurst: 1_000, concurrency: 4 };
  const queue = new WriteQueue({ ...rates, onProblem: (problem) => assert.fail(problem) });
  const stage: Stage = {
    events: new EventWriter(client, queue, "test", () => stage.now),
    server,
    now: Date.parse("2026-01-01T00:00:00Z"),
    written: async () => {
      await queue.flush(new AbortController().signal);
      return server.requests.map(({ method, body }) => `${method} ${JSON.parse(body).count}`);
    },
  };
  try {
    await body(stage);
  } finally {
    queue.close();
    await client.close();
    await server.close();
  }
}

const FINE: HttpScript = () => ({ body: {} });

test("ten minutes after an incident was last seen, the same is a new event", async () => {
  await telling(FINE, async (stage) => {
    stage.events.tell("v1", gadgetOrigin("a"), incident("up"));
    assert.deepEqual(await stage.written(), ["POST 1"]);
    stage.now += 599_000;
    stage.events.tell("v1", gadgetOrigin("a"), incident("up"));
    assert.deepEqual(await stage.written(), ["POST 1", "PATCH 2"]);
    stage.now += 601_000;
    stage.events.tell("v1", gadgetOrigin("a"), incident("up"));
    assert.deepEqual(await stage.written(), ["POST 1", "PATCH 2", "POST 1"]);
    const [first] = stage.server.requests;
    const event = JSON.parse(first?.body ?? "{}");
    assert.equal(event.firstTimestamp, "2026-01-01T00:00:00Z");
    assert.equal(event.metadata.namespace, "default");
    assert.match(first?.url.pathname ?? "", /namespaces\/default\/events$/);
  });
});

test("limits the events of one object, and writes those of others", async () => {
  await telling(FINE, async (stage) => {
    for (let n = 0; n < 200; n += 1) stage.events.tell("v1", gadgetOrigin("loud"), incident(`complaint ${n}`));
    stage.events.tell("v1", gadgetOrigin("calm"), incident("one word"));
    const written = await stage.written();
    assert.equal(written.length, 26);
    assert.ok(stage.server.requests.some(({ body }) => body.includes("one word")));
  });
});

test("an event that the server has forgotten is created again, with its count", async () => {
  const forgetting: HttpScript = ({ method }) =>
    method === "PATCH" ? { status: 404, body: status(404, "not found") } : { body: {} };
  await telling(forgetting, async (stage) => {
    stage.events.tell("v1", gadgetOrigin("a"), incident("up"));
    await stage.written();
    stage.events.tell("v1", gadgetOrigin("a"), incident("up"));
    assert.deepEqual(await stage.written(), ["POST 1", "PATCH 2", "POST 2"]);
  });
});

test("an event whose first writing had no answer is not written twice", async () => {
  let asked = 0;
  const losing: HttpScript = () => {
    asked += 1;
    if (asked === 1) return { status: 503, body: status(503, "try again") };
    return { status: 409, body: status(409, "already exists") };
  };
  await telling(losing, async (stage) => {
    stage.events.tell("v1", gadgetOrigin("a"), incident("up"));
    await stage.written();
    const names = stage.server.requests.map(({ body }) => JSON.parse(body).metadata.name);
    assert.equal(names.length, 2);
    assert.equal(names[0], names[1]);
  });
});

test("a message that is too long for the API is cut", async () => {
  await telling(FINE, async (stage) => {
    stage.events.tell("v1", gadgetOrigin("a".repeat(253)), incident("x".repeat(5_000)));
    await stage.written();
    const event = JSON.parse(stage.server.requests[0]?.body ?? "{}");
    assert.ok(event.message.length <= 1024);
    assert.ok(event.metadata.name.length <= 253);
  });
});

test("control characters in a message are escaped in the event", async () => {
  await telling(FINE, async (stage) => {
    stage.events.tell("v1", gadgetOrigin("a"), incident(`the server said ${HOSTILE}`));
    await stage.written();
    const { message } = JSON.parse(stage.server.requests[0]?.body ?? "{}");
    assert.equal(message, `the server said ${HARMLESS}`);
    assertPrintable(message);
  });
});
