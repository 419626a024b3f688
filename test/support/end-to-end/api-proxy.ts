import {
  createServer,
  type IncomingMessage,
  request as plainRequest,
  type Server,
  type ServerResponse,
} from "node:http";
import { Agent, request as secureRequest } from "node:https";
import type { AddressInfo } from "node:net";

/** One request of the program under test to the API server. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  /** performance.now() of its arrival. */
  readonly at: number;
  /** Of the answer that was passed on, once there is one. */
  status?: number;
  /** performance.now() of that answer. */
  answeredAt?: number;
}

/** What to do with a request: pass it on (undefined), answer it oneself, or end its connection. */
export type Interference = { readonly status: number; readonly body?: object; readonly retryAfter?: number } | "cut";

/** Where requests go to. */
export interface Upstream {
  readonly url: string;
  readonly token?: string;
  readonly ca?: string;
}

/** A plain HTTP proxy in front of an API server, which sees every request and may interfere with it. */
export class ApiProxy {
  readonly requests: ApiRequest[] = [];
  /** May take its time: then the API server is slow. */
  interfere: (request: ApiRequest) => Promise<Interference | undefined> | Interference | undefined = () => undefined;
  readonly #upstream: Upstream;
  readonly #agent: Agent;
  readonly #watches = new Set<ServerResponse>();
  #server: Server | undefined;
  #port = 0;

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
    this.#agent = new Agent({ keepAlive: true, ...(upstream.ca === undefined ? {} : { ca: upstream.ca }) });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Takes connections, on the same port as before. */
  async open(): Promise<void> {
    const server = createServer((incoming, response) => {
      this.#carry(incoming, response).catch(() => response.destroy());
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Ends all connections and takes no more. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    this.#agent.destroy();
  }

  /** Ends all watches in the middle; returns how many there were. */
  cutWatches(): number {
    const watches = [...this.#watches];
    for (const response of watches) response.destroy();
    return watches.length;
  }

  /** Everything that was to change something and had an answer, but for the lease and its holder's renewals. */
  writes(): readonly ApiRequest[] {
    return this.requests.filter(({ method, path }) => method !== "GET" && !path.includes("/leases"));
  }

  /** Requests to change the scale of one workload. */
  scalings(name: string): readonly ApiRequest[] {
    return this.requests.filter(({ method, path }) => method === "PATCH" && path.endsWith(`/${name}/scale`));
  }

  /** Writes of one object's status. */
  statuses(name: string): readonly ApiRequest[] {
    return this.requests.filter(({ method, path }) => method === "PATCH" && path.endsWith(`/${name}/status`));
  }

  /** Watches that were asked for. */
  watches(plural: string): readonly ApiRequest[] {
    return this.requests.filter(({ path, query }) => path.endsWith(`/${plural}`) && query.has("watch"));
  }

  async #carry(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { pathname, searchParams } = new URL(incoming.url ?? "/", this.url);
    const asked: ApiRequest = {
      method: incoming.method ?? "GET",
      path: pathname,
      query: searchParams,
      body: body.toString(),
      at: performance.now(),
    };
    this.requests.push(asked);
    const interference = await this.interfere(asked);
    if (interference === "cut") response.destroy();
    else if (interference !== undefined) answer(asked, response, interference);
    // A caller that has given up meanwhile gets nothing done.
    else if (!response.destroyed) this.#pass(asked, { incoming, body }, response);
  }

  #pass(asked: ApiRequest, { incoming, body }: { incoming: IncomingMessage; body: Buffer }, response: ServerResponse) {
    const { url, token } = this.#upstream;
    const target = new URL(incoming.url ?? "/", url);
    const headers = { ...incoming.headers, host: target.host, ...(token && { authorization: `Bearer ${token}` }) };
    const isSecure = target.protocol === "https:";
    const options = { method: asked.method, headers, ...(isSecure && { agent: this.#agent }) };
    const upstream = (isSecure ? secureRequest : plainRequest)(target, options, (reply) => {
      asked.status = reply.statusCode ?? 0;
      asked.answeredAt = performance.now();
      response.writeHead(asked.status, reply.headers);
      reply.pipe(response);
      reply.on("close", () => response.end());
      reply.on("error", () => response.destroy());
      if (!asked.query.has("watch")) return;
      this.#watches.add(response);
      response.flushHeaders();
      response.on("close", () => this.#watches.delete(response));
    });
    upstream.on("error", () => response.destroy());
    response.on("close", () => upstream.destroy());
    upstream.end(body);
  }
}

function answer(asked: ApiRequest, response: ServerResponse, { status, body, retryAfter }: Interference & object) {
  asked.status = status;
  const text = JSON.stringify(body ?? { kind: "Status", apiVersion: "v1", status: "Failure", code: status });
  const wait = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  response.writeHead(status, { "content-type": "application/json", ...wait }).end(text);
}
