import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { type TestContext, test } from "node:test";
import { type ProbeAnswer, probeWorkers } from "../../src/controller/probe-workers.ts";
import type { WorkerPod } from "../../src/core/index.ts";
import { systemTimers } from "../../src/shared/async.ts";
import { HostList } from "../../src/sources/shared/host-list.ts";
import { Network } from "../../src/sources/shared/network.ts";
import { freePort } from "../support/free-port.ts";

const FOR_EVER = new AbortController().signal;

function pod(name: string, ip?: string): WorkerPod {
  return {
    ...{ name, uid: name, resourceVersion: "1", phase: "Running", isReady: true, restarts: 0, createdAt: 0 },
    ...(ip === undefined ? {} : { ip }),
    isEnding: false,
  };
}

async function listen(context: TestContext, listener: RequestListener, host = "127.0.0.1", onPort = 0) {
  const server = createServer(listener);
  context.after(() => server.close().closeAllConnections());
  await new Promise<void>((done) => server.listen(onPort, host, done));
  return (server.address() as { port: number }).port;
}

async function probeOne(
  port: number,
  { ip = "127.0.0.1", network = new Network(), path = "/busy", timeoutSeconds = 20 } = {},
) {
  const terms = { probe: { port, path, timeoutSeconds }, network, timers: systemTimers };
  const answers = await probeWorkers([pod("one", ip)], terms, FOR_EVER);
  return answers.get("one");
}

const ANSWERS: readonly [what: string, listener: RequestListener, expected: ProbeAnswer][] = [
  ["a body that begins with busy", (_, to) => to.end("busy: 3 messages"), "busy"],
  ["a body that begins with idle, in capitals, after white space", (_, to) => to.end(" \nIDLE\n"), "idle"],
  ["a header", (_, to) => to.writeHead(204, { "muster-worker": "idle" }).end(), "idle"],
  ["a header that contradicts the body", (_, to) => to.setHeader("muster-worker", "busy").end("idle"), "busy"],
  ["another word", (_, to) => to.end("idleness"), { unknown: 'its probe answered 200 with neither "busy" nor "idle"' }],
  ["an empty body", (_, to) => to.end(), { unknown: 'its probe answered 200 with neither "busy" nor "idle"' }],
  ["an error", (_, to) => to.writeHead(500).end("idle"), { unknown: "its probe answered 500" }],
  [
    "a redirect",
    (_, to) => to.writeHead(302, { location: "/idle" }).end("idle"),
    { unknown: "its probe answered 302" },
  ],
  ["no end of silence", () => undefined, { unknown: "its probe did not answer within 0.3 s" }],
  [
    "a body that begins and never goes on",
    (_, to) => void to.write("i"),
    { unknown: "its probe did not answer within 0.3 s" },
  ],
];

for (const [what, listener, expected] of ANSWERS) {
  test(`understands ${what}`, async (context) => {
    const isSilent = typeof expected === "object" && expected.unknown.includes("within");
    const terms = isSilent ? { timeoutSeconds: 0.3 } : {};
    assert.deepEqual(await probeOne(await listen(context, listener), terms), expected);
  });
}

test("reads no more of an endless body than the word", async (context) => {
  let written = 0;
  const port = await listen(context, (_, to) => {
    to.write("busy ");
    const more = setInterval(() => {
      written += 1;
      to.write("x".repeat(1_000));
    }, 1);
    to.on("close", () => clearInterval(more));
  });
  assert.equal(await probeOne(port), "busy");
  assert.ok(written < 50, `${written} chunks`);
});

test("says that nobody listens, that a pod has no address, and that the network's rules forbid it", async () => {
  const port = await freePort();
  assert.match(unknownOf(await probeOne(port)), /^its probe failed \(connect ECONNREFUSED 127\.0\.0\.1:\d+\)$/);
  const terms = { probe: { port, path: "/", timeoutSeconds: 1 }, network: new Network(), timers: systemTimers };
  const answers = await probeWorkers([pod("new")], terms, FOR_EVER);
  assert.equal(unknownOf(answers.get("new")), "it has no address yet");
  const strict = new Network({ deny: new HostList(["127.0.0.0/8"]) });
  assert.match(unknownOf(await probeOne(port, { network: strict })), /127\.0\.0\.1 are refused: --deny-source-hosts/);
  assert.match(unknownOf(await probeOne(port, { ip: "169.254.169.254" })), /metadata services are refused/);
});

test("takes nonsense and a closed connection for no answer", async (context) => {
  const server = createTcpServer((socket) => socket.end("SSH-2.0-nonsense\r\n"));
  context.after(() => server.close());
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  assert.match(unknownOf(await probeOne(port)), /^its probe failed/);
});

test("asks the path as it is written, at the pod's own address over IPv6 too", async (context) => {
  const asked: string[] = [];
  const port = await listen(
    context,
    ({ url = "", headers }, to) => {
      asked.push(`${headers.host} ${url}`);
      to.end("idle");
    },
    "::1",
  );
  assert.equal(await probeOne(port, { ip: "::1", path: "/busy?deep=1" }), "idle");
  assert.deepEqual(asked, [`[::1]:${port} /busy?deep=1`]);
});

test("asks at most 50 at a time, and all of them", async (context) => {
  // Nobody is answered until 50 have asked, and none before others had the time to ask.
  const asking: (() => void)[] = [];
  let most = 0;
  const port = await listen(context, (_, to) => {
    asking.push(() => to.end("idle"));
    most = Math.max(most, asking.length);
    if (asking.length === 50) setTimeout(() => asking.splice(0).forEach((answer) => void answer()), 50);
  });
  const pods = Array.from({ length: 200 }, (_, index) => pod(`worker-${index}`, "127.0.0.1"));
  const terms = { probe: { port, path: "/", timeoutSeconds: 30 }, network: new Network(), timers: systemTimers };
  const answers = await probeWorkers(pods, terms, FOR_EVER);
  assert.equal(answers.size, 200);
  assert.ok([...answers.values()].every((answer) => answer === "idle"));
  assert.equal(most, 50);
});

function unknownOf(answer: ProbeAnswer | undefined): string {
  assert.ok(typeof answer === "object", String(answer));
  return answer.unknown;
}
