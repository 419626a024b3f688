import { isIP, type Socket } from "node:net";
import type { ISocketFactoryArgs, KafkaConfig, SASLOptions } from "kafkajs";
import type { FailureKind } from "../../core/index.ts";
import type { Dialer } from "../shared/connection.ts";
import { guardAnswers } from "../shared/guard-answers.ts";
import type { DialTools } from "../shared/network.ts";
import { excerpt } from "../shared/safe-text.ts";
import { socketFailure } from "../shared/socket-failure.ts";
import { SourceError } from "../shared/source-error.ts";
import { type Cluster, clusterOf } from "./cluster.ts";
import { quietRequestQueues } from "./quiet-request-queue.ts";

/** A client of one cluster. */
export interface KafkaClient {
  readonly cluster: Cluster;
  isOpen: boolean;
}

interface Settings {
  readonly brokers: readonly string[];
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
  readonly tls: boolean;
  readonly caCertificate?: string | undefined;
  readonly timeoutSeconds: number;
}

/** Kafka's error names that are not simply a broker in trouble. */
const KINDS: Readonly<Record<string, FailureKind>> = {
  UNKNOWN_TOPIC_OR_PARTITION: "NotFound",
  INVALID_GROUP_ID: "Malformed",
  INVALID_TOPIC_EXCEPTION: "Malformed",
  THROTTLING_QUOTA_EXCEEDED: "Throttled",
};

/** How to connect to one cluster. */
export function connectKafka(settings: Settings, tools: DialTools): Dialer<KafkaClient> {
  const server = `kafka at ${settings.brokers[0]}`;
  return {
    async open(signal) {
      const { Kafka, logLevel } = await import("kafkajs");
      signal.throwIfAborted();
      quietRequestQueues();
      for (const broker of settings.brokers) tools.network.check(hostOf(broker));
      let refusal: SourceError | undefined;
      // The client repeats of an error its words alone.
      const refused = (error: Error) => {
        if (error instanceof SourceError) refusal ??= error;
      };
      const socketFactory = socketsUntil(signal, server, tools, refused);
      const kafka = new Kafka({ ...configuration(settings), socketFactory, logLevel: logLevel.NOTHING });
      const cluster = clusterOf(kafka);
      try {
        await cluster.connect();
      } catch (error) {
        await cluster.disconnect();
        throw refusal ?? error;
      }
      return { cluster, isOpen: true };
    },
    isOpen: (client) => client.isOpen,
    async close(client) {
      client.isOpen = false;
      await client.cluster.disconnect();
    },
    // The controller asks again; what a broker refuses costs the others no connection.
    answered: (error) => innermost(error).type !== undefined,
    failure: (error) => failure(error, server, [settings.password ?? ""]),
  };
}

function configuration({
  brokers,
  username,
  password = "",
  mechanism,
  tls,
  caCertificate,
  timeoutSeconds,
}: Settings): KafkaConfig {
  const timeout = timeoutSeconds * 1000;
  return {
    clientId: "muster",
    brokers: [...brokers],
    ssl: tls ? { ...(caCertificate === undefined ? {} : { ca: caCertificate }) } : false,
    ...(username === undefined ? {} : { sasl: { mechanism, username, password } as SASLOptions }),
    connectionTimeout: timeout,
    authenticationTimeout: timeout,
    requestTimeout: timeout,
    // The controller retries. These are for the client, which learns by failures that it must ask for metadata first.
    retry: { retries: 3, initialRetryTime: 20, maxRetryTime: 200 },
  };
}

/** The host of `host:port`. */
function hostOf(broker: string): string {
  return broker.replace(/:\d+$/, "");
}

/** Sockets that the end of the connection cuts, whatever the client is waiting for. */
function socketsUntil(signal: AbortSignal, server: string, tools: DialTools, refused: (error: Error) => void) {
  return ({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket => {
    const tls = ssl ? { ...(isIP(host) ? {} : { servername: host }), ...ssl } : undefined;
    const socket = tools.network.connect({ host, port }, tls);
    socket.once(tls === undefined ? "connect" : "secureConnect", onConnect);
    socket.once("error", refused);
    socket.setKeepAlive(true, 60_000);
    guardAnswers(socket, server, tools);
    // Without an error, the client would go on waiting for what it asked.
    const cut = () => void socket.destroy(new Error("the connection was closed"));
    // kafkajs tries again and asks other brokers, also after the end.
    if (signal.aborted) cut();
    else signal.addEventListener("abort", cut, { once: true });
    socket.once("close", () => signal.removeEventListener("abort", cut));
    return socket;
  };
}

function failure(error: unknown, server: string, secrets: readonly string[]): SourceError {
  const { name, message, type, code } = innermost(error);
  const said = excerpt(message, secrets).replace(/\.$/, "");
  if (name === "KafkaJSSASLAuthenticationError") return new SourceError("Unauthorized", `${server}: ${said}`);
  if (type !== undefined) {
    const kind = KINDS[type] ?? (/AUTHORIZATION|AUTHENTICATION/.test(type) ? "Unauthorized" : "Unavailable");
    return new SourceError(kind, `${server} says: ${said} (${type})`);
  }
  if (name === "KafkaJSRequestTimeoutError") return new SourceError("TimedOut", `${server} did not answer in time`);
  if (/answered more than/.test(message)) return new SourceError("Malformed", `${server}: ${said}`);
  if (name === "KafkaJSPartialMessageError" || error instanceof RangeError) {
    return new SourceError("Malformed", `${server} does not speak Kafka's protocol (${said})`);
  }
  if (message === "Closed connection") {
    const hint = "brokers do so where they expect TLS or credentials";
    return new SourceError("Unavailable", `${server} closed the connection; ${hint}`);
  }
  return socketFailure(Object.assign(new Error(said), { code }), server);
}

interface KafkaError extends Error {
  /** The protocol's name of what a broker said. */
  readonly type?: string;
  /** What Node says of a socket. */
  readonly code?: string;
}

/** What a client that gave up trying gave up for. */
function innermost(error: unknown): KafkaError {
  const { name, cause } = error as Error;
  return name === "KafkaJSNumberOfRetriesExceeded" && cause ? innermost(cause) : (error as KafkaError);
}
