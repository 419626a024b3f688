import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Controller } from "../controller/controller.ts";
import type { Log } from "../controller/log.ts";
import { type decide, type Instant, printable, printableLines } from "../core/index.ts";
import type { Journal } from "../journal/journal.ts";
import { autoscalerAnswer, errorStatus, journalAnswer, objectStatus, statusPage } from "./api.ts";
import { LiveFeed } from "./live-feed.ts";
import type { Metrics } from "./metrics.ts";
import { PageFiles } from "./page-files.ts";
import { ProtectionApi, type ProtectionGround } from "./protection.ts";
import { checkAccess, type StatusAuth } from "./status-access.ts";

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
  /** Who may read /api/v1 and /status. Metrics, probes and the plain health check of /status are public. */
  readonly statusAuth: StatusAuth;
  /** Whom /api/v1/protection asks, which has an access check of its own; absent: nothing may be written. */
  readonly protection?: ProtectionGround | undefined;
  /** What the process is still waiting for before it can act or stand by; empty: it is ready. */
  readonly waitingFor: () => readonly string[];
}

export interface RunningServer {
  /** Where it listens, with the port it was given where 0 was asked for. */
  readonly url: string;
  close(): Promise<void>;
}

/** How long a request may take to arrive. */
const REQUEST_TIMEOUT_MILLISECONDS = 10_000;
/** An idle connection is closed after this time: one kept for the next request, or one that does not read its answer. */
const IDLE_MILLISECONDS = 30_000;
/** Prometheus, probes and a few readers need a dozen. */
const MOST_CONNECTIONS = 512;

/** Serves the page, /metrics, /status, /healthz, /readyz and /api/v1. Rejects with a clear Error where it cannot listen. */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningServer> {
  const protection = new ProtectionApi(options.protection);
  const live = new LiveFeed({
    ...{ controller: options.controller, journal: options.journal, now: options.now ?? Date.now },
    polls: () => options.metrics.polls,
  });
  const ground = { ...options, live, page: new PageFiles() };
  const answering = new WeakSet<Socket>();
  const server = createServer({ connectionsCheckingInterval: 1_000 }, (request, response) => {
    const { socket } = request;
    // Node takes in all requests that came at once: a few thousand on one connection would fill the memory with answers.
    if (answering.has(socket)) return void socket.destroy();
    answering.add(socket);
    response.once("close", () => answering.delete(socket));
    const answered =
      urlOf(request).pathname === PROTECTION
        ? answerWorker(request, response, protection)
        : answer(request, response, ground);
    answered.catch((error: unknown) => {
      options.log.warn("A request could not be answered", { path: urlOf(request).pathname, detail: String(error) });
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.requestTimeout = REQUEST_TIMEOUT_MILLISECONDS;
  server.headersTimeout = REQUEST_TIMEOUT_MILLISECONDS;
  server.setTimeout(options.idleMilliseconds ?? IDLE_MILLISECONDS);
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, options.address);
  // After start-up, an error of the listening socket does not end the process.
  server.on("error", (error) => options.log.error("The HTTP server failed", { detail: String(error) }));
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    close: () => {
      live.close();
      return close(server);
    },
  };
}

interface Ground extends HttpServerOptions {
  readonly live: LiveFeed;
  readonly page: PageFiles;
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
  const hints: Readonly<Record<string, string>> = {
    EADDRINUSE: "another process listens there; stop it, or choose another address with --metrics-port",
    EACCES: "this user may not use that port; choose one above 1023 with --metrics-port",
    EADDRNOTAVAIL: "this machine does not have that address; choose another with --metrics-port",
  };
  const hint = hints[error.code ?? ""] ?? error.message;
  return new Error(`cannot listen on ${host}:${port}: ${hint}`, { cause: error });
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

const PATHS = [
  "/",
  "/metrics",
  "/status",
  "/status/KIND/NAMESPACE/NAME",
  "/api/v1/journal",
  "/api/v1/autoscalers/NAMESPACE/NAME",
  "/api/v1/live",
  "/api/v1/protection",
  "/healthz",
  "/readyz",
];
const AUTOSCALERS = "/api/v1/autoscalers/";
const LIVE = "/api/v1/live";
const JOURNAL = "/api/v1/journal";
const PROTECTION = "/api/v1/protection";

/** Each call has a connection of its own: a thousand workers would hold all that there are. */
async function answerWorker(request: IncomingMessage, response: ServerResponse, api: ProtectionApi): Promise<void> {
  const { code, body, headers = {} } = await api.answer(request);
  if (response.destroyed) return;
  for (const [name, value] of Object.entries({ ...headers, Connection: "close" })) response.setHeader(name, value);
  sendJson(response, code, body);
}

async function answer(request: IncomingMessage, response: ServerResponse, options: Ground): Promise<void> {
  const { metrics, page } = options;
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return send(response, 405, "text/plain", `only GET is answered here; ${PROTECTION} takes PUT and DELETE too\n`);
  }
  const url = urlOf(request);
  const { pathname } = url;
  if (page.has(pathname)) return page.answer(pathname, request, response);
  if (pathname === "/metrics") return stream(response, metrics.registry.contentType, metrics.exposition());
  if (pathname === "/healthz") return send(response, 200, "text/plain", "ok\n");
  if (pathname === "/readyz") {
    const waitingFor = options.waitingFor();
    if (waitingFor.length === 0) return send(response, 200, "text/plain", "ready\n");
    return send(response, 503, "text/plain", `waiting for ${waitingFor.join(", ")}\n`);
  }
  // Plain, /status is the health check of the original controller; as JSON, it says what was done and why.
  const wantsJson = url.searchParams.get("format") === "json" || request.headers.accept?.includes("application/json");
  if (pathname === "/status" && !wantsJson) return send(response, 200, "text/plain", "ok\n");
  if (/^\/(status($|\/)|api\/)/.test(pathname)) return answerGuarded(request, response, options, url);
  return notFound(response);
}

/** Answers what not everyone may read. */
async function answerGuarded(
  request: IncomingMessage,
  response: ServerResponse,
  options: Ground,
  url: URL,
): Promise<void> {
  const { controller, statusAuth } = options;
  const { pathname, searchParams } = url;
  const refusal = await checkAccess(request, namespaceOf(url), statusAuth);
  if (refusal !== undefined) {
    if (refusal.code === 401) response.setHeader("WWW-Authenticate", "Bearer");
    return sendJson(response, refusal.code, errorStatus(refusal.code, refusal.reason, refusal.message));
  }
  if (pathname === LIVE) return answerLive(request, response, options.live);
  if (pathname === "/status") return stream(response, "application/json", printablePieces(statusPage(controller)));
  if (pathname.startsWith("/status/")) {
    const view = controller.find(decodePath(pathname.slice("/status/".length)));
    if (view === undefined) return sendJson(response, 404, { error: "there is no such object" });
    const text = JSON.stringify(objectStatus(view), undefined, 2);
    return send(response, 200, "application/json", printableLines(`${text}\n`));
  }
  const ground = { now: Date.now, tellsAllNames: statusAuth.by !== "token", ...options };
  if (pathname === JOURNAL) {
    await options.past?.();
    const { code, body } = journalAnswer(searchParams, ground);
    return sendJson(response, code, body);
  }
  if (!pathname.startsWith(AUTOSCALERS)) return notFound(response);
  const { code, body } = autoscalerAnswer(decodePath(pathname.slice(AUTOSCALERS.length)), searchParams, ground);
  return sendJson(response, code, body);
}

/** Events for the page, until it goes. */
function answerLive(request: IncomingMessage, response: ServerResponse, live: LiveFeed): void {
  const lastEventId = request.headers["last-event-id"];
  if (request.method === "HEAD") return void response.writeHead(200, { "Content-Type": "text/event-stream" }).end();
  if (live.open(response, typeof lastEventId === "string" ? lastEventId : undefined)) return;
  response.setHeader("Retry-After", "10");
  sendJson(response, 503, errorStatus(503, "ServiceUnavailable", "too many pages are open: close one, or wait"));
}

function notFound(response: ServerResponse): void {
  send(response, 404, "text/plain", `here are ${PATHS.join(", ")}\n`);
}

/** The namespace that the answer is about; undefined: all of them, and files, which have none. */
function namespaceOf({ pathname, searchParams }: URL): string | undefined {
  if (pathname === JOURNAL) return searchParams.get("namespace") || undefined;
  const [, kind, namespace] =
    /^\/(?:status\/([^/]+)|api\/v1\/autoscalers)\/([^/]+)\/[^/]+$/.exec(decodePath(pathname)) ?? [];
  return kind === "PHPAConfig" ? undefined : namespace;
}

async function* printablePieces(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const piece of pieces) yield printableLines(piece);
}

async function stream(response: ServerResponse, type: string, pieces: AsyncIterable<string>): Promise<void> {
  response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-store" });
  await pipeline(Readable.from(pieces), response).catch((error: NodeJS.ErrnoException) => {
    // The reader closed the connection early.
    if (error.code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  });
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function urlOf(request: IncomingMessage): URL {
  return URL.parse(request.url ?? "/", "http://localhost") ?? new URL("http://localhost/not-a-path");
}

function sendJson(response: ServerResponse, code: number, body: object): void {
  send(response, code, "application/json", `${printable(JSON.stringify(body))}\n`);
}

function send(response: ServerResponse, code: number, type: string, body: string): void {
  const headers = { "Content-Type": type, "Content-Length": Buffer.byteLength(body), "Cache-Control": "no-store" };
  response.writeHead(code, headers).end(body);
}

/** Where to listen. No host: everywhere. */
interface ListenAddress {
  readonly host?: string;
  readonly port: number;
}

/** Reads ":8787", "8787", "127.0.0.1:8787" or "[::1]:8787". Throws an Error with a text for people. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:(?<host>\[[0-9a-fA-F:.]+\]|[^:[\]\s/]*):)?(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.port);
  if (match === null || port > 65_535) {
    throw new Error(`expected an address to listen on such as ":8787" or "127.0.0.1:8787", got "${text}"`);
  }
  const host = match.groups?.host?.replace(/^\[|\]$/g, "") ?? "";
  return host === "" ? { port } : { host, port };
}
