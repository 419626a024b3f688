import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import type { Ending } from "../at-end.ts";
import { BEANSTALKD, BeanstalkdServer } from "../beanstalkd-server.ts";
import { everySource } from "../every-source.ts";
import { scriptedHttp } from "../scripted-http.ts";
import { clientOf } from "../sqs.ts";
import { ELASTICMQ, startElasticMq } from "./elasticmq.ts";
import { GRAPHITE, startGraphite } from "./graphite.ts";
import { INFLUXDB, startInfluxdb } from "./influxdb.ts";
import { KAFKA, startKafka } from "./kafka.ts";
import { MARIADB, startMariadb } from "./mariadb.ts";
import { NATS, startNats } from "./nats.ts";
import { POSTGRESQL, startPostgresql } from "./postgresql.ts";
import { PROMETHEUS, startPrometheus } from "./prometheus.ts";
import { RABBITMQ, startRabbitmq } from "./rabbitmq.ts";
import { REDIS, startRedis } from "./redis.ts";

interface Address {
  readonly host: string;
  readonly port: number;
}

const LOOPBACK = "127.0.0.1";

/**
 * Starts a real server for each source whose program is installed, and one that answers HTTP. Returns the settings that
 * lead to them by the sources' types; what they ask for need not exist.
 */
export async function startEveryServer(ending: Ending): Promise<Record<string, object>> {
  const http = await scriptedHttp(() => ({ body: { jobs: 0 } }));
  ending.after(() => http.close());
  const starts: Readonly<Record<string, readonly [{ readonly skip: string | false }, () => Promise<Address>]>> = {
    beanstalkd: [BEANSTALKD, async () => ({ host: LOOPBACK, port: (await BeanstalkdServer.start(ending)).port })],
    graphite: [GRAPHITE, async () => addressOf((await startGraphite(ending)).url)],
    influxdb: [INFLUXDB, async () => addressOf((await startInfluxdb(ending)).url)],
    kafka: [KAFKA, async () => ({ host: LOOPBACK, port: (await startKafka(ending, [], 1)).ports.plain })],
    mysql: [MARIADB, () => startMariadb(ending)],
    "nats-jetstream": [NATS, () => startNats(ending)],
    postgresql: [POSTGRESQL, () => startPostgresql(ending)],
    prometheus: [PROMETHEUS, async () => addressOf(await startPrometheus(ending, `${LOOPBACK}:${http.port}`))],
    rabbitmq: [RABBITMQ, () => startRabbitmq(ending)],
    redis: [REDIS, () => redis(ending)],
    sqs: [ELASTICMQ, () => elasticMq(ending)],
  };
  const settings: Record<string, object> = { http: everySource({ host: LOOPBACK, port: http.port }).http };
  for (const [type, [{ skip }, start]] of Object.entries(starts)) {
    if (skip === false) Object.assign(settings, { [type]: settingsOf(type, await start()) });
  }
  return settings;
}

function settingsOf(type: string, address: Address): object | undefined {
  return Object.entries(everySource(address)).find(([name]) => name === type)?.[1];
}

/** One that notifies of changed keys, so that it is waited on. */
async function redis(ending: Ending): Promise<Address> {
  const server = await startRedis(ending);
  await server.client.config("SET", "notify-keyspace-events", "KA");
  return server;
}

async function elasticMq(ending: Ending): Promise<Address> {
  const url = await startElasticMq(ending);
  const client = clientOf(url);
  await client.send(new CreateQueueCommand({ QueueName: "jobs" }));
  client.destroy();
  return addressOf(url);
}

function addressOf(url: string): Address {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
