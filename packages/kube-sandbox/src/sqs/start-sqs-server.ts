import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import { HttpServer } from "../server/http-server.ts";
import { Account, type Operation } from "./account.ts";
import { type QueueClock, systemClock } from "./message.ts";
import { batchOperations, messageOperations } from "./message-operations.ts";
import { metricOperations } from "./metric-operations.ts";
import { queueOperations } from "./queue-operations.ts";
import { SqsError, type SqsErrorCode } from "./sqs-error.ts";

const OPERATIONS: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  AmazonSQS: { ...queueOperations, ...messageOperations, ...batchOperations },
  GraniteServiceVersion20100801: metricOperations,
};

/** A request, for the `refuse` hook. */
export interface SqsRequest {
  /** For example "ReceiveMessage". */
  readonly action: string;
  /** Absent if the action is not about one queue. */
  readonly queueName?: string;
  readonly accessKeyId?: string;
}

export interface SqsServerOptions {
  /** The default, 0, takes a free one. */
  readonly port?: number;
  readonly host?: string;
  readonly clock?: QueueClock;
  readonly accountId?: string;
  readonly region?: string;
  /** Bytes of all messages together. */
  readonly maxStoredBytes?: number;
  /** Called before each request; a returned code refuses it. */
  readonly refuse?: (request: SqsRequest) => SqsErrorCode | undefined;
}

export interface SqsServer {
  /** The value for AWS_ENDPOINT_URL, for example "http://127.0.0.1:9324". */
  readonly url: string;
  /** The queues and metrics, for tests in the same process. */
  readonly account: Account;
  close(): Promise<void>;
}

/**
 * Starts an SQS in this process, with the part of CloudWatch that has a queue's history. It speaks the JSON protocol of
 * current SDKs and follows SQS's rules of time. It authenticates no request, so it listens on this machine only.
 */
export async function startSqsServer(options: SqsServerOptions = {}): Promise<SqsServer> {
  const account = new Account({
    clock: options.clock ?? systemClock,
    id: options.accountId ?? "000000000000",
    region: options.region ?? "us-east-1",
    maxStoredBytes: options.maxStoredBytes ?? 256 * 1024 * 1024,
  });
  const listener: RequestListener = (request, response) => void respond(response, () => perform(request, response));
  const server = new HttpServer(listener, options.port, options.host);

  async function perform(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const [service = "", action = ""] = String(request.headers["x-amz-target"] ?? "").split(".");
    const input = await readBody(request);
    const operation = Object.hasOwn(OPERATIONS, service) && ownEntry(OPERATIONS[service], action);
    if (!operation) throw new SqsError("UnknownOperation", "Expected an action of SQS or CloudWatch in X-Amz-Target.");
    const accessKeyId = /Credential=([^/,]+)\//.exec(request.headers.authorization ?? "")?.[1];
    const queueUrl = (input as { QueueUrl?: unknown }).QueueUrl;
    const refusal = options.refuse?.({
      action,
      ...(typeof queueUrl === "string" && { queueName: queueUrl.split("/").at(-1) ?? "" }),
      ...(accessKeyId !== undefined && { accessKeyId }),
    });
    if (refusal !== undefined) throw new SqsError(refusal, `This server is configured to refuse ${action}.`);
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    return operation(input, { account, url: server.url, senderId: accessKeyId ?? "anonymous", signal: gone.signal });
  }

  await server.listen();
  return {
    url: server.url,
    account,
    close: async () => {
      account.close();
      await server.close();
    },
  };
}

function ownEntry<Value>(table: Readonly<Record<string, Value>> | undefined, key: string): Value | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Answers with the result of `perform`, or with its error in the form of AWS's JSON protocol. */
async function respond(response: ServerResponse, perform: () => Promise<unknown>): Promise<void> {
  response.setHeader("Content-Type", "application/x-amz-json-1.0");
  response.setHeader("x-amzn-RequestId", randomUUID());
  try {
    end(response, 200, await perform());
  } catch (cause) {
    const error = cause instanceof SqsError ? cause : new SqsError("InternalFailure", `The server failed: ${cause}`);
    const fault = error.status < 500 ? "Sender" : "Receiver";
    response.setHeader("x-amzn-query-error", `${error.queryCode};${fault}`);
    end(response, error.status, { __type: error.type, message: error.message });
  }
}

function end(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed || response.writableEnded) return;
  const text = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { "Content-Length": text.length }).end(text);
}

/** A batch of 1 MiB, written as JSON with every character escaped. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Reads a request's JSON body, which may be gzipped (the SDK zips metrics). */
async function readBody(request: IncomingMessage): Promise<object> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES)
      throw new SqsError("SerializationException", `Requests are at most ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  return parse(request.headers["content-encoding"] === "gzip" ? unzip(body) : body);
}

function unzip(body: Buffer): Buffer {
  try {
    return gunzipSync(body, { maxOutputLength: MAX_BODY_BYTES });
  } catch {
    throw new SqsError("SerializationException", "The body is not gzip, or too large.");
  }
}

function parse(body: Buffer): object {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    if (typeof parsed === "object" && parsed !== null) return parsed;
  } catch {
    // Reported below, like JSON that is not an object.
  }
  throw new SqsError("SerializationException", "Expected a JSON object.");
}
