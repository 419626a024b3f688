import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici";
import type { SourceTools } from "./source.ts";

/**
 * Connections to HTTP servers, directly or through the proxies that the environment names. To be imported when the first
 * request is made: undici takes a while to load.
 */
export function makeDispatcher(
  environment: SourceTools["environment"],
  options: Agent.Options & { readonly connect?: { readonly timeout?: number; readonly ca?: string } },
): Dispatcher {
  const variable = (name: string) => environment[name] ?? environment[name.toUpperCase()] ?? "";
  const httpProxy = variable("http_proxy");
  const httpsProxy = variable("https_proxy");
  if (!httpProxy && !httpsProxy) return new Agent(options);
  const ca = options.connect?.ca;
  return new EnvHttpProxyAgent({
    ...options,
    // A tunnel for http too, as undici made before version 8.
    proxyTunnel: true,
    requestTls: ca === undefined ? {} : { ca },
    httpProxy,
    httpsProxy: httpsProxy || httpProxy,
    noProxy: variable("no_proxy"),
  });
}
