import type { Stage } from "./end-to-end/stage.ts";
import { createWorkerAutoscaler } from "./end-to-end/worker-autoscalers.ts";

/** Settings by type for each source that asks a server, with this address as the server. */
export function everySource({ host, port }: { readonly host: string; readonly port: number }) {
  const address = { host, port };
  const url = `http://${host}:${port}`;
  const database = { ...address, username: "super", database: "postgres", query: "select 0" };
  return {
    beanstalkd: { ...address, tube: "jobs" },
    cloudwatch: { namespace: "Test", metricName: "Jobs", region: "eu-west-1", endpoint: url },
    graphite: { url, query: "jobs" },
    http: { url, path: "jobs" },
    influxdb: { url, database: "test", query: "select last(value) from jobs" },
    kafka: { brokers: [`${host}:${port}`], group: "workers", topics: ["jobs"] },
    mysql: { ...database, username: "root", database: "mysql" },
    "nats-jetstream": { ...address, stream: "JOBS", consumer: "workers" },
    postgresql: database,
    prometheus: { url, query: "jobs" },
    rabbitmq: { ...address, queue: "jobs" },
    redis: { ...address, structure: "list", key: "jobs" },
    sqs: { queueUrl: `${url}/000000000000/jobs`, region: "eu-west-1" },
  };
}

/** A Deployment at zero and a WorkerAutoscaler for each source, named after its type. */
export async function createForEach(stage: Stage, settingsByType: Readonly<Record<string, object>>): Promise<void> {
  for (const [type, settings] of Object.entries(settingsByType)) {
    await stage.deployment(type);
    const rule = { backlog: { messagesPerReplica: 1 } };
    await createWorkerAutoscaler(stage, type, { signals: [{ name: type, source: { [type]: settings }, ...rule }] });
  }
}
