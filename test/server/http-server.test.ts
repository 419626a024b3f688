import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { after, before, type TestContext, test } from "node:test";
import { lineLog } from "../../src/controller/log.ts";
import { decide } from "../../src/core/index.ts";
import { Journal } from "../../src/journal/journal.ts";
import {
  type HttpServerOptions,
  parseListenAddress,
  type RunningServer,
  startHttpServer,
} from "../../src/server/http-server.ts";
import { Metrics } from "../../src/server/metrics.ts";
import type { Access } from "../../src/server/status-access.ts";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";

const log = lineLog({ format: "text", level: "error", now: Date.now, write: (line) => process.stderr.write(line) });
const metrics = new Metrics("1.2.3");
const journal = new Journal();
const world = controllerWorld({ telemetry: metrics.telemetry, recorder: journal });
let waitingFor: string[] = [];
let server: RunningServer;

before(async () => {
  metrics.follow(world.controller, () => world.clock.wall());
  world.workloads.set("mail", 2, { availableReplicas: 1 });
  world.queue("mail").answer = { value: 45, arrivalsPerMinute: 30, idleWorkers: "all" };
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  await world.clock.advance(1_000);
  server = await startHttpServer({
    address: { host: "127.0.0.1", port: 0 },
    controller: world.controller,
    journal,
    decide,
    now: () => world.clock.wall(),
    metrics,
    log,
    statusAuth: { by: "loopback" },
    waitingFor: () => waitingFor,
  });
});
after(async () => {
  await server.close();
  await world.stop();
});

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(server.url + path, { headers });
  return { code: response.status, type: response.headers.get("content-type"), text: await response.text() };
}

test("shows the original controller's metrics with its names and labels", async () => {
  const { text, type } = await get("/metrics");
  assert.match(type ?? "", /^text\/plain; version=0\.0\.4/);
  for (const line of [
    'wpa_queue_messages{workerpodautoscaler="mail",namespace="shop",queueName="mail"} 45',
    'wpa_queue_messages_sent_per_minute{workerpodautoscaler="mail",namespace="shop",queueName="mail"} 30',
    'wpa_worker_current{workerpodautoscaler="mail",namespace="shop",queueName="mail"} 5',
    'wpa_worker_desired{workerpodautoscaler="mail",namespace="shop",queueName="mail"} 5',
    'wpa_worker_idle{workerpodautoscaler="mail",namespace="shop",queueName="mail"} 5',
    'wpa_log_messages_total{severity="ERROR"} 0',
  ]) {
    assert.ok(text.includes(`${line}\n`), `${line}\n--- not in ---\n${text}`);
  }
  assert.match(text, /wpa_controller_loop_count_success\{workerpodautoscaler="mail",namespace="shop"\} [1-9]/);
  assert.match(text, /wpa_controller_loop_duration_seconds\{/);
});

test("shows metrics of its own: trust, age, calls, latency, build and leadership", async () => {
  const { text } = await get("/metrics");
  for (const line of [
    'muster_replicas_desired{kind="WorkerPodAutoScaler",namespace="shop",name="mail",rule=',
    'muster_reading_age_seconds{kind="WorkerPodAutoScaler",namespace="shop",name="mail",signal="queue"} ',
    'muster_signal_trust{kind="WorkerPodAutoScaler",namespace="shop",name="mail",signal="queue",trust="ok"} 1',
    'muster_source_calls_total{source="scripted",outcome="ok"} ',
    'muster_scale_writes_total{outcome="ok"} 1',
    'muster_decision_latency_seconds_count{direction="up"} 1',
    'muster_objects{kind="WorkerPodAutoScaler",state="ReadyForNewScale"} 1',
    'muster_build_info{version="1.2.3",node=',
    "muster_leader 1",
    "process_cpu_seconds_total ",
  ]) {
    assert.ok(text.includes(`\n${line}`), `${line}\n--- not in ---\n${text}`);
  }
});

test("drops a deleted object's series", async () => {
  world.controller.keep(parsedAutoscaler("gone"));
  await world.clock.advance(10_000);
  assert.match((await get("/metrics")).text, /name="gone"/);
  world.controller.forget("WorkerPodAutoScaler/shop/gone");
  assert.doesNotMatch((await get("/metrics")).text, /gone/);
});

test("answers the original's health check on /status, and JSON to those who ask for it", async () => {
  const plain = await get("/status");
  assert.deepEqual([plain.code, plain.text], [200, "ok\n"]);
  for (const { text } of [await get("/status?format=json"), await get("/status", { Accept: "application/json" })]) {
    const page = JSON.parse(text);
    assert.equal(page.leader, true);
    assert.equal(page.objects[0].id, "WorkerPodAutoScaler/shop/mail");
    assert.equal(page.objects[0].account.decision.desiredReplicas, 5);
  }
});

test("shows one object with the steps of its decision and without its source's settings", async () => {
  const { code, text } = await get("/status/WorkerPodAutoScaler/shop/mail");
  assert.equal(code, 200);
  assert.equal(JSON.parse(text).account.currentReplicas, 5);
  assert.ok(!text.includes("settings"));
  assert.equal((await get("/status/WorkerPodAutoScaler/shop/nobody")).code, 404);
  assert.equal((await get("/status/%E0%A4%A")).code, 404);
});

test("is alive while it answers, and ready once nothing is waited for", async () => {
  assert.equal((await get("/healthz")).code, 200);
  assert.equal((await get("/readyz")).code, 200);
  waitingFor = ["the first list of WorkerPodAutoScalers"];
  const { code, text } = await get("/readyz");
  assert.equal(code, 503);
  assert.match(text, /first list of WorkerPodAutoScalers/);
  waitingFor = [];
});

test("serves the journal of decisions, asked for by namespace, name, kind, time and number", async () => {
  const ask = async (query: string) => {
    const { code, text } = await get(`/api/v1/journal${query}`);
    return { code, body: JSON.parse(text) };
  };
  const { body } = await ask("?namespace=shop&name=mail&kind=WorkerPodAutoScaler");
  assert.equal(body.leader, true);
  assert.deepEqual(
    body.autoscalers.map(({ id }: { id: string }) => id),
    ["WorkerPodAutoScaler/shop/mail"],
  );
  const scaled = body.entries.find(({ outcome }: { outcome: string }) => outcome === "Scaled");
  assert.deepEqual([scaled.scaled.from, scaled.scaled.to, scaled.signals[0].value], [2, 5, 45]);
  assert.equal((await ask("?name=mail&limit=1")).body.entries.length, 1);
  const late = new Date(world.clock.wall() + 3_600_000).toISOString();
  assert.deepEqual((await ask(`?since=${late}`)).body.entries, []);
  const unknown = await ask("?namespace=shop&name=male");
  assert.deepEqual([unknown.body.autoscalers, unknown.body.entries], [[], []]);
  assert.ok(unknown.body.names.includes("shop/mail"));
});

test("serves one autoscaler with its newest decision and what would change it, and no setting of its source", async () => {
  const { code, text } = await get("/api/v1/autoscalers/shop/mail");
  assert.equal(code, 200);
  const { newest, whatWouldChange, currentReplicas, conditions } = JSON.parse(text);
  assert.equal(currentReplicas, 5);
  assert.deepEqual([newest.currentReplicas, newest.desiredReplicas, newest.outcome], [5, 5, "NothingToDo"]);
  assert.equal(conditions[0].type, "Ready");
  assert.deepEqual(whatWouldChange.signals[0].rise, { by: 6, to: 51, desiredReplicas: 6 });
  assert.doesNotMatch(text, /settings/);
});

test("answers invalid API requests with what was expected", async () => {
  for (const [path, code, message] of [
    ["/api/v1/journal?limit=0", 400, /^limit: expected a whole number from 1 to 1000, got "0"$/],
    ["/api/v1/journal?since=yesterday", 400, /^since: expected a time such as/],
    ["/api/v1/journal?nmae=mail", 400, /^unknown parameter nmae: expected namespace, name/],
    ["/api/v1/autoscalers/shop", 400, /^expected \/api\/v1\/autoscalers\/NAMESPACE\/NAME$/],
    ["/api/v1/autoscalers/shop/nobody", 404, /^there is no autoscaler shop\/nobody$/],
    ["/api/v1/autoscalers/%zz/x", 404, /^there is no autoscaler %zz\/x$/],
  ] as const) {
    const { code: found, text, type } = await get(path);
    assert.equal(found, code, path);
    assert.equal(type, "application/json");
    assert.match(JSON.parse(text).message, message);
  }
});

const GUARDED = [
  "/status?format=json",
  "/status/WorkerPodAutoScaler/shop/mail",
  "/api/v1/journal",
  "/api/v1/autoscalers/shop/mail",
];

/** The same server, with other options. */
async function another(t: TestContext, options: Partial<HttpServerOptions>) {
  const usual = { controller: world.controller, journal, decide, metrics, log, waitingFor: () => [] };
  const statusAuth = { by: "loopback" } as const;
  const address = { host: "127.0.0.1", port: 0 };
  const running = await startHttpServer({ ...usual, address, statusAuth, ...options });
  t.after(() => running.close());
  return running.url;
}

test("shows nothing of an object to a caller who is not on this machine", async (t) => {
  const outward = Object.values(networkInterfaces())
    .flat()
    .find((one) => one !== undefined && !one.internal && one.family === "IPv4")?.address;
  if (outward === undefined) return t.skip("needs a network address of this machine besides 127.0.0.1");
  const { port } = new URL(await another(t, { address: { port: 0 } }));
  const from = (path: string) => fetch(`http://${outward}:${port}${path}`);
  for (const path of ["/metrics", "/healthz", "/readyz", "/status"]) assert.equal((await from(path)).status, 200, path);
  for (const path of GUARDED) {
    const answer = await from(path);
    assert.equal(answer.status, 403, path);
    assert.match(((await answer.json()) as { message: string }).message, /kubectl port-forward/);
  }
  for (const path of GUARDED) assert.equal((await fetch(`http://127.0.0.1:${port}${path}`)).status, 200, path);
});

test("requires a token whose holder may read that namespace", async (t) => {
  const mayRead: Access["mayRead"] = async (token, { namespace }) => {
    if (token === "broken") throw new Error("no API server");
    if (token === "admin" || (token === "shop" && namespace === "shop")) return "allowed";
    return token === "shop" ? "known" : "unknown";
  };
  const url = await another(t, { statusAuth: { by: "token", access: { mayRead } } });
  const codes = (token?: string) =>
    Promise.all(
      [...GUARDED, "/api/v1/journal?namespace=shop"].map(async (path) => {
        const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
        return (await fetch(url + path, { headers })).status;
      }),
    );
  assert.deepEqual(await codes(), [401, 401, 401, 401, 401]);
  assert.deepEqual(await codes("stranger"), [401, 401, 401, 401, 401]);
  assert.deepEqual(await codes("shop"), [403, 200, 403, 200, 200]);
  assert.deepEqual(await codes("admin"), [200, 200, 200, 200, 200]);
  assert.deepEqual(await codes("broken"), [503, 503, 503, 503, 503]);
  const misspelt = await fetch(`${url}/api/v1/journal?namespace=shop&name=none`, {
    headers: { authorization: "Bearer shop" },
  });
  assert.deepEqual(((await misspelt.json()) as { names: string[] }).names, ["shop/mail"]);
  for (const path of ["/metrics", "/healthz", "/status"]) assert.equal((await fetch(url + path)).status, 200);
});

test("closes a connection on which requests come before the first is answered, and answers one after the other", async (t) => {
  const { hostname, port } = new URL(server.url);
  const request = `GET /metrics HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`;
  const eager = connect(Number(port), hostname);
  t.after(() => eager.destroy());
  let received = "";
  eager.on("data", (data) => {
    received += String(data);
  });
  eager.on("error", () => undefined);
  eager.write(request.repeat(1_000));
  await once(eager, "close");
  assert.ok(received.split("HTTP/1.1 200").length <= 2, "no more than the first one is answered");
  const patient = connect(Number(port), hostname);
  t.after(() => patient.destroy());
  for (const path of ["/healthz", "/metrics", "/status", "/healthz", "/readyz"]) {
    patient.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    let answer = "";
    while (!/\r\n\r\n(?:[\s\S]*\r\n0\r\n\r\n|(?:ok|ready)\n)$/.test(answer))
      answer += String((await once(patient, "data"))[0]);
    assert.match(answer, /^HTTP\/1.1 200/);
  }
});

test("closes an idle connection, and one that sends no request", async (t) => {
  const { port } = new URL(await another(t, { idleMilliseconds: 200 }));
  for (const said of ["", "GET /healthz HTTP/1.1\r\nHost: x\r\n", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"]) {
    const socket = connect(Number(port), "127.0.0.1");
    socket.resume();
    if (said !== "") socket.write(said);
    await once(socket, "close");
  }
});

test("refuses other methods and unknown paths", async () => {
  assert.equal((await fetch(`${server.url}/status`, { method: "POST" })).status, 405);
  assert.equal((await get("/nothing")).code, 404);
});

test("reports why it cannot listen on an address", async () => {
  const { port } = new URL(server.url);
  const statusAuth = { by: "loopback" } as const;
  const again = { controller: world.controller, journal, decide, metrics, log, statusAuth, waitingFor: () => [] };
  await assert.rejects(startHttpServer({ ...again, address: { host: "127.0.0.1", port: Number(port) } }), {
    message: `cannot listen on 127.0.0.1:${port}: another process listens there; stop it, or choose another address with --metrics-port`,
  });
});

test("parses addresses in the usual notations", () => {
  assert.deepEqual(parseListenAddress(":8787"), { port: 8787 });
  assert.deepEqual(parseListenAddress("8787"), { port: 8787 });
  assert.deepEqual(parseListenAddress("127.0.0.1:1"), { host: "127.0.0.1", port: 1 });
  assert.deepEqual(parseListenAddress("[::1]:80"), { host: "::1", port: 80 });
  for (const bad of ["", ":", "host", "host:port", ":70000", "::1:80", "http://x:1", "a b:1"]) {
    assert.throws(() => parseListenAddress(bad), /expected an address to listen on such as ":8787"/, bad);
  }
});
