import type { ServerResponse } from "node:http";
import { stringify } from "yaml";
import type { Answer, WatchSink } from "../rest/answer.ts";
import type { StatusError } from "../rest/status-error.ts";
import type { OpenWatches } from "./open-watches.ts";

/** A watch whose client does not read is cut beyond this, as the API server cuts it. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;

/** Sends what the API answered; a watch goes on until either side ends it. */
export function sendAnswer(response: ServerResponse, answer: Answer, watches: OpenWatches, yaml: boolean): void {
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

export function sendStatus(response: ServerResponse, error: StatusError, retryAfterSeconds?: number): void {
  if (retryAfterSeconds !== undefined) response.setHeader("retry-after", String(retryAfterSeconds));
  response.writeHead(error.code, { "content-type": "application/json" }).end(`${JSON.stringify(error.toStatus())}\n`);
}

function sendWatch(response: ServerResponse, start: (sink: WatchSink) => () => void, watches: OpenWatches): void {
  response.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache, private" });
  response.flushHeaders();
  watches.add(response);
  const stop = start({
    write: (event) => {
      // An ended watch hears of changes until its connection is closed.
      if (response.writableEnded || response.destroyed) return;
      if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
      else response.write(`${JSON.stringify(event)}\n`);
    },
    end: () => response.end(),
  });
  if (response.destroyed) stop();
  else response.once("close", stop);
}
