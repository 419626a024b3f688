// A worker of one queue as a process of its own. Its parent tells it to start at some moment, from which on it takes one
// message at a time and works for as many milliseconds as the message says; and to stop: then it finishes what it has, and
// is there for the next start. (Making a new process each time would take more of a machine than all else of the bench.)
import { setTimeout as pause } from "node:timers/promises";
import { connect } from "amqplib";
import { BeanstalkdClient } from "../../test/support/beanstalkd-client.ts";

export interface Start {
  readonly broker: string;
  readonly port: number;
  readonly queue: string;
  readonly startsAt: number;
}

/** "stop": finish what you have. */
export type ToWorker = Start | "stop";
/** Which message it began when, as the message says who it is; which it finished; that it is there for a start. */
export type FromWorker = { readonly began: number; readonly at: number } | { readonly finished: number } | "stopped";

let stopping = new AbortController();

process.on("disconnect", () => process.exit());
process.on("message", async (told: ToWorker) => {
  if (told === "stop") return stopping.abort();
  stopping = new AbortController();
  await (told.broker === "rabbitmq" ? consumeRabbitmq(told) : consumeBeanstalkd(told));
  tell("stopped");
});

tell("stopped");

function tell(what: FromWorker): void {
  process.send?.(what);
}

/** False: it was told to stop before. */
async function isStarted({ startsAt }: Start): Promise<boolean> {
  await pause(Math.max(0, startsAt - Date.now()), undefined, { signal: stopping.signal }).catch(() => undefined);
  return !stopping.signal.aborted;
}

async function work(body: string): Promise<void> {
  const [message, milliseconds] = body.split(" ").map(Number);
  tell({ began: message ?? Number.NaN, at: Date.now() });
  await pause(milliseconds);
  tell({ finished: message ?? Number.NaN });
}

async function consumeRabbitmq(start: Start): Promise<void> {
  if (!(await isStarted(start))) return;
  const connection = await connect({ hostname: "127.0.0.1", port: start.port });
  const channel = await connection.createChannel();
  await channel.prefetch(1);
  let working: Promise<void> = Promise.resolve();
  const { consumerTag } = await channel.consume(start.queue, (message) => {
    if (message !== null) working = work(String(message.content)).then(() => channel.ack(message));
  });
  const { signal } = stopping;
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  await channel.cancel(consumerTag);
  await working;
  await channel.close();
  await connection.close();
}

async function consumeBeanstalkd(start: Start): Promise<void> {
  if (!(await isStarted(start))) return;
  const client = await BeanstalkdClient.connect(start.port);
  await client.command(`watch ${start.queue}`);
  await client.command("ignore default");
  const { signal } = stopping;
  let isWorking = false;
  // A job that is reserved while the connection is closed goes back to its tube.
  signal.addEventListener("abort", () => isWorking || client.close());
  while (!signal.aborted) {
    const reply = await client.command("reserve-with-timeout 60").catch(() => "closed");
    const [, job, body] = /^RESERVED (\d+) \d+\r\n(.*)\r\n$/.exec(reply) ?? [];
    if (job === undefined || body === undefined) continue;
    if (signal.aborted) break;
    isWorking = true;
    await work(body);
    await client.command(`delete ${job}`);
    isWorking = false;
  }
  client.close();
}
