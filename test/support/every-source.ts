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
