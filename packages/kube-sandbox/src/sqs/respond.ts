import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { SqsError } from "./sqs-error.ts";

/** Answers with what `perform` gives, or with its error in the form of AWS's JSON protocol. */
export async function respond(response: ServerResponse, perform: () => Promise<unknown>): Promise<void> {
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
