// Measures how soon a first message wakes a workload at zero, by source, with four idle queues on a real server each:
//   node bench/sources/run.ts [--save bench/results/wake-by-source.json]
// The controller runs in this process on the machine's clock; writing the scale takes no time. What is not installed is left out.
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { cpus, loadavg, release } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect as connectNats } from "@nats-io/transport-node";
import { connect as connectAmqp } from "amqplib";
import { systemClock } from "../../src/controller/clock.ts";
import { SOURCES } from "../../src/sources/registry.generated.ts";
import { SharedThings } from "../../src/sources/shared/share.ts";
import type { Ending } from "../../test/support/at-end.ts";
import { BEANSTALKD, BeanstalkdServer } from "../../test/support/beanstalkd-server.ts";
import { controllerWorld, parsedAutoscaler } from "../../test/support/controller-world.ts";
import { MARIADB, startMariadb } from "../../test/support/servers/mariadb.ts";
import { NATS, startNats } from "../../test/support/servers/nats.ts";
import { POSTGRESQL, startPostgresql } from "../../test/support/servers/postgresql.ts";
import { RABBITMQ, startRabbitmq } from "../../test/support/servers/rabbitmq.ts";
import { REDIS, startRedis } from "../../test/support/servers/redis.ts";
import { sourceTools } from "../../test/support/source-tools.ts";
import { percentile } from "../support/percentile.ts";

const QUEUES = 4;
const WAKES = 12;

/** A server with some empty queues. */
interface Subject {
  settings(queue: number): Record<string, unknown>;
  put(queue: number): Promise<unknown>;
  empty(queue: number): Promise<unknown>;
}

interface Row {
  readonly name: string;
  readonly type: string;
  readonly skip: string | false;
  open(ending: Ending): Promise<Subject>;
}

const server = { host: "127.0.0.1" };

async function redis(ending: Ending, notifies: boolean): Promise<Subject> {
  const { port, client } = await startRedis(ending);
  await client.config("SET", "notify-keyspace-events", notifies ? "KA" : "");
  return {
    settings: (queue) => ({ ...server, port, structure: "list", key: `q${queue}` }),
    put: (queue) => client.rpush(`q${queue}`, "x"),
    empty: (queue) => client.del(`q${queue}`),
  };
}

async function sql(run: (text: string) => Promise<unknown>, settings: Record<string, unknown>): Promise<Subject> {
  for (let queue = 0; queue < QUEUES; queue += 1) await run(`create table q${queue} (n int)`);
  return {
    settings: (queue) => ({ ...server, ...settings, query: `select count(*) from q${queue}` }),
    put: (queue) => run(`insert into q${queue} values (1)`),
    empty: (queue) => run(`delete from q${queue}`),
  };
}

const ROWS: readonly Row[] = [
  {
    ...{ name: "beanstalkd", type: "beanstalkd", skip: BEANSTALKD.skip },
    async open(ending) {
      const { port, ...started } = await BeanstalkdServer.start(ending).then(async (started) => ({
        port: started.port,
        client: await started.client(ending),
      }));
      const put = (queue: number) => started.client.put(`q${queue}`);
      const empty = async (queue: number) => {
        const id = await started.client.reserve(`q${queue}`, 1);
        await started.client.command(`delete ${id}`);
      };
      return { settings: (queue) => ({ ...server, port, tube: `q${queue}` }), put, empty };
    },
  },
  {
    ...{ name: "redis, with notify-keyspace-events", type: "redis", skip: REDIS.skip },
    open: (ending) => redis(ending, true),
  },
  { ...{ name: "redis", type: "redis", skip: REDIS.skip }, open: (ending) => redis(ending, false) },
  {
    ...{ name: "rabbitmq", type: "rabbitmq", skip: RABBITMQ.skip },
    async open(ending) {
      const { port } = await startRabbitmq(ending);
      const connection = await connectAmqp(`amqp://127.0.0.1:${port}`);
      // The server goes first.
      connection.on("error", () => undefined);
      const channel = await connection.createChannel();
      for (let queue = 0; queue < QUEUES; queue += 1) await channel.assertQueue(`q${queue}`);
      return {
        settings: (queue) => ({ ...server, port, queue: `q${queue}` }),
        put: async (queue) => channel.sendToQueue(`q${queue}`, Buffer.from("x")),
        empty: (queue) => channel.purgeQueue(`q${queue}`),
      };
    },
  },
  {
    ...{ name: "nats-jetstream", type: "nats-jetstream", skip: NATS.skip },
    async open(ending) {
      const { port } = await startNats(ending);
      const connection = await connectNats({ port });
      const manager = await jetstreamManager(connection);
      for (let queue = 0; queue < QUEUES; queue += 1) {
        await manager.streams.add({ name: `Q${queue}`, subjects: [`q${queue}`] });
        await manager.consumers.add(`Q${queue}`, { durable_name: "w", ack_policy: AckPolicy.Explicit });
      }
      return {
        settings: (queue) => ({ ...server, port, stream: `Q${queue}`, consumer: "w" }),
        put: (queue) => jetstream(connection).publish(`q${queue}`, "x"),
        empty: (queue) => manager.streams.purge(`Q${queue}`),
      };
    },
  },
  {
    ...{ name: "postgresql", type: "postgresql", skip: POSTGRESQL.skip },
    async open(ending) {
      const { port, run } = await startPostgresql(ending);
      await run("create user scaler password 'p' superuser");
      return sql(run, { port, username: "scaler", password: "p", database: "postgres" });
    },
  },
  {
    ...{ name: "mysql (MariaDB)", type: "mysql", skip: MARIADB.skip },
    async open(ending) {
      const { port, run } = await startMariadb(ending);
      await run("create database shop");
      await run("create user scaler@'%' identified by 'p'");
      await run("grant all on shop.* to scaler@'%'");
      const inShop = (text: string) => run(text.replace(/ (q\d+)/, " shop.$1"));
      return sql(inShop, { port, username: "scaler", password: "p", database: "shop" });
    },
  },
  {
    ...{ name: "http", type: "http", skip: false },
    async open(ending) {
      const sizes = new Array<number>(QUEUES).fill(0);
      const web = createServer(({ url }, response) => response.end(`{"size": ${sizes[Number(url?.slice(1))]}}`));
      await new Promise<void>((done) => web.listen(0, "127.0.0.1", done));
      ending.after(() => {
        web.closeAllConnections();
        web.close();
      });
      const set = async (queue: number, size: number) => {
        sizes[queue] = size;
      };
      const { port } = web.address() as AddressInfo;
      return {
        settings: (queue) => ({ url: `http://127.0.0.1:${port}/${queue}`, path: "size" }),
        put: (queue) => set(queue, 1),
        empty: (queue) => set(queue, 0),
      };
    },
  },
];

async function measure({ type, open }: Row): Promise<readonly number[]> {
  const ends: (() => void | Promise<void>)[] = [];
  const subject = await open({ after: (end) => void ends.push(end) });
  const source = SOURCES.find((one) => one.type === type);
  if (source === undefined) throw new Error(`expected a source of type ${type}`);
  const shared = new SharedThings();
  const world = controllerWorld({
    sourceType: () => source,
    tools: sourceTools({ mayTouch: true, share: shared.share }),
    clock: systemClock,
    random: Math.random,
  });
  const keep = (queue: number) => {
    const name = `q${queue}`;
    world.workloads.set(name, 0);
    const settings = source.settings.parse(subject.settings(queue));
    const kept = parsedAutoscaler(name, { coolDownSeconds: 0, signal: { source: { type, settings } } });
    world.controller.keep(kept);
    return kept.autoscaler.id;
  };
  const ids = Array.from({ length: QUEUES }, (_, queue) => keep(queue));
  await world.elect();
  await pause(3_000);
  const samples: number[] = [];
  for (let wake = 0; wake < WAKES; wake += 1) {
    const queue = wake % QUEUES;
    const name = `q${queue}`;
    await pause(1_500 + Math.random() * 1_000);
    const began = performance.now();
    await subject.put(queue);
    while (world.workloads.replicas(name) === 0) await pause(1);
    samples.push(performance.now() - began);
    // A new one, so that the next round need not wait until this one is back at zero.
    world.controller.forget(ids[queue] ?? "");
    await subject.empty(queue);
    keep(queue);
  }
  void world.stop();
  await pause(500);
  await shared.close();
  for (const end of ends.reverse()) await end();
  return samples;
}

const { values } = parseArgs({ options: { save: { type: "string" }, only: { type: "string" } } });
const results: Record<string, { p50Ms: number; slowestMs: number; samples: readonly number[] }> = {};
for (const row of ROWS.filter(({ name }) => values.only === undefined || name.includes(values.only))) {
  if (row.skip !== false) {
    console.error(`${row.name}: ${row.skip}`);
    continue;
  }
  const samples = (await measure(row)).map(Math.round);
  const [p50Ms, slowestMs] = [Math.round(percentile(samples, 0.5)), Math.max(...samples)];
  results[row.name] = { p50Ms, slowestMs, samples };
  console.log(`${row.name}: p50 ${p50Ms} ms, slowest ${slowestMs} ms`);
}
if (values.save !== undefined)
  writeFileSync(
    values.save,
    `${JSON.stringify({ machine: { node: process.version, kernel: release(), cpus: cpus().length, load: loadavg() }, results }, null, 2)}\n`,
  );
process.exit(0);
