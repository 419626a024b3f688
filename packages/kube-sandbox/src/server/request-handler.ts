import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Call, wantsYaml } from "../rest/call.ts";
import type { Cluster } from "../rest/cluster.ts";
import { verbOf } from "../rest/resource-verbs.ts";
import { answer } from "../rest/rest-router.ts";
import { internalError, qualified, StatusError } from "../rest/status-error.ts";
import { parseTarget, type Target } from "../rest/target.ts";
import type { FaultResponse, Faults } from "./faults.ts";
import type { OpenWatches } from "./open-watches.ts";
import { readBytes } from "./read-bytes.ts";
import type { AuditEntry, RequestAudit } from "./request-audit.ts";
import { sendAnswer, sendStatus } from "./send-answer.ts";

/** What a request handler works with. */
export interface Handling {
  readonly cluster: Cluster;
  readonly audit: RequestAudit;
  readonly faults: Faults;
  readonly watches: OpenWatches;
  readonly bookmarkSeconds: number;
}

/** Handles one HTTP request, faults included. Never rejects. */
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
    // A path with a broken percent-encoding names nothing.
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

/** Carries out a fault; tells whether the request is handled nevertheless. */
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
  403: ["Forbidden", "forbidden: the sandbox was told to refuse this"],
  404: ["NotFound", "the server could not find the requested resource"],
  409: ["Conflict", "Operation cannot be fulfilled: the object has been modified"],
  410: ["Expired", "too old resource version"],
  429: ["TooManyRequests", "the server has received too many requests and has asked us to try again later"],
  503: ["ServiceUnavailable", "the server is currently unable to handle the request"],
  504: ["Timeout", "the server was unable to return a response in the time allotted"],
};

function injected(status: number): StatusError {
  const [reason, message] = REASONS[status] ?? [
    "InternalError",
    "Internal error occurred: the sandbox was told to fail",
  ];
  return new StatusError(status, reason, message);
}
