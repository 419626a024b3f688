import type { IncomingMessage } from "node:http";
import { StatusError } from "../rest/status-error.ts";

/** The API server's own limit. */
const MAX_BYTES = 3 * 1024 * 1024;
/** What is too large is read to its end, so that the client can hear so; beyond this the connection is cut. */
const MAX_IGNORED_BYTES = 64 * 1024 * 1024;

/** Reads a request's body. */
export async function readBytes(request: IncomingMessage): Promise<Buffer> {
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
