import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Admin, ISocketFactoryArgs, KafkaConfig, SASLOptions } from "kafkajs";
import type { FailureKind } from "../../core/index.ts";
import type { Dialer } from "../shared/connection.ts";
import { guardAnswers } from "../shared/guard-answers.ts";
import { excerpt } from "../shared/safe-text.ts";
import { socketFailure } from "../shared/socket-failure.ts";
import { SourceError } from "../shared/source-error.ts";
import { quietRequestQueues } from "./quiet-request-queue.ts";

/** The administrative client of one cluster. */
export interface KafkaClient {
  readonly admin: Admin;
  isOpen: boolean;
}

interface Cluster {
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
export function connectKafka(cluster: Cluster): Dialer<KafkaClient> {
  const server = `kafka at ${cluster.brokers[0]}`;
  return {
    async open(signal) {
      const { Kafka, logLevel } = await import("kafkajs");
      quietRequestQueues();
      const socketFactory = socketsUntil(signal, server);
      const kafka = new Kafka({ ...configuration(cluster), socketFactory, logLevel: logLevel.NOTHING });
      const admin = kafka.admin();
      const client = { admin, isOpen: true };
      admin.on("admin.disconnect", () => {
        client.isOpen = false;
      });
      try {
        await admin.connect();
      } catch (error) {
        await admin.disconnect();
        throw error;
      }
      return client;
    },
    isOpen: (client) => client.isOpen,
    async close(client) {
      client.isOpen = false;
      await client.admin.disconnect();
    },
    failure: (error) => failure(error, server, [cluster.password ?? ""]),
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
}: Cluster): KafkaConfig {
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

/** Sockets that the end of the connection cuts, whatever the client is waiting for. */
function socketsUntil(signal: AbortSignal, server: string) {
  return ({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket => {
    const socket = ssl
      ? connectTls({ host, port, servername: host, ...ssl }, onConnect)
      : connectTcp({ host, port }, onConnect);
    socket.setKeepAlive(true, 60_000);
    guardAnswers(socket, server);
    // Without an error, the client would go on waiting for what it asked.
    const cut = () => void socket.destroy(new Error("the connection was closed"));
    signal.addEventListener("abort", cut, { once: true });
    socket.once("close", () => signal.removeEventListener("abort", cut));
    return socket;
  };
}

function failure(error: unknown, server: string, secrets: readonly string[]): SourceError {
  const { name, message, cause, type } = error as Error & { type?: string };
  if (name === "KafkaJSNumberOfRetriesExceeded" && cause) return failure(cause, server, secrets);
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
  return socketFailure(new Error(said), server);
}
