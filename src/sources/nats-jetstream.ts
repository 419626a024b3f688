import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import type { JetStreamManager } from "@nats-io/jetstream";
import type { ConnectionOptions, NatsConnection } from "@nats-io/transport-node";
import * as z from "zod";
import type { FailureKind, Reading } from "../core/index.ts";
import { onAbort } from "../shared/async.ts";
import { ownValue } from "../shared/own-value.ts";
import { guardAnswers } from "./shared/answer-limits.ts";
import { Connection, connectionKey, type Dialer, formatAddress, tlsOptions } from "./shared/connection.ts";
import { socketFailure } from "./shared/connection-failure.ts";
import type { DialTools, Network } from "./shared/network.ts";
import { excerpt } from "./shared/safe-text.ts";
import { secret, tcpSettings, text } from "./shared/settings.ts";
import { defineSource } from "./shared/source.ts";
import { SourceError } from "./shared/source-error.ts";

const settings = z.strictObject({
  ...tcpSettings(4222),
  token: secret("Token, where the server asks for one instead of a user").optional(),
  credentials: secret("Content of a .creds file (JWT and NKey seed)").optional(),
  domain: text("JetStream domain, such as that of a leaf node").optional(),
  stream: text("Name of the stream"),
  consumer: text("Name of the durable consumer"),
});

export default defineSource({
  type: "nats-jetstream",
  about: "Messages of a JetStream stream that a consumer has still to deliver or to see acknowledged",
  settings,
  pace: { movingSeconds: 2, steadySeconds: 10, asleepSeconds: 0.2 },
  example: {
    host: "nats",
    stream: "MAILS",
    consumer: "mailers",
    credentials: { secretRef: { name: "nats", key: "creds" } },
  },
  notes: [
    "A missing stream is a missing value.",
    "Until the consumer exists, all messages of the stream count, so that a workload at zero starts and makes the consumer; the status says so. Without the right to read the stream, a missing consumer is a missing value.",
    "The user needs to publish to `$JS.API.CONSUMER.INFO.<stream>.<consumer>` and `$JS.API.STREAM.INFO.<stream>`, and to subscribe to `_INBOX.>`.",
  ],
  connect(settings, tools) {
    const { stream, consumer, ...server } = settings;
    const shared = tools.share(
      connectionKey("nats-jetstream", server),
      () => new Connection(connectNats(server, tools)),
    );
    const what = `nats at ${formatAddress(settings)}`;
    return {
      async read(signal) {
        const at = tools.now();
        const limit = { seconds: settings.timeoutSeconds, signal, what };
        return { at, ...(await shared.value.ask(limit, ({ jetstream }) => count(jetstream, stream, consumer))) };
      },
      close: () => shared.release(),
    };
  },
});

async function count(jetstream: JetStreamManager, stream: string, consumer: string): Promise<Omit<Reading, "at">> {
  try {
    const { num_pending: waiting, num_ack_pending: inFlight } = await jetstream.consumers.info(stream, consumer);
    return { value: waiting + inFlight, waiting, inFlight };
  } catch (error) {
    if ((error as Error).name !== "ConsumerNotFoundError") throw error;
    return beforeConsumer(jetstream, stream, consumer, error);
  }
}

/** A worker often makes its consumer when it starts: until then all messages count, or a workload at zero would never start. */
async function beforeConsumer(
  jetstream: JetStreamManager,
  stream: string,
  consumer: string,
  missing: unknown,
): Promise<Omit<Reading, "at">> {
  try {
    const { messages } = (await jetstream.streams.info(stream)).state;
    if (messages === 0) return { value: 0, waiting: 0 };
    const message = `the stream ${stream} has no consumer ${consumer}: all its messages count until workers make it`;
    return { value: messages, waiting: messages, doubts: [{ kind: "NotFound", message }] };
  } catch (error) {
    const { name, cause } = error as Error;
    throw [name, (cause as Error | undefined)?.name].includes("PermissionViolationError") ? missing : error;
  }
}

interface NatsClient {
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamManager;
}

type Settings = Omit<z.output<typeof settings>, "stream" | "consumer">;

/** The errors of the client library, by name. */
const KINDS: Readonly<Record<string, FailureKind>> = {
  AuthorizationError: "Unauthorized",
  UserAuthenticationExpiredError: "Unauthorized",
  PermissionViolationError: "Unauthorized",
  StreamNotFoundError: "NotFound",
  ConsumerNotFoundError: "NotFound",
  JetStreamNotEnabled: "NotFound",
  InvalidNameError: "Malformed",
};

function connectNats(settings: Settings, tools: DialTools): Dialer<NatsClient> {
  const server = `nats at ${formatAddress(settings)}`;
  const secrets = [settings.password, settings.token].filter((secret) => secret !== undefined);
  return {
    open: (signal) => open(settings, server, tools, signal),
    isOpen: ({ connection }) => !connection.isClosed(),
    close: ({ connection }) => connection.close(),
    failure: (error) => failure(error, server, secrets),
  };
}

async function open(settings: Settings, server: string, tools: DialTools, signal: AbortSignal): Promise<NatsClient> {
  const { connect } = await import("@nats-io/transport-node");
  const { jetstreamManager } = await import("@nats-io/jetstream");
  const how = await connectionOptions(settings, tools.network);
  signal.throwIfAborted();
  const sockets: Socket[] = [];
  const connecting = withSockets(
    () => connect(how),
    (socket) => {
      sockets.push(socket);
      // The client leaves the socket of an attempt that it gave up to the server's pleasure.
      onAbort(signal, () => void socket.destroy());
    },
  );
  const connection = await connecting;
  for (const socket of sockets) guardAnswers(socket, server, tools);
  const { domain, timeoutSeconds } = settings;
  const options = { checkAPI: false, timeout: timeoutSeconds * 1000, ...(domain === undefined ? {} : { domain }) };
  return { connection, jetstream: await jetstreamManager(connection, options) };
}

async function connectionOptions(settings: Settings, network: Network): Promise<ConnectionOptions> {
  const { credsAuthenticator } = await import("@nats-io/transport-node");
  const { host, port, username, password, token, credentials, timeoutSeconds } = settings;
  const addresses = await network.addresses(host);
  const tls = tlsOptions(settings);
  return {
    servers: addresses.map((one) => formatAddress({ host: one, port })),
    noRandomize: true,
    name: "muster",
    timeout: timeoutSeconds * 1000,
    // The next poll connects again; the client itself neither waits nor tries.
    reconnect: false,
    ignoreClusterUpdates: true,
    ...(username === undefined ? {} : { user: username, pass: password ?? "" }),
    ...(token === undefined ? {} : { token }),
    ...(credentials === undefined ? {} : { authenticator: credsAuthenticator(new TextEncoder().encode(credentials)) }),
    ...(tls ? { tls } : {}),
  };
}

function failure(error: unknown, server: string, secrets: readonly string[]): SourceError {
  const { name, message, cause } = error as Error;
  if (/^nkeys: |unable to parse credentials/.test(message)) {
    return new SourceError(
      "Malformed",
      "expected credentials with the content of a .creds file: a JWT and an NKey seed",
    );
  }
  const said = excerpt(message, secrets).replace(/\.$/, "");
  const kind = ownValue(KINDS, name) ?? ownValue(KINDS, (cause as Error | undefined)?.name ?? "");
  if (kind) return new SourceError(kind, `${server}: ${said}`);
  // The client's own words repeat what it could not read.
  const isForeign = /^(?:ProtocolError|SyntaxError)$/.test(name) || /unexpected response/.test(message);
  if (isForeign) return new SourceError("Malformed", `${server} does not speak NATS`);
  if (name === "TimeoutError") return new SourceError("TimedOut", `${server} did not answer in time`);
  if (name === "NoRespondersError") return new SourceError("Unavailable", `${server}: nobody answers for JetStream`);
  if (name === "JetStreamApiError") return new SourceError("Malformed", `${server} says: ${said}`);
  return socketFailure(error, server);
}

const watching = new AsyncLocalStorage<(socket: Socket) => void>();
let isSubscribed = false;

/** Does `work`, and hands over each socket that it opens, for a library that does not. */
function withSockets<T>(work: () => T, opened: (socket: Socket) => void): T {
  if (!isSubscribed) {
    isSubscribed = true;
    subscribe("net.client.socket", (message) => {
      const hear = watching.getStore();
      // Once it is being connected: Node revives a socket that is destroyed before.
      if (hear) queueMicrotask(() => hear((message as { socket: Socket }).socket));
    });
  }
  return watching.run(opened, work);
}
