import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Controller } from "../controller/controller.ts";
import type { Log } from "../controller/log.ts";
import { type decide, type Instant, printable, printableLines } from "../core/index.ts";
import type { Journal } from "../journal/journal.ts";
import {
  type ApiAnswer,
  status as apiStatus,
  autoscalerAnswer,
  journalAnswer,
  objectStatus,
  statusPage,
} from "./api.ts";
import type { Metrics } from "./metrics.ts";
import { refusalOf, type StatusAuth } from "./status-access.ts";

export interface HttpServerOptions {
  readonly address: ListenAddress;
  readonly controller: Controller;
  /** What the controller's decisions are recorded in. */
  readonly journal: Journal;
  /** Resolves once the journal also has what earlier processes decided. Default: there were none. */
  readonly past?: () => Promise<void>;
  /** What the controller decides by. */
  readonly decide: typeof decide;
  /** Default: this machine's time. */
  readonly now?: () => Instant;
  /** Default: 30 s. */
  readonly idleMilliseconds?: number;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Who may read /api/v1 and /status. Metrics, probes and the plain health check of /status are everybody's. */
  readonly statusAuth: StatusAuth;
  /** What the process is still waiting for before it can act or stand by; empty: it is ready. */
  readonly waitingFor: () => readonly string[];
}

export interface RunningServer {
  /** Where it listens, with the port it was given where 0 was asked for. */
  readonly url: string;
  close(): Promise<void>;
}

/** A request that takes longer than this to arrive is none of ours. */
const REQUEST_TIMEOUT_MILLISECONDS = 10_000;
/** A connection on which nothing moves for this long is closed: one that is kept for the next request, or does not read its answer. */
const IDLE_MILLISECONDS = 30_000;
/** Prometheus, probes and a few readers need a dozen. */
const MOST_CONNECTIONS = 512;

/** Serves /metrics, /status, /healthz, /readyz and /api/v1. Rejects with an Error made for people where it cannot listen. */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningServer> {
  const server = createServer({ connectionsCheckingInterval: 1_000 }, (request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      options.log.warn("A request could not be answered", { path: pathOf(request).pathname, detail: String(error) });
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.requestTimeout = REQUEST_TIMEOUT_MILLISECONDS;
  server.headersTimeout = REQUEST_TIMEOUT_MILLISECONDS;
  server.setTimeout(options.idleMilliseconds ?? IDLE_MILLISECONDS);
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, options.address);
  // Past start-up an error of the listening socket is no reason to end the process.
  server.on("error", (error) => options.log.error("The HTTP server failed", { detail: String(error) }));
  const { address, port, family } = server.address() as AddressInfo;
  return { url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`, close: () => close(server) };
}

async function listen(server: Server, address: ListenAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(address, error)));
    server.listen(address, () => {
      server.removeAllListeners("error");
      resolve();
    });
  });
}

function listenError({ host = "", port }: ListenAddress, error: NodeJS.ErrnoException): Error {
  const where = `${host}:${port}`;
  const hints: Readonly<Record<string, string>> = {
    EADDRINUSE: "another process listens there; stop it, or choose another address with --metrics-port",
    EACCES: "this user may not use that port; choose one above 1023 with --metrics-port",
    EADDRNOTAVAIL: "this machine does not have that address; choose another with --metrics-port",
  };
  const hint = hints[error.code ?? ""] ?? error.message;
  return new Error(`cannot listen on ${where}: ${hint}`, { cause: error });
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

async function answer(request: IncomingMessage, response: ServerResponse, options: HttpServerOptions): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return send(response, 405, "text/plain", "only GET is answered here\n");
  }
  const { pathname } = pathOf(request);
  if (pathname === "/metrics") {
    const { metrics } = options;
    return stream(response, metrics.registry.contentType, metrics.exposition());
  }
  if (pathname === "/healthz") return send(response, 200, "text/plain", "ok\n");
  if (pathname === "/readyz") return readiness(response, options.waitingFor());
  if (pathname === "/status" && !wantsJson(request)) return send(response, 200, "text/plain", "ok\n");
  const refusal = isGuarded(pathname)
    ? await refusalOf(request, namespaceOf(pathOf(request)), options.statusAuth)
    : undefined;
  if (refusal !== undefined) {
    const { code, reason, message } = refusal;
    if (code === 401) response.setHeader("WWW-Authenticate", "Bearer");
    return send(response, code, "application/json", `${printable(JSON.stringify(apiStatus(code, reason, message)))}\n`);
  }
  if (pathname === "/status") return stream(response, "application/json", printed(statusPage(options.controller)));
  if (pathname.startsWith("/status/"))
    return oneStatus(response, options.controller, pathname.slice("/status/".length));
  if (pathname === JOURNAL) await options.past?.();
  const api = apiAnswer(pathOf(request), options);
  if (api !== undefined)
    return send(response, api.code, "application/json", `${printable(JSON.stringify(api.body))}\n`);
  return send(response, 404, "text/plain", `here are ${PATHS.join(", ")}\n`);
}

const PATHS = [
  "/metrics",
  "/status",
  "/status/KIND/NAMESPACE/NAME",
  "/api/v1/journal",
  "/api/v1/autoscalers/NAMESPACE/NAME",
  "/healthz",
  "/readyz",
];
const AUTOSCALERS = "/api/v1/autoscalers/";
const JOURNAL = "/api/v1/journal";

function apiAnswer({ pathname, searchParams }: URL, options: HttpServerOptions): ApiAnswer | undefined {
  const ground = { now: Date.now, tellsAllNames: options.statusAuth.by !== "token", ...options };
  if (pathname === JOURNAL) return journalAnswer(searchParams, ground);
  if (!pathname.startsWith(AUTOSCALERS)) return undefined;
  return autoscalerAnswer(decoded(pathname.slice(AUTOSCALERS.length)), searchParams, ground);
}

function readiness(response: ServerResponse, waitingFor: readonly string[]): void {
  if (waitingFor.length === 0) send(response, 200, "text/plain", "ready\n");
  else send(response, 503, "text/plain", `waiting for ${waitingFor.join(", ")}\n`);
}

/** Plain, /status is the health check of the original controller; as JSON, it says what was done and why. */
function wantsJson(request: IncomingMessage): boolean {
  const isAsked = pathOf(request).searchParams.get("format") === "json";
  return isAsked || request.headers.accept?.includes("application/json") === true;
}

function isGuarded(pathname: string): boolean {
  return pathname === "/status" || pathname.startsWith("/status/") || pathname.startsWith("/api/");
}

/** The namespace that the answer is about; undefined: all of them, and files, which have none. */
function namespaceOf({ pathname, searchParams }: URL): string | undefined {
  if (pathname === JOURNAL) return searchParams.get("namespace") || undefined;
  const [, kind, namespace] =
    /^\/(?:status\/([^/]+)|api\/v1\/autoscalers)\/([^/]+)\/[^/]+$/.exec(decoded(pathname)) ?? [];
  return kind === undefined || kind.startsWith("Worker") ? namespace : undefined;
}

async function* printed(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const piece of pieces) yield printableLines(piece);
}

async function stream(response: ServerResponse, type: string, pieces: AsyncIterable<string>): Promise<void> {
  response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-store" });
  await pipeline(Readable.from(pieces), response).catch((error: NodeJS.ErrnoException) => {
    // A reader that goes away in the middle is nobody's trouble.
    if (error.code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  });
}

function oneStatus(response: ServerResponse, controller: Controller, id: string): void {
  const held = controller.find(decoded(id));
  if (held === undefined)
    send(response, 404, "application/json", `${JSON.stringify({ error: "there is no such object" })}\n`);
  else send(response, 200, "application/json", printableLines(`${JSON.stringify(objectStatus(held), undefined, 2)}\n`));
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function pathOf(request: IncomingMessage): URL {
  try {
    return new URL(request.url ?? "/", "http://localhost");
  } catch {
    return new URL("http://localhost/not-a-path");
  }
}

function send(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, {
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
  });
  response.end(body);
}

/** Where to listen. No host: everywhere. */
interface ListenAddress {
  readonly host?: string;
  readonly port: number;
}

/** Reads ":8787", "8787", "127.0.0.1:8787" or "[::1]:8787". Throws an Error made for whoever wrote the address. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:(?<host>\[[0-9a-fA-F:.]+\]|[^:[\]\s/]*):)?(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.port);
  if (match === null || port > 65_535) {
    throw new Error(`expected an address to listen on such as ":8787" or "127.0.0.1:8787", got "${text}"`);
  }
  const host = match.groups?.host?.replace(/^\[|\]$/g, "") ?? "";
  return host === "" ? { port } : { host, port };
}
