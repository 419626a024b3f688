import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { createInterface } from "node:readline";

/** Where an API server is and how to get in. */
export interface ApiAddress {
  readonly url: string;
  readonly token?: string;
  readonly ca?: string;
}

export interface ApiAnswer {
  readonly status: number;
  // Tests look deep into answers: each step checked would hide what they say.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any;
  readonly text: string;
  readonly headers: IncomingMessage["headers"];
}

export interface WatchEvent {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly object: any;
}

export interface CallOptions {
  readonly type?: string;
  readonly accept?: string;
}

export interface ApiWatch {
  /** The next event; rejects when the watch ends first or nothing comes for 20 s. */
  next(): Promise<WatchEvent>;
  /** Resolves when the server ends the watch. */
  readonly ended: Promise<void>;
  close(): void;
}

/** A bare client for an API server: a method, a path, and what comes back. */
export class ApiClient {
  readonly #address: ApiAddress;

  constructor(address: ApiAddress) {
    this.#address = address;
  }

  get = (path: string, options?: CallOptions): Promise<ApiAnswer> => this.call("GET", path, undefined, options);
  post = (path: string, body: unknown, options?: CallOptions): Promise<ApiAnswer> =>
    this.call("POST", path, body, options);
  put = (path: string, body: unknown, options?: CallOptions): Promise<ApiAnswer> =>
    this.call("PUT", path, body, options);
  delete = (path: string, body?: unknown): Promise<ApiAnswer> => this.call("DELETE", path, body);
  merge = (path: string, body: unknown): Promise<ApiAnswer> =>
    this.call("PATCH", path, body, { type: "application/merge-patch+json" });
  patch = (path: string, kind: "json" | "strategic-merge", body: unknown): Promise<ApiAnswer> =>
    this.call("PATCH", path, body, { type: `application/${kind}-patch+json` });
  apply = (path: string, body: unknown): Promise<ApiAnswer> =>
    this.call("PATCH", path, body, { type: "application/apply-patch+yaml" });

  async call(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<ApiAnswer> {
    const response = await this.#send(method, path, body, options);
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    const isJson = (response.headers["content-type"] ?? "").includes("json");
    return {
      status: response.statusCode ?? 0,
      body: isJson ? JSON.parse(text) : undefined,
      text,
      headers: response.headers,
    };
  }

  async watch(path: string, options: CallOptions = {}): Promise<ApiWatch> {
    const response = await this.#send("GET", path, undefined, options);
    const lines = createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
    // A cut connection is an end like any other: `next` says so.
    response.on("error", () => undefined);
    const ended = new Promise<void>((resolve) => response.once("close", () => resolve()));
    return {
      next: async () => {
        const line = await Promise.race([lines.next(), expiry()]);
        if (line.done === true) throw new Error("expected an event, but the watch ended");
        return JSON.parse(line.value) as WatchEvent;
      },
      ended,
      close: () => response.destroy(),
    };
  }

  #send(method: string, path: string, body: unknown, options: CallOptions): Promise<IncomingMessage> {
    const { url, token, ca } = this.#address;
    const payload = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    const headers = {
      accept: options.accept ?? "application/json",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(payload !== undefined && {
        "content-type": options.type ?? "application/json",
        "content-length": String(Buffer.byteLength(payload)),
      }),
    };
    return new Promise((resolve, reject) => {
      const send = url.startsWith("https") ? httpsRequest : httpRequest;
      const asked = send(new URL(path, url), { method, headers, ...(ca !== undefined && { ca }) }, resolve);
      asked.on("error", reject);
      asked.end(payload);
    });
  }
}

function expiry(): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error("expected an event within 20 s")), 20_000).unref();
  });
}
