import { createHash } from "node:crypto";
import type { Dispatcher } from "undici";
import type { ConnectionTools, Shared, SourceTools } from "./source.ts";
import { SourceError } from "./source-error.ts";

/** The connections that all sources with one TLS configuration share. */
export class HttpAgent implements Shared {
  readonly #caCertificate: string | undefined;
  readonly #tools: ConnectionTools;
  #dispatcher: Promise<Dispatcher> | undefined;
  #isDisposed = false;

  constructor(caCertificate: string | undefined, tools: ConnectionTools) {
    this.#caCertificate = caCertificate;
    this.#tools = tools;
  }

  /** Takes the agent for this TLS configuration from what sources share. */
  static share(caCertificate: string | undefined, tools: SourceTools) {
    const trust = createHash("sha256")
      .update(caCertificate ?? "")
      .digest("hex");
    return tools.share(`http-agent:${trust}`, () => new HttpAgent(caCertificate, tools));
  }

  async dispatcher(): Promise<Dispatcher> {
    if (this.#isDisposed) throw new SourceError("Unavailable", "the connection was closed");
    this.#dispatcher ??= this.#make();
    return this.#dispatcher;
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await (await this.#dispatcher)?.destroy();
  }

  async #make(): Promise<Dispatcher> {
    const { makeDispatcher } = await import("./dispatcher.ts");
    const tls = this.#caCertificate === undefined ? {} : { ca: this.#caCertificate };
    // Each look has a time limit of its own, which covers all of these.
    const limits = { headersTimeout: 0, bodyTimeout: 0, connections: 16, keepAliveTimeout: 30_000 };
    return makeDispatcher(this.#tools, { ...limits, connect: { ...tls, timeout: 0 } });
  }
}
