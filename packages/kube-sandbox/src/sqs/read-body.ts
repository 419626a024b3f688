import type { IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import { SqsError } from "./sqs-error.ts";

/** A batch of 1 MiB, written as JSON with every character escaped. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Reads a request's JSON body, gzipped or not (the SDK zips metrics). */
export async function readBody(request: IncomingMessage): Promise<object> {
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
    // Answered below, as for JSON that is no object.
  }
  throw new SqsError("SerializationException", "Expected a JSON object.");
}
