import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import {
  type Answer,
  type Call,
  type Cluster,
  parseTarget,
  type Target,
  type WatchSink,
  wantsYaml,
} from "../rest/call.ts";
import { answer, verbOf } from "../rest/router.ts";
import { internalError, qualified, StatusError } from "../rest/status-error.ts";
import type { AuditEntry, FaultResponse, Faults, RequestAudit } from "./faults.ts";

/** The watches that are open now. */
export class OpenWatches {
  readonly #open = new Set<ServerResponse>();

  get count(): number {
    return this.#open.size;
  }

  add(response: ServerResponse): void {
    this.#open.add(response);
    response.once("close", () => this.#open.delete(response));
  }

  /** Cuts the connections of all watches, as a proxy or a network does. */
  drop(): void {
    for (const response of this.#open) response.destroy();
  }

  /** Ends all watches cleanly, as a server does after their timeout. */
  end(): void {
    for (const response of this.#open) response.end();
  }
}

interface Handling {
  readonly cluster: Cluster;
  readonly audit: RequestAudit;
  readonly faults: Faults;
  readonly watches: OpenWatches;
  readonly bookmarkSeconds: number;
}

/** Handles one HTTP request and the faults for it. Never rejects. */
export async function handleRequest(
  handling: Handling,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const call = await readCall(request);
    const target = targetOf(handling.cluster, call);
    const entry = auditEntry(call, target, request, handling.cluster.now());
    handling.audit.add(entry);
    const fault = handling.faults.next(entry);
    if (fault !== undefined && !(await survives(fault, response))) return;
    const made = answer(handling.cluster, target, call, handling.bookmarkSeconds);
    if (fault === "cut-after") response.destroy();
    else sendAnswer(response, made, handling.watches, wantsYaml(call.accept));
  } catch (error) {
    if (response.headersSent || response.destroyed) response.destroy();
    else sendStatus(response, error instanceof StatusError ? error : internalError(String(error)));
  }
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const url = new URL(request.url ?? "/", "http://sandbox");
  return {
    method: request.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    accept: request.headers.accept ?? "",
    mediaType: (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "",
    body: await readBytes(request),
  };
}

function targetOf(cluster: Cluster, call: Call): Target | undefined {
  try {
    return parseTarget(cluster.registry, call.path);
  } catch (error) {
    // A path with invalid percent-encoding names nothing.
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function auditEntry(call: Call, target: Target | undefined, request: IncomingMessage, at: number): AuditEntry {
  const userAgent = request.headers["user-agent"] ?? "";
  if (target === undefined) return { at, verb: call.method.toLowerCase(), resource: call.path, userAgent };
  const { namespace, name, subresource } = target;
  return {
    at,
    verb: verbOf(call, target) ?? call.method.toLowerCase(),
    resource: qualified(target.served.type),
    userAgent,
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    ...(subresource !== undefined && { subresource }),
  };
}

/** Applies a fault; returns whether to handle the request nevertheless. */
async function survives(fault: FaultResponse, response: ServerResponse): Promise<boolean> {
  if (fault === "hang") return false;
  if (fault === "cut-after") return true;
  if (fault === "cut") response.destroy();
  else if (fault === "garbage") response.writeHead(200, { "content-type": "application/json" }).end("{ not json");
  else if ("delayMs" in fault) {
    await sleep(fault.delayMs);
    return !response.destroyed;
  } else sendStatus(response, injected(fault.status), fault.retryAfterSeconds);
  return false;
}

const REASONS: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  401: ["Unauthorized", "Unauthorized"],
  403: ["Forbidden", "forbidden: a fault of the sandbox refuses this"],
  404: ["NotFound", "the server could not find the requested resource"],
  409: ["Conflict", "Operation cannot be fulfilled: the object has been modified"],
  410: ["Expired", "too old resource version"],
  429: ["TooManyRequests", "the server has received too many requests and has asked us to try again later"],
  503: ["ServiceUnavailable", "the server is currently unable to handle the request"],
  504: ["Timeout", "the server was unable to return a response in the time allotted"],
};

function injected(status: number): StatusError {
  const [reason, message] = REASONS[status] ?? ["InternalError", "Internal error occurred: a fault of the sandbox"];
  return new StatusError(status, reason, message);
}

/** The API server's own limit. */
const MAX_BYTES = 3 * 1024 * 1024;
/** The server reads a too large body to its end, so that the client receives the answer; beyond this it cuts the connection. */
const MAX_IGNORED_BYTES = 64 * 1024 * 1024;

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BYTES) chunks.push(chunk);
    else if (size > MAX_IGNORED_BYTES) break;
  }
  if (size <= MAX_BYTES) return Buffer.concat(chunks);
  throw new StatusError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${MAX_BYTES}`);
}

/** The server cuts a watch whose unread data exceed this, as kube-apiserver does. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;

/** Sends an answer; a watch continues until either side ends it. */
function sendAnswer(response: ServerResponse, answer: Answer, watches: OpenWatches, yaml: boolean): void {
  if (answer.kind === "watch") sendWatch(response, answer.start, watches);
  else if (answer.kind === "object") sendObject(response, answer, yaml);
  else response.writeHead(answer.code, { "content-type": answer.contentType }).end(answer.body);
}

function sendObject(response: ServerResponse, answer: Answer & { readonly kind: "object" }, yaml: boolean): void {
  for (const warning of answer.warnings ?? []) response.appendHeader("warning", `299 - ${JSON.stringify(warning)}`);
  const body = yaml ? stringify(answer.body) : `${JSON.stringify(answer.body)}\n`;
  const contentType = yaml ? "application/yaml" : "application/json";
  response.writeHead(answer.code, { "content-type": contentType, "content-length": Buffer.byteLength(body) }).end(body);
}

function sendStatus(response: ServerResponse, error: StatusError, retryAfterSeconds?: number): void {
  if (retryAfterSeconds !== undefined) response.setHeader("retry-after", String(retryAfterSeconds));
  response.writeHead(error.code, { "content-type": "application/json" }).end(`${JSON.stringify(error.toStatus())}\n`);
}

function sendWatch(response: ServerResponse, start: (sink: WatchSink) => () => void, watches: OpenWatches): void {
  response.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache, private" });
  response.flushHeaders();
  watches.add(response);
  const stop = start({
    write: (event) => {
      // An ended watch still receives changes until its connection is closed.
      if (response.writableEnded || response.destroyed) return;
      if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
      else response.write(`${JSON.stringify(event)}\n`);
    },
    end: () => response.end(),
  });
  if (response.destroyed) stop();
  else response.once("close", stop);
}
