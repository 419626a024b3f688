import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici";
import type { ConnectionTools } from "./source.ts";

/**
 * Connections to HTTP servers, directly or through the proxies that the environment names. To be imported when the first
 * request is made: undici takes a while to load.
 */
export function makeDispatcher(
  { environment, network }: ConnectionTools,
  options: Agent.Options & { readonly connect?: { readonly timeout?: number; readonly ca?: string } },
): Dispatcher {
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
