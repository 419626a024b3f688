import { type ClientRequest, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import { Deadline } from "../../shared/async.ts";
import type { Connection, Identity } from "../connection/connection.ts";

/** For TCP, proxy and TLS together: up to five round trips, of which each may take five seconds. */
const DIAL_TIMEOUT_MS = 30_000;
/** Keeps idle connections in the tables of load balancers (AWS forgets them after 350 s) and finds dead ones. */
const KEEP_ALIVE_MS = 15_000;

/** Opens a connection to the API server, through the proxy where there is one. Ends within 30 s. */
export async function dial(
  connection: Connection,
  identity: Identity,
  protocols: string[],
  signal: AbortSignal,
): Promise<Socket> {
  const limit = new Deadline({ signal, milliseconds: DIAL_TIMEOUT_MS });
  try {
    return await open(connection, identity, protocols, limit.signal);
  } finally {
    limit.end();
  }
}

async function open(
  connection: Connection,
  identity: Identity,
  protocols: string[],
  timeout: AbortSignal,
): Promise<Socket> {
  const { server } = connection;
  const host = server.hostname.replace(/^\[|\]$/g, "");
  const port = Number(server.port || (server.protocol === "https:" ? 443 : 80));
  const plain = connection.proxy
    ? await dialThroughProxy(connection.proxy, host, port, timeout)
    : await waitUntilReady(connectTcp({ host, port, noDelay: true }), "connect", timeout);
  plain.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
  if (server.protocol !== "https:") return plain;
  return waitUntilReady<TLSSocket>(startTls(plain, host, connection, identity, protocols), "secureConnect", timeout);
}

function startTls(
  socket: Socket,
  host: string,
  connection: Connection,
  identity: Identity,
  protocols: string[],
): TLSSocket {
  const options = {
    socket,
    host,
    servername: connection.serverName ?? (isIP(host) ? "" : host),
    rejectUnauthorized: !connection.skipVerification,
    ALPNProtocols: protocols,
  };
  try {
    return connectTls({ ...options, secureContext: secureContextOf(identity) });
  } catch (error) {
    // A certificate or key that OpenSSL cannot read.
    socket.destroy();
    throw error;
  }
}

const secureContexts = new WeakMap<Identity, SecureContext>();

/** Read once for each identity: a burst of scalings dials many connections in the same moment. */
function secureContextOf(identity: Identity): SecureContext {
  const { ca, certificate, key } = identity;
  const context =
    secureContexts.get(identity) ??
    createSecureContext({ ...(ca ? { ca } : {}), ...(certificate && key ? { cert: certificate, key } : {}) });
  secureContexts.set(identity, context);
  return context;
}

/** The socket once it is there; destroyed, and the reason thrown, where it does not come. */
function waitUntilReady<Kind extends Socket>(socket: Kind, event: string, signal: AbortSignal): Promise<Kind> {
  return new Promise((resolve, reject) => {
    const end = (error?: Error) => {
      signal.removeEventListener("abort", expire);
      socket.off("error", end).off("close", closed).off(event, succeed);
      if (error === undefined) return resolve(socket);
      // Later errors of a socket that was given up have no listener.
      socket.on("error", () => undefined).destroy();
      reject(error);
    };
    const succeed = () => end();
    const closed = () => end(new Error("the connection was closed before it was ready"));
    const expire = () => end(new Error("no connection came", { cause: signal.reason }));
    socket.once("error", end).once("close", closed).once(event, succeed);
    signal.addEventListener("abort", expire, { once: true });
    if (signal.aborted) expire();
  });
}

function dialThroughProxy(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const request: ClientRequest = (proxy.protocol === "https:" ? requestHttps : requestHttp)({
    host: proxy.hostname.replace(/^\[|\]$/g, ""),
    port: proxy.port || (proxy.protocol === "https:" ? 443 : 80),
    method: "CONNECT",
    path: authority,
    agent: false,
    signal,
    headers: {
      host: authority,
      ...(proxy.username ? { "proxy-authorization": `Basic ${Buffer.from(login).toString("base64")}` } : {}),
    },
  });
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`the proxy ${proxy.host} gave no tunnel: ${why}`));
    request.once("connect", (response, socket: Socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      fail(`it answered ${response.statusCode}`);
    });
    request.once("response", (response) => {
      response.destroy();
      fail(`it answered ${response.statusCode}`);
    });
    request.once("error", (error) => fail(error.message));
    request.end();
  });
}
