import { ownValue } from "../../shared/own-value.ts";
import { hostPortOf, urlOf } from "./addresses.ts";
import {
  CHECKED_CERTIFICATES,
  credential,
  difference,
  findMissing,
  note,
  readServer,
  refuse,
  type Settings,
  type TriggerType,
} from "./trigger.ts";

const MECHANISMS: Readonly<Record<string, string>> = {
  plaintext: "plain",
  scram_sha256: "scram-sha-256",
  scram_sha512: "scram-sha-512",
};

/** KEDA's kafka and apache-kafka. */
export const kafka: TriggerType = {
  fields: {
    lagThreshold: "wholeTarget",
    activationLagThreshold: "whole",
    allowIdleConsumers: "switch",
    excludePersistentLag: "switch",
    scaleToZeroOnInvalidOffset: "switch",
    limitToPartitionsWithLag: "switch",
    ensureEvenDistributionOfPartitions: "switch",
    fullMetadata: "switch",
    unsafeSsl: "switch",
  },
  required: ["consumerGroup"],
  off: {
    ensureEvenDistributionOfPartitions: "leave it out: the number is not rounded to a divisor of the partitions here",
    excludePersistentLag: "leave it out: lag that does not move counts here",
    unsafeSsl: CHECKED_CERTIFICATES,
  },
  convert(s, secret) {
    const partitions = readPartitions(s.partitionLimitation ?? "");
    const password = usesSasl(s) ? credential("kafka", "password", secret) : undefined;
    const each = s.lagThreshold ?? "10";
    return {
      problems: kafkaProblems(s, partitions),
      source: {
        kafka: {
          brokers: splitList(s.bootstrapServers ?? s.brokerList),
          group: s.consumerGroup,
          ...(s.topic && { topics: splitList(s.topic) }),
          ...(partitions?.length && { partitions }),
          ...uncommittedOf(s),
          ...limitOf(s, Number(each)),
          ...(password && { username: s.username, ...password.setting, mechanism: ownValue(MECHANISMS, s.sasl ?? "") }),
          ...((s.tls === "enable" || s.tls === "true") && { tls: true }),
        },
      },
      each,
      activation: s.activationLagThreshold,
      notes: [password?.note],
    };
  },
};

const usesSasl = (s: Settings): boolean => (s.sasl ?? "none") !== "none";

/** A partition without a committed offset counts as one message, or with offsetResetPolicy earliest with all. */
function uncommittedOf({ scaleToZeroOnInvalidOffset, offsetResetPolicy }: Settings) {
  if (scaleToZeroOnInvalidOffset === "true") return { uncommitted: "none" };
  return offsetResetPolicy === "earliest" ? {} : { uncommitted: "one" };
}

/** KEDA asks for no more replicas than there are partitions, or partitions with lag. */
function limitOf({ limitToPartitionsWithLag, allowIdleConsumers }: Settings, lagPerReplica: number) {
  if (limitToPartitionsWithLag === "true") return { lagPerReplica };
  return allowIdleConsumers === "true" ? {} : { lagPerReplica, limitedBy: "partitions" };
}

function kafkaProblems(s: Settings, partitions: readonly number[] | undefined) {
  const field = s.bootstrapServers === undefined ? "brokerList" : "bootstrapServers";
  const wrongBroker = splitList(s[field])
    .map((broker) => hostPortOf(broker))
    .find((broker) => typeof broker === "string");
  const found = [
    ...(s.brokerList ? [] : findMissing(s, "bootstrapServers")),
    wrongBroker !== undefined && { path: `metadata.${field}`, message: wrongBroker },
    partitions === undefined && refuse(s, "partitionLimitation", 'partitions such as "1,3-5"'),
  ];
  if (!usesSasl(s)) return found;
  const isKnown = Object.hasOwn(MECHANISMS, s.sasl ?? "");
  return [
    ...found,
    !isKnown && refuse(s, "sasl", `one of none, ${Object.keys(MECHANISMS).join(", ")}`),
    !s.username && refuse(s, "username", "the user name of SASL", "write it here, as it is no secret"),
  ];
}

function splitList(text = ""): readonly string[] {
  return text.split(",").flatMap((one) => one.trim() || []);
}

/** The most partitions that one range may name, so that a typing error makes no giant list. */
const MOST_PARTITIONS = 10_000;

/** "1,3-5" as 1, 3, 4, 5; undefined where it is no such list. */
function readPartitions(text: string): readonly number[] | undefined {
  const found: number[] = [];
  for (const range of splitList(text)) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    const count = Number(last) - Number(first) + 1;
    if (first === undefined || !(count >= 1 && count <= MOST_PARTITIONS)) return undefined;
    for (let at = 0; at < count; at++) found.push(Number(first) + at);
  }
  return [...new Set(found)];
}

/** KEDA's rabbitmq: the queue's length, or the rate of arrivals. */
export const rabbitmq: TriggerType = {
  fields: {
    value: "target",
    queueLength: "target",
    activationValue: "number",
    useRegex: "switch",
    excludeUnacknowledged: "switch",
    pageSize: "whole",
    unsafeSsl: "switch",
  },
  required: ["host", "queueName"],
  off: {
    useRegex: "name one queue: write a signal for each, of which the largest wins",
    unsafeSsl: CHECKED_CERTIFICATES,
  },
  convert(s, secret) {
    const stated = urlOf(s.host ?? "", ["amqp", "amqps", "http", "https"]);
    if (typeof stated === "string") {
      return { problems: [...rabbitmqProblems(s, undefined), { path: "metadata.host", message: stated }], source: {} };
    }
    const { protocol, host, pathname } = stated;
    const isHttp = protocol.startsWith("http");
    const isTls = ["amqps:", "https:"].includes(protocol);
    const usualPort = isTls ? 5671 : 5672;
    const { server } = readServer(host, "host", usualPort);
    const countsUnacknowledged = isHttp && s.excludeUnacknowledged !== "true";
    const username = decodeURIComponent(stated.username) || s.username;
    const password = username ? credential("rabbitmq", "password", secret) : undefined;
    // Over HTTP the last part of the path is the virtual host; the management API is at what comes before it.
    const slash = pathname.lastIndexOf("/");
    const path = pathname.slice(isHttp ? slash + 1 : 1);
    const virtualHost = s.vhostName ?? decodeURIComponent(path);
    const isRate = s.mode === "MessageRate";
    return {
      problems: rabbitmqProblems(s, protocol),
      source: {
        rabbitmq: {
          ...server,
          ...(isHttp && { port: usualPort }),
          ...(isTls && { tls: true }),
          ...(username && { username, ...password?.setting }),
          ...(virtualHost !== "" && { virtualHost }),
          queue: s.queueName,
          ...(countsUnacknowledged && { managementUrl: `${protocol}//${host}${pathname.slice(0, slash)}` }),
        },
      },
      each: s.value ?? s.queueLength ?? "20",
      activation: s.activationValue,
      ...(isRate && { more: { throughput: { secondsPerMessage: 1 / Number(s.value) } } }),
      notes: [...rabbitmqNotes(s, { isRate, isHttp, countsUnacknowledged }), password?.note],
      stated: { password: decodeURIComponent(stated.password) },
    };
  },
};

function rabbitmqNotes(s: Settings, { isRate, isHttp, countsUnacknowledged }: Readonly<Record<string, boolean>>) {
  const rate = `one replica takes ${s.value} messages a second; unlike under KEDA, small changes are made too`;
  const port =
    "KEDA asked the management API alone; this counts ready messages over AMQP, whose usual port is taken: check it";
  const ready =
    "as with this trigger, ready messages alone count; managementUrl counts those that workers hold unacknowledged too";
  return [
    isRate && difference("throughput", rate),
    isHttp && difference("source.rabbitmq.port", port),
    !countsUnacknowledged && note("source.rabbitmq.queue", ready),
  ];
}

function rabbitmqProblems(s: Settings, protocol: string | undefined) {
  const isAmqp = protocol?.startsWith("amqp");
  const excludes = s.excludeUnacknowledged === "true";
  const isOther = !["auto", undefined, protocol?.slice(0, 4)].includes(s.protocol);
  const found = [
    protocol !== undefined && isOther && refuse(s, "protocol", "auto, or the protocol of host"),
    isAmqp && excludes && refuse(s, "excludeUnacknowledged", "false beside an amqp URL, as KEDA demands"),
  ];
  if (s.mode !== "MessageRate") {
    const isLength = (s.mode ?? "QueueLength") === "QueueLength";
    return [...found, !isLength && refuse(s, "mode", "QueueLength or MessageRate, as other rates are not read")];
  }
  const message = "expected the management API's http URL, as AMQP tells no rate";
  return [
    ...found,
    !(Number(s.value) > 0) && refuse(s, "value", "messages a second above 0"),
    excludes && refuse(s, "excludeUnacknowledged", "false, as the rate needs the management API"),
    isAmqp && { path: "metadata.host", message },
  ];
}

/** The account of a NATS server that has none configured. */
const DEFAULT_ACCOUNT = "$G";

/** KEDA's nats-jetstream. */
export const natsJetstream: TriggerType = {
  fields: { lagThreshold: "wholeTarget", activationLagThreshold: "whole", useHttps: "switch" },
  required: ["natsServerMonitoringEndpoint", "stream", "consumer"],
  convert(s, secret) {
    const field = "natsServerMonitoringEndpoint";
    const endpoint = s[field] ?? "";
    // "host:port", which some write as a URL.
    const url = endpoint.includes("://") ? urlOf(endpoint, ["http", "https"]) : undefined;
    if (typeof url === "string") return { problems: [{ path: `metadata.${field}`, message: url }], source: {} };
    const { server, problem } = readServer(url?.host ?? endpoint, field, 8222);
    const account = s.account ?? s.accountID ?? DEFAULT_ACCOUNT;
    const login = account === DEFAULT_ACCOUNT ? undefined : credential("nats-jetstream", "credentials", secret);
    return {
      problems: [problem],
      source: {
        "nats-jetstream": {
          ...{ host: server.host, port: 4222, stream: s.stream, consumer: s.consumer },
          ...login?.setting,
        },
      },
      each: s.lagThreshold ?? "10",
      activation: s.activationLagThreshold,
      notes: [
        difference(
          "source.nats-jetstream.port",
          "KEDA asked the monitoring port, which takes no login; this is the clients' usual port: check it, and tls",
        ),
        login &&
          difference("source.nats-jetstream.credentials", `they must be of the account ${JSON.stringify(account)}`),
        login?.note,
      ],
    };
  },
};

/** KEDA's beanstalkd. */
export const beanstalkd: TriggerType = {
  fields: { value: "target", activationValue: "number", includeDelayed: "switch" },
  required: ["server", "tube", "value"],
  convert(s) {
    const { server, problem } = readServer(s.server ?? "", "server");
    return {
      problems: [problem],
      source: { beanstalkd: { ...server, tube: s.tube, ...(s.includeDelayed === "true" && { includeDelayed: true }) } },
      each: s.value,
      activation: s.activationValue,
    };
  },
};
