import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { Fleet } from "../../src/server/live-wire.ts";
import { eventually } from "../support/eventually.ts";
import { type FleetWorld, fleetWorld } from "../support/fleet-world.ts";

let world: FleetWorld;
before(async () => {
  world = await fleetWorld();
  for (const name of ["a", "b", "c"]) world.add(name, 1, 10);
  await world.clock.advance(1_000);
});
after(() => world.close());

/** One page's connection: its events so far. */
async function listen(lastEventId?: string) {
  const stop = new AbortController();
  const headers = lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId };
  const answer = await fetch(`${world.url}/api/v1/live`, { headers, signal: stop.signal });
  let text = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const part of answer.body ?? []) text += decoder.decode(part, { stream: true });
  })().catch((error: Error) => assert.equal(error.name, "AbortError"));
  const events = () =>
    [...text.matchAll(/event: fleet\nid: (?<id>\S+)\ndata: (?<data>.*)\n\n/g)].map(({ groups }) => ({
      id: groups?.id ?? "",
      ...(JSON.parse(groups?.data ?? "") as Fleet),
    }));
  return {
    ...{ code: answer.status, events, text: () => text },
    async close() {
      stop.abort();
      await reading;
    },
  };
}

test("sends all autoscalers once with their history, and afterwards what changed", async () => {
  const page = await listen();
  await eventually(() => page.events().length === 1, "the first event comes");
  const [first] = page.events();
  assert.equal(first?.reset, true);
  assert.deepEqual(
    first.rows.map(({ name, history }) => [name, history?.at(-1)?.[1]]),
    [
      ["a", 10],
      ["b", 10],
      ["c", 10],
    ],
  );
  world.queue("b").answer = { value: 30, waiting: 30 };
  await world.clock.advance(30_000);
  await eventually(() => page.events().at(-1)?.rows[0]?.desired === 3, "the change comes");
  for (const { rows, reset } of page.events().slice(1)) {
    assert.equal(reset, undefined);
    assert.deepEqual(
      rows.map(({ name, history }) => [name, history]),
      [["b", undefined]],
    );
  }
  await page.close();
});

test("a page that comes back gets what it missed, deletions too; one of another process gets all", async () => {
  const page = await listen();
  await eventually(() => page.events().length === 1, "the first event comes");
  const id = page.events()[0]?.id;
  await page.close();
  world.controller.forget("WorkerPodAutoScaler/shop/c");
  world.queue("a").answer = { value: 50, waiting: 50 };
  await world.clock.advance(30_000);

  const back = await listen(id);
  await eventually(() => back.events().length > 0, "what was missed comes");
  const [missed] = back.events();
  assert.equal(missed?.reset, undefined);
  assert.deepEqual([missed?.rows.map(({ name }) => name), missed?.gone], [["a"], ["WorkerPodAutoScaler/shop/c"]]);
  await back.close();

  for (const foreign of ["other.3", `${id?.split(".")[0]}.999999`, "x"]) {
    const other = await listen(foreign);
    await eventually(() => other.events().length > 0, "all comes");
    assert.deepEqual([other.events()[0]?.reset, other.events()[0]?.rows.length], [true, 2]);
    await other.close();
  }
});

test("says who leads and how many there are, and nothing of a source's settings", async () => {
  const page = await listen();
  await eventually(() => page.events().length === 1, "the first event comes");
  assert.match(page.text(), /event: head\ndata: \{"now":\d+,"leader":true,"autoscalers":2\}\n/);
  assert.doesNotMatch(page.text(), /settings/);
  await page.close();
});

test("refuses more pages than it has room for, until one leaves", async () => {
  const pages = await Promise.all(Array.from({ length: 32 }, () => listen()));
  const refused = await fetch(`${world.url}/api/v1/live`);
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "10");
  assert.match(await refused.text(), /too many pages are open/);
  await pages[0]?.close();
  await eventually(async () => {
    const page = await listen();
    await page.close();
    return page.code === 200;
  }, "there is room again");
  await Promise.all(pages.map((page) => page.close()));
});

test("serves the page's files with a strict policy, packed within 60 KB", async () => {
  let sum = 0;
  for (const [path, type] of [
    ["/", /^text\/html/],
    ["/live.js", /^text\/javascript/],
    ["/live.css", /^text\/css/],
    ["/live.svg", /^image\/svg/],
  ] as const) {
    const socket = connect(Number(new URL(world.url).port), "127.0.0.1");
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n`);
    const parts: Buffer[] = [];
    socket.on("data", (part: Buffer) => parts.push(part));
    await once(socket, "close");
    const answer = Buffer.concat(parts);
    const end = answer.indexOf("\r\n\r\n");
    const head = answer.subarray(0, end).toString();
    assert.match(/^content-type: (.*)$/im.exec(head)?.[1] ?? "", type);
    assert.match(head, /^content-security-policy: default-src 'self';/im);
    assert.match(head, /^x-content-type-options: nosniff/im);
    const plain = await fetch(world.url + path, { headers: { "Accept-Encoding": "identity" } });
    assert.equal(gunzipSync(answer.subarray(end + 4)).toString(), await plain.text());
    sum += answer.length - end - 4;
  }
  assert.ok(sum <= 60_000, `${sum} bytes`);
});
