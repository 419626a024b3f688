// How many workers a scale-down of `muster run` stops at their work, without protection and with it, with real queues and
// real processes:
//   node bench/busy-workers/run.ts [--falls 50] [--minutes 30] [--only QUEUES] [--mode MODES] [--save FILE]
// Each queue has a Deployment of up to six workers; the number that is asked for goes up and down at random while jobs of
// random length keep coming, until each queue had that many scale-downs. KUBEBUILDER_ASSETS says where the control plane
// is; `make build` comes first.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { connect } from "amqplib";
import { build } from "esbuild";
import { parse } from "yaml";
import type { Ending } from "../../test/support/at-end.ts";
import { BusyStage } from "../../test/support/busy-stage.ts";
import { MusterProcess } from "../../test/support/end-to-end/muster-process.ts";
import { DEFINITIONS_PATH } from "../../test/support/gadgets.ts";
import { scriptedHttp } from "../../test/support/scripted-http.ts";
import { startPostgresql } from "../../test/support/servers/postgresql.ts";
import { startRabbitmq } from "../../test/support/servers/rabbitmq.ts";
import { startRedis } from "../../test/support/servers/redis.ts";
import { eventually } from "../../test/support/waiting.ts";

const { values } = parseArgs({
  options: {
    falls: { type: "string", default: "50" },
    minutes: { type: "string", default: "30" },
    save: { type: "string" },
    only: { type: "string" },
    mode: { type: "string" },
  },
});
const FALLS = Number(values.falls);
const MOST_WORKERS = 6;
/** About two of the six work at a time. */
const JOBS_PER_SECOND = 0.35;
const JOB_MILLISECONDS = { least: 1_000, most: 10_000 };
/** Of the workers' addresses: two runs at once do not meet. */
const NETWORK = `127.${1 + (process.pid % 200)}`;
/** RabbitMQ's own default. */
const STATISTICS_MILLISECONDS = 5_000;

const MODES = {
  none: "Kubernetes chooses",
  asked: "busyWorkers",
  called: "busyWorkers and the protection call",
} as const;
type Mode = keyof typeof MODES;

/** A queue with jobs, and how the controller learns who works on them. */
interface Queue {
  readonly name: string;
  readonly kind: string;
  readonly server: { readonly host: string; readonly port: number; readonly queue: string };
  put(milliseconds: number): Promise<unknown>;
  readonly busyWorkers: object;
}

interface Counts {
  scaleDowns: number;
  stopped: number;
  interrupted: number;
  isOver: boolean;
}

const undone: (() => unknown)[] = [];
const ending = { after: (undo: () => unknown) => void undone.push(undo) } as unknown as Ending;
const processes = new Map<
  string,
  { readonly child: ChildProcess; readonly address: string; isReady: boolean; said: string }
>();
const counts = new Map<string, Counts>();
const READY_APART_MILLISECONDS = 1_100;
/** When a worker of each queue became ready last. */
const readyAt = new Map<string, number>();
/** The workers that each queue asks for. */
const wanted = new Map<string, number>();
/** The queues that have an autoscaler. */
const autoscaled = new Set<string>();
let queues: readonly Queue[] = [];
let mode: Mode = "none";
let started = 0;
let endsAt = 0;
const WORKER = await bundleWorker();

/** Hundreds of them are started: a bundle starts in half the time. */
async function bundleWorker(): Promise<string> {
  const outdir = mkdtempSync(join(tmpdir(), "busy-worker-"));
  undone.push(() => rmSync(outdir, { recursive: true }));
  await build({
    ...{ bundle: true, platform: "node", format: "esm", outdir, external: ["pg-native"] },
    entryPoints: [fileURLToPath(new URL("worker.ts", import.meta.url))],
    outExtension: { ".js": ".mjs" },
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return join(outdir, "worker.mjs");
}

const PROBE_PORT = 18_080;
const AUTOSCALERS = "/apis/muster.dev/v1alpha1/namespaces/default/workerautoscalers";
const stage = await BusyStage.open({ start: startWorker, stop: stopWorker });
const definition = parse(readFileSync("deploy/crds/muster.dev_workerautoscalers.yaml", "utf8"));
await stage.objects.create(DEFINITIONS_PATH, definition);
await eventually(() => stage.objects.get(AUTOSCALERS));
const metric = await scriptedHttp(({ url }) => ({ body: { workers: wanted.get(url.pathname.slice(1)) ?? 0 } }));
undone.push(() => metric.close());
const fixed = ["--kube-config", stage.plane.kubeconfigPath, "--metrics-port", "127.0.0.1:0", "--leader-elect=false"];
const muster = await new MusterProcess(fixed).ready();
const { address: musterAddress } = await muster.saying("Started");
const tokens = new Map<string, Promise<string>>();
/** A kubelet mounts a pod's token; here this server adds it to the call. */
const protection = createServer(async ({ url = "", method = "" }, answer) => {
  const pod = url.slice(1);
  if (!tokens.has(pod)) tokens.set(pod, tokenOf(pod));
  try {
    const authorization = `Bearer ${await tokens.get(pod)}`;
    const body = method === "PUT" ? JSON.stringify({ expiresInSeconds: 60 }) : null;
    const { status } = await fetch(`${musterAddress}/api/v1/protection`, { method, headers: { authorization }, body });
    answer.writeHead(status).end();
  } catch (error) {
    // At the end of the bench the API server and Muster go before the last worker does.
    console.error(String(error));
    answer.writeHead(503).end();
  }
});
await new Promise<void>((done) => protection.listen(0, "127.0.0.1", done));
const protectionUrl = `http://127.0.0.1:${(protection.address() as AddressInfo).port}`;

async function tokenOf(pod: string): Promise<string> {
  const { metadata } = (await stage.objects.get(`/api/v1/namespaces/default/pods/${pod}`)) as {
    metadata: { uid: string };
  };
  const boundObjectRef = { kind: "Pod", apiVersion: "v1", name: pod, uid: metadata.uid };
  const answer = await stage.objects.create("/api/v1/namespaces/default/serviceaccounts/default/token", {
    ...{ apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest" },
    spec: { audiences: ["muster.dev"], expirationSeconds: 3_600, boundObjectRef },
  });
  return (answer as { status: { token: string } }).status.token;
}

function startWorker(pod: string): string | undefined {
  const known = processes.get(pod);
  const queue = queues.find(({ name }) => pod.startsWith(`${name}-`));
  if (queue === undefined) return undefined;
  if (known !== undefined) return known.isReady && isApart(queue.name) ? known.address : undefined;
  started += 1;
  const address = `${NETWORK}.${1 + Math.floor(started / 250)}.${1 + (started % 250)}`;
  const call = mode === "called" ? protectionUrl : "";
  const words = [WORKER, queue.kind, pod, address, String(PROBE_PORT), JSON.stringify(queue.server), call];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  const worker = { child, address, isReady: false, said: "" };
  child.stdout.on("data", (text: Buffer) => {
    worker.isReady = true;
    worker.said += text.toString();
  });
  processes.set(pod, worker);
  return undefined;
}

/** Pods become ready a second apart: Kubernetes 1.20 orders them by that, and pods that are ready since the same second by chance. */
function isApart(queue: string): boolean {
  const now = Date.now();
  if (now - (readyAt.get(queue) ?? 0) < READY_APART_MILLISECONDS) return false;
  readyAt.set(queue, now);
  return true;
}

async function stopWorker(pod: string): Promise<void> {
  const worker = processes.get(pod);
  if (worker === undefined) return;
  const ended = new Promise((resolve) => worker.child.once("close", resolve));
  worker.child.kill("SIGTERM");
  await ended;
  processes.delete(pod);
  const queue = queues.find(({ name }) => pod.startsWith(`${name}-`));
  const count = counts.get(`${mode} ${queue?.name}`);
  if (count === undefined || count.isOver) return;
  count.stopped += 1;
  if (worker.said.includes("interrupted")) count.interrupted += 1;
}

async function openQueues(): Promise<readonly Queue[]> {
  const [rabbitmq, redis, postgresql] = [
    await startRabbitmq(ending, undefined, STATISTICS_MILLISECONDS),
    await startRedis(ending),
    await startPostgresql(ending),
  ];
  const host = ({ host, port }: { readonly host: string; readonly port: number }) => ({ host, port });
  const at = (server: { readonly host: string; readonly port: number }) => ({ ...host(server), queue: "jobs" });
  const connection = await connect({ hostname: rabbitmq.host, port: rabbitmq.port });
  undone.push(() => connection.close());
  const channel = await connection.createChannel();
  await channel.assertQueue("jobs");
  for (const key of ["jobs", "probed"]) await redis.client.xgroup("CREATE", key, "workers", "0", "MKSTREAM");
  const columns = "id serial PRIMARY KEY, milliseconds int, locked_by text, locked_at timestamptz";
  await postgresql.run(`CREATE TABLE jobs (${columns})`);
  const query = "SELECT locked_by, count(*), min(locked_at) FROM jobs WHERE locked_by IS NOT NULL GROUP BY locked_by";
  const add = (key: string) => (milliseconds: number) => redis.client.xadd(key, "*", "milliseconds", `${milliseconds}`);
  const { managementUrl } = rabbitmq;
  return [
    {
      ...{ name: "rabbitmq", kind: "rabbitmq", server: at(rabbitmq) },
      put: async (milliseconds) => channel.sendToQueue("jobs", Buffer.from(`${milliseconds}`)),
      busyWorkers: { source: { rabbitmq: { ...at(rabbitmq), managementUrl } } },
    },
    {
      ...{ name: "redis", kind: "redis", server: at(redis), put: add("jobs") },
      busyWorkers: { source: { redis: { ...host(redis), structure: "stream", key: "jobs", group: "workers" } } },
    },
    {
      ...{ name: "postgresql", kind: "postgresql", server: at(postgresql) },
      put: (milliseconds) => postgresql.run(`INSERT INTO jobs (milliseconds) VALUES (${milliseconds})`),
      busyWorkers: {
        source: { postgresql: { ...host(postgresql), username: "super", database: "postgres", busyQuery: query } },
      },
    },
    {
      ...{ name: "probe", kind: "redis", server: { ...at(redis), queue: "probed" }, put: add("probed") },
      busyWorkers: { probe: { port: PROBE_PORT, path: "/busy", timeoutSeconds: 2 } },
    },
  ];
}

/** Lets the number of workers go up and down until there were enough scale-downs. */
async function play(queue: Queue): Promise<void> {
  const count: Counts = { scaleDowns: 0, stopped: 0, interrupted: 0, isOver: false };
  counts.set(`${mode} ${queue.name}`, count);
  const { name } = queue;
  const isOver = new AbortController();
  const feeding = feed(queue, isOver.signal);
  wanted.set(name, MOST_WORKERS);
  await autoscale(queue);
  while (count.scaleDowns < FALLS && Date.now() < endsAt) {
    wanted.set(name, MOST_WORKERS);
    await stage.ready(name, MOST_WORKERS);
    await pause(500 + Math.random() * 1_000);
    wanted.set(name, 1 + Math.floor(Math.random() * 3));
    let last = MOST_WORKERS;
    const until = Date.now() + 30_000;
    // One that is held up goes on in a while: it gets a little more time.
    for (let patience = 8; patience > 0 && Date.now() < until; ) {
      await pause(100);
      const now = await stage.replicas(name);
      if (now < last) count.scaleDowns += 1;
      if (now < MOST_WORKERS) patience -= 1;
      last = now;
    }
  }
  await stage.interrupted(name);
  count.isOver = true;
  isOver.abort();
  await feeding;
  wanted.set(name, 0);
  await stage.settled(name, 0);
  // Gone, not only told to stop: they must not be counted for the next mode.
  await stage.interrupted(name);
}

async function autoscale({ name, busyWorkers }: Queue): Promise<void> {
  const source = { http: { url: `${metric.url}/${name}`, path: "workers" } };
  const spec = {
    ...{ scaleTargetRef: { kind: "Deployment", name }, maxReplicas: MOST_WORKERS },
    ...{ pollIntervalSeconds: 1, cooldownSeconds: 0 },
    signals: [{ name: "wanted", source, backlog: { messagesPerReplica: 1 } }],
    busyWorkers: mode === "none" ? null : { protect: "Always", ...busyWorkers },
  };
  if (autoscaled.has(name)) return void (await stage.objects.patch(`${AUTOSCALERS}/${name}`, { spec }));
  autoscaled.add(name);
  const named = { apiVersion: "muster.dev/v1alpha1", kind: "WorkerAutoscaler", metadata: { name } };
  await stage.objects.create(AUTOSCALERS, { ...named, spec });
}

async function feed({ put }: Queue, over: AbortSignal): Promise<void> {
  const { least, most } = JOB_MILLISECONDS;
  while (!over.aborted) {
    await put(Math.round(least + Math.random() * (most - least)));
    await pause((-Math.log(1 - Math.random()) / JOBS_PER_SECOND) * 1_000);
  }
}

const rows: string[] = [];

/** Also in between: a run takes long. */
async function report(): Promise<void> {
  const { gitVersion } = (await stage.objects.get("/version")) as { gitVersion: string };
  const table = `Kubernetes ${gitVersion}, ${new Date().toISOString().slice(0, 10)}

| who goes | who is asked | scale-downs | workers stopped | at their work |
|---|---|---|---|---|
${rows.join("\n")}
`;
  console.log(`\n${table}`);
  if (values.save !== undefined) writeFileSync(values.save, table);
}

try {
  const only = values.only?.split(",");
  queues = (await openQueues()).filter(({ name }) => only?.includes(name) ?? true);
  for (const { name } of queues) await stage.workers(name, 0);
  for (mode of (values.mode?.split(",") ?? Object.keys(MODES)) as Mode[]) {
    const began = Date.now();
    endsAt = began + Number(values.minutes) * 60_000;
    const progress = setInterval(() => {
      const all = queues.map(({ name }) => ({ name, ...counts.get(`${mode} ${name}`) }));
      console.log(
        MODES[mode],
        all.map((one) => `${one.name} ${one.scaleDowns}/${one.stopped}/${one.interrupted}`).join(", "),
      );
    }, 30_000);
    await Promise.all(queues.map(play));
    clearInterval(progress);
    const all = queues.map(({ name }) => ({ name, ...(counts.get(`${mode} ${name}`) as Counts) }));
    const sum = (of: Exclude<keyof Counts, "isOver">) => all.reduce((total, one) => total + one[of], 0);
    const together = {
      scaleDowns: sum("scaleDowns"),
      stopped: sum("stopped"),
      interrupted: sum("interrupted"),
    };
    for (const { name, scaleDowns, stopped, interrupted } of [...all, { name: "all", ...together }]) {
      rows.push(`| ${MODES[mode]} | ${name} | ${scaleDowns} | ${stopped} | ${interrupted} |`);
    }
    const counted = await muster.metric("muster_workers_stopped_busy_total");
    console.log(
      `${MODES[mode]}: ${Math.round((Date.now() - began) / 1_000)} s; counted by Muster until now: ${counted}`,
    );
    await report();
  }
} finally {
  for (const { child } of processes.values()) child.kill("SIGKILL");
  protection.close();
  await muster.stop();
  await stage.close();
  for (const undo of undone.reverse()) await undo();
}
