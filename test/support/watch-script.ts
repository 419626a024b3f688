import type { ServerResponse } from "node:http";
import type { ScriptedAnswer, ScriptedRequest } from "./scripted-http.ts";

/** A scripted API server's collection: lists what it is given, and writes watch events by hand. */
export class WatchScript {
  readonly watches: { readonly query: URLSearchParams; readonly response: ServerResponse }[] = [];
  readonly lists: URLSearchParams[] = [];
  /** Lists of one object, which ask for the server's version alone. */
  readonly checks: URLSearchParams[] = [];
  /** What a check answers; by default the newest version that was told. */
  check: () => ScriptedAnswer = () => listOf([], this.#newest);
  #newest = 1;
  /** What a list answers, by its page. */
  list: (query: URLSearchParams) => ScriptedAnswer = () => listOf([], "1");
  /** Whether a list can be streamed. */
  streamsLists = false;
  /** What the next watches answer instead of a stream. */
  refusal: ScriptedAnswer | undefined;

  readonly answer = ({ url }: ScriptedRequest): ScriptedAnswer => {
    const query = url.searchParams;
    if (query.get("limit") === "1") {
      this.checks.push(query);
      return this.check();
    }
    if (query.get("watch") !== "true") {
      this.lists.push(query);
      const answer = this.list(query);
      if (typeof answer === "object") this.#told(answer.body);
      return answer;
    }
    if (query.has("sendInitialEvents") && !this.streamsLists)
      return { status: 400, body: status(400, "forbidden for watch") };
    if (this.refusal !== undefined) return this.refusal;
    return (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
      this.watches.push({ query, response });
    };
  };

  get open(): ServerResponse | undefined {
    return this.watches.at(-1)?.response;
  }

  say(type: string, object: object): void {
    this.#told(object);
    this.open?.write(`${JSON.stringify({ type, object })}\n`);
  }

  #told(object: unknown): void {
    const version = Number(
      (object as { metadata?: { resourceVersion?: string } } | undefined)?.metadata?.resourceVersion,
    );
    if (version > this.#newest) this.#newest = version;
  }
}

export function thing(name: string, version: number | string, uid = `uid-${name}`, value: unknown = version): object {
  return { metadata: { name, namespace: "default", uid, resourceVersion: String(version) }, spec: { value } };
}

export function listOf(items: readonly object[], version: number | string, next?: string): { body: object } {
  return { body: { metadata: { resourceVersion: String(version), ...(next ? { continue: next } : {}) }, items } };
}

export function status(code: number, message: string): object {
  return { kind: "Status", apiVersion: "v1", status: "Failure", code, message };
}

export function bookmark(version: number | string, endsInitialEvents = false): object {
  const annotations = endsInitialEvents ? { "k8s.io/initial-events-end": "true" } : {};
  return { metadata: { resourceVersion: String(version), annotations } };
}
