// A worker of one queue, as a pod of its own: node bench/busy-workers/worker.ts QUEUE POD ADDRESS PROBE_PORT SERVER_JSON [PROTECTION_URL]
// Takes one job at a time, works for as long as the job says, and answers at ADDRESS whether it is busy. Told to stop, it
// says whether it was at work.
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

interface Job {
  readonly milliseconds: number;
  done(): Promise<unknown>;
  giveBack(): Promise<unknown>;
}

/** Resolves with the next job, or after a while with none. */
type Take = () => Promise<Job | undefined>;

const [kind = "", pod = "", address = "", probePort = "", server = "{}", protection = ""] = process.argv.slice(2);
const { host, port, queue } = JSON.parse(server) as { host: string; port: number; queue: string };

const QUEUES: Readonly<Record<string, () => Promise<Take>>> = { rabbitmq, redis, postgresql };

// A process for each worker: it loads no more than its own client.
async function rabbitmq(): Promise<Take> {
  const { connect } = await import("amqplib");
  const login = { hostname: host, port, username: "guest", password: "guest" };
  const channel = await (await connect(login, { localAddress: address } as object)).createChannel();
  await channel.prefetch(1);
  let arrived = Promise.withResolvers<Job>();
  await channel.consume(queue, (message) => {
    if (message === null) return;
    arrived.resolve({
      milliseconds: Number(message.content),
      done: async () => channel.ack(message),
      giveBack: async () => channel.nack(message),
    });
  });
  return async () => {
    const job = await Promise.race([arrived.promise, pause(500, undefined)]);
    if (job !== undefined) arrived = Promise.withResolvers<Job>();
    return job;
  };
}

async function redis(): Promise<Take> {
  const { Redis } = await import("ioredis");
  const client = new Redis({ host, port });
  return async () => {
    const read = await client.xreadgroup("GROUP", "workers", pod, "COUNT", 1, "BLOCK", 500, "STREAMS", queue, ">");
    const [[, [[id, fields]]]] = (read ?? [[0, [[undefined, []]]]]) as [[unknown, [[string | undefined, string[]]]]];
    if (id === undefined) return undefined;
    const done = () => client.xack(queue, "workers", id);
    const giveBack = async () => {
      await client.xadd(queue, "*", "milliseconds", String(fields[1]));
      await done();
    };
    return { milliseconds: Number(fields[1]), done, giveBack };
  };
}

async function postgresql(): Promise<Take> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ host, port, user: "super", database: "postgres" });
  await client.connect();
  return async () => {
    const { rows } = await client.query(
      `UPDATE ${queue} SET locked_by = $1, locked_at = now() WHERE id = (
        SELECT id FROM ${queue} WHERE locked_by IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
      ) RETURNING id, milliseconds`,
      [pod],
    );
    const [job] = rows as { id: number; milliseconds: number }[];
    if (job === undefined) {
      await pause(200);
      return undefined;
    }
    return {
      milliseconds: job.milliseconds,
      done: () => client.query(`DELETE FROM ${queue} WHERE id = $1`, [job.id]),
      giveBack: () => client.query(`UPDATE ${queue} SET locked_by = NULL WHERE id = $1`, [job.id]),
    };
  };
}

/** What it has taken, and whether it has begun to work on it. */
let taken: Job | undefined;
let isWorking = false;
let isStopping = false;
process.on("SIGTERM", async () => {
  isStopping = true;
  process.stdout.write(isWorking ? "interrupted\n" : "idle\n");
  await taken?.giveBack();
  process.exit();
});

/** False: this worker is about to be stopped. */
async function protect(method: "PUT" | "DELETE"): Promise<boolean> {
  if (protection === "") return true;
  const { status } = await fetch(`${protection}/${pod}`, { method });
  return status === 200;
}

createServer((_, answer) => answer.end(taken === undefined ? "idle" : "busy")).listen(Number(probePort), address);
const take = await QUEUES[kind]?.();
if (take === undefined) throw new Error(`expected a queue of ${Object.keys(QUEUES).join(", ")}, got "${kind}"`);
process.stdout.write("ready\n");
while (!isStopping) {
  taken = await take();
  if (taken === undefined) continue;
  if (!(await protect("PUT"))) {
    const job = taken;
    taken = undefined;
    await job.giveBack();
    // It is about to be stopped. If that does not happen, it takes messages again.
    await pause(10_000);
    continue;
  }
  if (isStopping) break;
  isWorking = true;
  await pause(taken.milliseconds);
  if (isStopping) break;
  isWorking = false;
  await taken.done();
  taken = undefined;
  await protect("DELETE");
}
