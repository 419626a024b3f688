import type { Socket } from "node:net";
import type { ChannelModel } from "amqplib";
import type { FailureKind } from "../../core/index.ts";
import type { Dialer } from "../shared/connection.ts";
import { guardAnswers } from "../shared/guard-answers.ts";
import type { DialTools } from "../shared/network.ts";
import { excerpt } from "../shared/safe-text.ts";
import { socketFailure } from "../shared/socket-failure.ts";
import { SourceError } from "../shared/source-error.ts";
import { address, type TcpSettings, tlsOptions } from "../shared/tcp-settings.ts";

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

/** One AMQP connection. */
export class RabbitmqClient {
  readonly #connection: ChannelModel;
  isOpen = true;

  constructor(connection: ChannelModel) {
    this.#connection = connection;
    // A connection that breaks between two looks says so by an event.
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

  /** Cuts the connection: whoever is asked for a goodbye may not answer. */
  close(): void {
    this.isOpen = false;
    streamOf(this.#connection).destroy();
  }
}

/** How to connect to one virtual host. */
export function connectRabbitmq(
  settings: TcpSettings & { readonly virtualHost: string },
  tools: DialTools,
): Dialer<RabbitmqClient> {
  const { host, port, username = "guest", password = "guest", virtualHost, timeoutSeconds, tls } = settings;
  const server = `rabbitmq at ${address(settings)}`;
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
