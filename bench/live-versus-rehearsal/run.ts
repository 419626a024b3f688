// Plays the same messages live and in the rehearsal, and compares waits and worker-hours:
//   node bench/live-versus-rehearsal/run.ts [--minutes 20] [--copies 3] [--rehearsals 20] [--with FILE,FILE] [--save FILE]
// Live: a real API server, RabbitMQ and beanstalkd, `muster run`, and each worker a process that sleeps for as long as its
// message says. Two traffics on two brokers, each in several queues at once. KUBEBUILDER_ASSETS says where etcd and kube-apiserver are.
// --with: live runs that were saved before, of as many minutes, count too; with --copies 0 they alone.
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { connect } from "amqplib";
import { parse } from "yaml";
import type { Ending } from "../../test/support/at-end.ts";
import { BeanstalkdClient } from "../../test/support/beanstalkd-client.ts";
import { BeanstalkdServer } from "../../test/support/beanstalkd-server.ts";
import { startControlPlane } from "../../test/support/control-plane.ts";
import { startRabbitmq } from "../../test/support/servers/rabbitmq.ts";
import { Cluster, deployment } from "../support/cluster.ts";
import { ControllerProcess } from "../support/controller-process.ts";
import { describeMachine } from "../support/machine.ts";
import { type Broker, Lane, makeProcesses, type Result, spare } from "./lane.ts";
import { type LiveRun, report, type Saved } from "./report.ts";
import { autoscalerObject, scenes } from "./scenes.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "20" },
    copies: { type: "string", default: "3" },
    rehearsals: { type: "string", default: "20" },
    with: { type: "string" },
    save: { type: "string" },
  },
});
const CRD = "deploy/crds/muster.dev_workerautoscalers.yaml";
const AUTOSCALERS = "/apis/muster.dev/v1alpha1/namespaces/default/workerautoscalers";
/** RabbitMQ's default. */
const RABBITMQ_STATISTICS_MS = 5_000;
const PROCESSES_A_LANE = 14;

async function brokers(ending: Ending): Promise<readonly Broker[]> {
  const [rabbitmq, beanstalkd] = [
    await startRabbitmq(ending, undefined, RABBITMQ_STATISTICS_MS),
    await BeanstalkdServer.start(ending as never),
  ];
  const { host, port, managementUrl } = rabbitmq;
  const connection = await connect({ hostname: host, port });
  ending.after(() => connection.close());
  const channel = await connection.createConfirmChannel();
  const queues = new Set<string>();
  const clients = new Map<string, BeanstalkdClient>();
  ending.after(() => {
    for (const client of clients.values()) client.close();
  });
  return [
    {
      ...{ name: "rabbitmq", port, source: (queue) => ({ rabbitmq: { host, port, queue, managementUrl } }) },
      put: async (queue, body) => {
        if (!queues.has(queue)) await channel.assertQueue(queue);
        queues.add(queue);
        if (body !== "") channel.sendToQueue(queue, Buffer.from(body));
      },
    },
    {
      name: "beanstalkd",
      port: beanstalkd.port,
      source: (tube) => ({ beanstalkd: { host: "127.0.0.1", port: beanstalkd.port, tube } }),
      put: async (tube, body) => {
        // One for each tube: which tube is used is a state of the connection.
        const client = clients.get(tube) ?? (await BeanstalkdClient.connect(beanstalkd.port));
        clients.set(tube, client);
        if (body !== "") await client.put(tube, { ttr: 3_600, body });
      },
    },
  ];
}

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void undo().then(() => process.exit(1)));
const undone: (() => unknown)[] = [];
const ending = { after: (undo: () => unknown) => void undone.push(undo) } as unknown as Ending;
try {
  const before = (values.with?.split(",") ?? []).map((file) => JSON.parse(readFileSync(file, "utf8")) as Saved);
  const other = before.find(({ minutes }) => minutes !== values.minutes);
  if (other !== undefined)
    throw new Error(`expected saved runs of ${values.minutes} minutes, got one of ${other.minutes}`);
  report([...before.flatMap(({ runs }) => runs), ...(values.copies === "0" ? [] : [await playLive()])], values);
} finally {
  await undo();
}

async function playLive(): Promise<LiveRun> {
  const plane = await startControlPlane();
  undone.push(() => plane.stop());
  const cluster = new Cluster(plane);
  undone.push(() => cluster.close());
  const known = await brokers(ending);
  const lanes = scenes(Number(values.minutes)).flatMap((scene) =>
    known.flatMap((broker) =>
      Array.from({ length: Number(values.copies) }, (_, copy) => new Lane(scene, broker, copy)),
    ),
  );
  const machine = await describeMachine(cluster);
  await makeProcesses(PROCESSES_A_LANE * lanes.length);
  await openLanes(cluster, lanes);
  undone.push(() => Promise.all(lanes.map((lane) => lane.close())));
  const controller = await ControllerProcess.start(plane.kubeconfigPath, plane.directory);
  undone.push(() => controller.stop());
  await controller.ready();
  const at = new Date().toISOString();
  const startedAt = Date.now();
  const feeding = Promise.all(lanes.map((lane) => lane.feed(startedAt)));
  const results = await collect(lanes);
  await feeding;
  return {
    ...{ at, machine },
    lanes: lanes.map((lane) => {
      const { scene, broker, changes } = lane;
      return { traffic: scene.name, broker: broker.name, result: results.get(lane) as Result, changes };
    }),
  };
}

async function undo(): Promise<void> {
  for (const last of undone.splice(0).reverse()) await last();
  for (const child of spare) child.disconnect();
}

async function openLanes(cluster: Cluster, lanes: readonly Lane[]): Promise<void> {
  await cluster.request(
    "POST",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    parse(readFileSync(CRD, "utf8")),
  );
  await cluster.served(AUTOSCALERS);
  const watch = await cluster.watch((name, replicas) => lanes.find((lane) => lane.name === name)?.scale(replicas));
  undone.push(() => watch.stop());
  for (const lane of lanes) {
    const { name, broker } = lane;
    await broker.put(name, "");
    lane.open();
    await cluster.request("POST", "/apis/apps/v1/namespaces/default/deployments", deployment({ name, replicas: 1 }));
    await cluster.request("POST", AUTOSCALERS, autoscalerObject(name, broker.source(name)));
  }
}

/** As a rehearsal, a run ends with its last message. */
async function collect(lanes: readonly Lane[]): Promise<ReadonlyMap<Lane, Result>> {
  const results = new Map<Lane, Result>();
  const deadline = Date.now() + (Number(values.minutes) + 10) * 60_000;
  while (results.size < lanes.length && Date.now() < deadline) {
    await pause(100);
    for (const lane of lanes) if (lane.isDone && !results.has(lane)) results.set(lane, lane.result(Date.now()));
  }
  for (const lane of lanes) {
    if (!results.has(lane)) throw new Error(`expected ${lane.name} to finish its messages within ten minutes`);
  }
  return results;
}
