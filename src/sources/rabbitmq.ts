import type { Socket } from "node:net";
import type { ChannelModel } from "amqplib";
import * as z from "zod";
import type { FailureKind, Reading } from "../core/index.ts";
import { guardAnswers } from "./shared/answer-limits.ts";
import { Connection, connectionKey, type Dialer, formatAddress, tlsOptions } from "./shared/connection.ts";
import { socketFailure } from "./shared/connection-failure.ts";
import { HttpClient, withPath } from "./shared/http.ts";
import type { DialTools } from "./shared/network.ts";
import { excerpt } from "./shared/safe-text.ts";
import { httpUrl, type TcpSettings, tcpSettings, text } from "./shared/settings.ts";
import { type Consumer, type ConsumerList, defineSource, type SourceTools } from "./shared/source.ts";
import { SourceError } from "./shared/source-error.ts";

const settings = z.strictObject({
  ...tcpSettings(5672),
  virtualHost: text("Virtual host of the queue").default("/"),
  queue: text("Name of the queue"),
  managementUrl: httpUrl(
    "Base address of the management API, such as http://rabbitmq:15672. Where set, unacknowledged messages count too and the arrival rate is known; these numbers lag by up to 5 s",
  ).optional(),
  statisticsSeconds: z
    .int()
    .min(1)
    .max(60)
    .default(5)
    .describe(
      "How often the management API's numbers are made: RabbitMQ's collect_statistics_interval, in seconds. Only for busyWorkers, which waits until they are newer than its own marks",
    ),
});

export default defineSource({
  type: "rabbitmq",
  about:
    "Ready messages of a RabbitMQ queue, live over AMQP; on demand also unacknowledged ones and the arrival rate, from the management API",
  settings,
  countsFlow: "managementUrl",
  pace: { movingSeconds: 2, steadySeconds: 10, asleepSeconds: 0.2 },
  example: {
    host: "rabbitmq",
    queue: "mails",
    managementUrl: "http://rabbitmq:15672",
    username: "muster",
    password: { secretRef: { name: "rabbitmq", key: "password" } },
  },
  notes: [
    "Without `managementUrl` only messages that are ready count, not those that workers hold unacknowledged, so that workers may be ended at their work: set it where work takes long.",
    "KEDA counts the same: over `amqp` ready messages alone; over `http` unacknowledged ones too, unless `excludeUnacknowledged` is set.",
    "With `managementUrl`, a management API that cannot be read fails the poll, rather than undercount.",
    "As `busyWorkers.source`, the management API tells who is busy: channels with unacknowledged messages, by the address of their connection, which must be the pod's own (no proxy between them). Needs `managementUrl` and the tag `monitoring`. Its statistics are up to 5 s old; where RabbitMQ's `collect_statistics_interval` says otherwise, set `statisticsSeconds` to the same: RabbitMQ does not report it.",
    "The user needs no permission on the queue for its count, but must be allowed into the virtual host; the management API asks for the tag `monitoring` or `management`.",
  ],
  consumers: { open: listConsumers },
  connect(settings, tools) {
    const { queue, managementUrl, statisticsSeconds: _, ...server } = settings;
    const shared = tools.share(connectionKey("rabbitmq", server), () => new Connection(connectRabbitmq(server, tools)));
    const http = managementUrl === undefined ? undefined : managementClient(settings, tools);
    const what = `rabbitmq at ${formatAddress(settings)}`;
    return {
      async read(signal): Promise<Reading> {
        const at = tools.now();
        const limit = { seconds: settings.timeoutSeconds, signal, what };
        const [ready, more] = await Promise.all([
          shared.value.ask(limit, (client) => client.countReady(queue)),
          http && managementUrl ? readManagement(http, managementUrl, settings, signal) : undefined,
        ]);
        return { at, value: ready + (more?.inFlight ?? 0), waiting: ready, ...more };
      },
      async close() {
        await Promise.all([shared.release(), http?.close()]);
      },
    };
  },
});

/** AMQP 0-9-1's reply codes. */
const KINDS: Readonly<Record<number, FailureKind>> = {
  311: "Throttled",
  320: "Unavailable",
  402: "NotFound",
  403: "Unauthorized",
  404: "NotFound",
  405: "Unauthorized",
  506: "Throttled",
  530: "Unauthorized",
  541: "Unavailable",
};
/** Finds a dead server on an idle connection; RabbitMQ advises 5 to 20 s or more. */
const HEARTBEAT_SECONDS = 30;

class RabbitmqClient {
  readonly #connection: ChannelModel;
  isOpen = true;

  constructor(connection: ChannelModel) {
    this.#connection = connection;
    // A connection that breaks between two polls reports that by an event.
    for (const event of ["error", "close"]) {
      connection.on(event, () => {
        this.isOpen = false;
      });
    }
  }

  /** Messages ready for delivery. A channel of its own, since a missing queue closes the channel that asked for it. */
  async countReady(queue: string): Promise<number> {
    const channel = await this.#connection.createChannel();
    let cause: unknown;
    channel.on("error", (error) => {
      cause = error;
    });
    try {
      const { messageCount } = await channel.checkQueue(queue);
      await channel.close();
      return messageCount;
    } catch (error) {
      throw cause ?? error;
    }
  }

  /** Cuts the connection: a server may not answer a goodbye. */
  close(): void {
    this.isOpen = false;
    streamOf(this.#connection).destroy();
  }
}

function connectRabbitmq(
  settings: TcpSettings & { readonly virtualHost: string },
  tools: DialTools,
): Dialer<RabbitmqClient> {
  const { host, port, username = "guest", password = "guest", virtualHost, timeoutSeconds, tls } = settings;
  const server = `rabbitmq at ${formatAddress(settings)}`;
  return {
    async open(signal) {
      const { connect } = await import("amqplib");
      tools.network.check(host);
      signal.throwIfAborted();
      const where = {
        protocol: tls ? "amqps" : "amqp",
        hostname: host,
        port,
        username,
        password,
        vhost: encodeURIComponent(virtualHost),
        heartbeat: HEARTBEAT_SECONDS,
      };
      const clientProperties = { connection_name: "muster" };
      // Handed on to Node's sockets, which know of signals.
      const how = {
        ...tlsOptions(settings),
        lookup: tools.network.lookup,
        signal,
        timeout: timeoutSeconds * 1000,
        clientProperties,
      };
      const connection = await connect(where, how);
      guardAnswers(streamOf(connection), server, tools);
      return new RabbitmqClient(connection);
    },
    isOpen: (client) => client.isOpen,
    close: (client) => client.close(),
    failure: (error) => failure(error, server, password),
  };
}

/** amqplib's types leave out the socket. */
function streamOf(connection: ChannelModel): Socket {
  return (connection.connection as unknown as { stream: Socket }).stream;
}

function failure(error: unknown, server: string, password: string): SourceError {
  const { message = "" } = error as Error;
  const code = Number((error as { code?: unknown }).code ?? /\b([345]\d\d) \(/.exec(message)?.[1]);
  if (Number.isInteger(code)) {
    const missing = code === 530 && /not found/i.test(message);
    const kind = missing ? "NotFound" : (KINDS[code] ?? "Malformed");
    return new SourceError(kind, `${server} says: ${excerpt(message, [password])}`);
  }
  if (/expected ConnectionOpenOk/i.test(message)) {
    return new SourceError("Unauthorized", `${server}: the virtual host does not exist, or this user may not enter it`);
  }
  if (!/closed/i.test(message) && /frame|protocol|expected|handshake|malformed/i.test(message)) {
    // After these the client repeats what it got.
    const [expected = ""] = message.split(/; got |: /, 1);
    return new SourceError("Malformed", `${server} does not speak AMQP 0-9-1 as asked (${excerpt(expected)})`);
  }
  return socketFailure(error, server);
}

/** Both are absent until the statistics of a queue have been gathered once, and a rate until something was published. */
const answerShape = z.object({
  messages_unacknowledged: z.number().optional(),
  message_stats: z
    .object({
      publish: z.number().optional(),
      publish_details: z.object({ rate: z.number() }).optional(),
      ack: z.number().optional(),
      deliver_no_ack: z.number().optional(),
      get_no_ack: z.number().optional(),
    })
    .optional(),
});

type Stats = z.output<typeof answerShape>["message_stats"];

/** What AMQP does not report of a queue. A missing count fails the poll: it does not mean that workers hold nothing. */
async function readManagement(
  http: HttpClient,
  managementUrl: string,
  { virtualHost, queue }: z.output<typeof settings>,
  signal: AbortSignal,
): Promise<{ readonly inFlight: number } & Pick<Reading, "arrivalsPerMinute" | "arrived" | "completed">> {
  const path = `api/queues/${encodeURIComponent(virtualHost)}/${encodeURIComponent(queue)}`;
  const answer = answerShape.safeParse(await http.json({ url: withPath(managementUrl, path), signal, errorIn }));
  if (!answer.success) throw new SourceError("Malformed", "expected the management API's description of a queue");
  const { messages_unacknowledged: inFlight, message_stats: rates } = answer.data;
  if (inFlight === undefined) {
    throw new SourceError("NotFound", `the management API does not count the unacknowledged messages of ${queue} yet`);
  }
  const arrivals = rates?.publish_details?.rate;
  return { inFlight, ...(arrivals === undefined ? {} : { arrivalsPerMinute: arrivals * 60 }), ...counters(rates) };
}

const channelsShape = z.array(
  z.object({
    name: z.string(),
    consumer_count: z.number(),
    /** Absent until the channel's statistics have been gathered once. */
    messages_unacknowledged: z.number().optional(),
    connection_details: z.object({ peer_host: z.string() }).partial(),
  }),
);
const consumersShape = z.object({
  consumer_details: z.array(z.object({ channel_details: z.object({ name: z.string() }).partial() })),
});
const COLUMNS = "name,consumer_count,messages_unacknowledged,connection_details.peer_host";

/** Who has messages of the queue that are not acknowledged, by the address of the connection. */
function listConsumers(asked: z.output<typeof settings>, tools: SourceTools): ConsumerList {
  const { managementUrl, virtualHost, queue, statisticsSeconds } = asked;
  const http = managementClient(asked, tools);
  return {
    async read(signal) {
      if (managementUrl === undefined) {
        throw new SourceError("Malformed", "only the management API knows who is busy: set managementUrl");
      }
      const at = tools.now() - statisticsSeconds * 1000;
      const vhost = encodeURIComponent(virtualHost);
      const ask = (url: URL) => http.json({ url, signal, errorIn });
      const channels = withPath(managementUrl, `api/vhosts/${vhost}/channels`);
      channels.searchParams.set("columns", COLUMNS);
      const answers = [ask(withPath(managementUrl, `api/queues/${vhost}/${encodeURIComponent(queue)}`)), ask(channels)];
      const [described, listed] = await Promise.all(answers);
      return { at, consumers: consumersFrom(described, listed) };
    },
    close: () => http.close(),
  };
}

/** A channel without consumers may have fetched its messages one by one, from any queue: where it has some, it counts. */
function consumersFrom(described: unknown, listed: unknown): readonly Consumer[] {
  const queue = consumersShape.safeParse(described);
  const channels = channelsShape.safeParse(listed);
  if (!queue.success || !channels.success) {
    throw new SourceError("Malformed", "expected the management API's list of channels and consumers");
  }
  const subscribed = new Set(queue.data.consumer_details.map(({ channel_details: { name } }) => name));
  return channels.data.flatMap((channel) => {
    // Not counted yet: it has only just begun, and may have taken a message.
    const { name, consumer_count, messages_unacknowledged: messages = 1, connection_details } = channel;
    const isOurs = subscribed.has(name) || (consumer_count === 0 && messages > 0);
    return isOurs ? [{ worker: connection_details.peer_host ?? name, messages }] : [];
  });
}

/** Both of RabbitMQ's protocols have the same users, and the same one where none is named. */
function managementClient(stated: z.output<typeof settings>, tools: SourceTools): HttpClient {
  const { username = "guest", password = "guest" } = stated;
  return new HttpClient({ ...stated, username, password }, tools);
}

/** The two fields of the management API's errors, and nothing beside them. */
const errorShape = z.strictObject({ error: z.string(), reason: z.string() });

function errorIn(answer: unknown): string | undefined {
  const { data } = errorShape.safeParse(answer);
  return data && `${data.error}: ${data.reason}`;
}

/** A counter appears with the first message that it counts. */
function counters({ publish, ack = 0, deliver_no_ack = 0, get_no_ack = 0 }: Stats = {}) {
  return publish === undefined ? {} : { arrived: publish, completed: ack + deliver_no_ack + get_no_ack };
}
