import type { Socket } from "node:net";
import type { JetStreamManager } from "@nats-io/jetstream";
import type { ConnectionOptions, NatsConnection } from "@nats-io/transport-node";
import type { FailureKind } from "../../core/index.ts";
import type { Dialer } from "../shared/connection.ts";
import { guardAnswers } from "../shared/guard-answers.ts";
import type { DialTools, Network } from "../shared/network.ts";
import { excerpt } from "../shared/safe-text.ts";
import { socketFailure } from "../shared/socket-failure.ts";
import { SourceError } from "../shared/source-error.ts";
import { address, type TcpSettings, tlsOptions } from "../shared/tcp-settings.ts";
import { withSockets } from "./with-sockets.ts";

/** One connection and JetStream's API over it. */
export interface NatsClient {
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamManager;
}

interface Settings extends TcpSettings {
  readonly token?: string | undefined;
  readonly credentials?: string | undefined;
  readonly domain?: string | undefined;
}

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

/** How to connect to one server. */
export function connectNats(settings: Settings, tools: DialTools): Dialer<NatsClient> {
  const server = `nats at ${address(settings)}`;
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
      const cut = () => void socket.destroy();
      if (signal.aborted) cut();
      else signal.addEventListener("abort", cut, { once: true });
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
    servers: addresses.map((one) => address({ host: one, port })),
    noRandomize: true,
    name: "muster",
    timeout: timeoutSeconds * 1000,
    // The next look connects again; the client itself neither waits nor tries.
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
  const kind = KINDS[name] ?? KINDS[(cause as Error | undefined)?.name ?? ""];
  if (kind) return new SourceError(kind, `${server}: ${said}`);
  // The client's own words repeat what it could not read.
  const isForeign = /^(?:ProtocolError|SyntaxError)$/.test(name) || /unexpected response/.test(message);
  if (isForeign) return new SourceError("Malformed", `${server} does not speak NATS`);
  if (name === "TimeoutError") return new SourceError("TimedOut", `${server} did not answer in time`);
  if (name === "NoRespondersError") return new SourceError("Unavailable", `${server}: nobody answers for JetStream`);
  if (name === "JetStreamApiError") return new SourceError("Malformed", `${server} says: ${said}`);
  return socketFailure(error, server);
}
