import { createHash } from "node:crypto";
import type { Agent, Dispatcher } from "undici";
import type { ConnectionTools, Shared, SourceTools } from "./source.ts";
import { SourceError } from "./source-error.ts";

/** Every read has a time limit of its own, which covers all of undici's. */
const LIMITS = { headersTimeout: 0, bodyTimeout: 0, connections: 16, keepAliveTimeout: 30_000 };

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
    const tls = this.#caCertificate === undefined ? {} : { ca: this.#caCertificate };
    this.#dispatcher ??= makeDispatcher(this.#tools, { ...LIMITS, connect: { ...tls, timeout: 0 } });
    return this.#dispatcher;
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await (await this.#dispatcher)?.destroy();
  }
}

/** Connections to HTTP servers, direct or through the proxies that the environment names. */
export async function makeDispatcher(
  { environment, network }: ConnectionTools,
  options: Agent.Options & { readonly connect?: { readonly timeout?: number; readonly ca?: string } },
): Promise<Dispatcher> {
  // undici takes a while to load.
  const { Agent, EnvHttpProxyAgent } = await import("undici");
  const variable = (name: string) => environment[name] ?? environment[name.toUpperCase()] ?? "";
  const httpProxy = variable("http_proxy");
  const httpsProxy = variable("https_proxy");
  const guarded = { ...options, connect: { ...options.connect, lookup: network.lookup } };
  const checked = (dispatcher: Dispatcher, check: (host: string) => void) =>
    dispatcher.compose((dispatch) => (request, handler) => {
      check(new URL(String(request.origin)).hostname);
      return dispatch(request, handler);
    });
  if (!httpProxy && !httpsProxy) return checked(new Agent(guarded), (host) => network.check(host));
  const ca = options.connect?.ca;
  const agent = new EnvHttpProxyAgent({
    ...guarded,
    // A tunnel for http too, as undici made before version 8.
    proxyTunnel: true,
    requestTls: ca === undefined ? {} : { ca },
    httpProxy,
    httpsProxy: httpsProxy || httpProxy,
    noProxy: variable("no_proxy"),
  });
  return checked(agent, (host) => network.checkThroughProxy(host));
}
