import { BlockList, isIP } from "node:net";

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy to reach `server` through: `proxy-url` of the kubeconfig, else HTTPS_PROXY or HTTP_PROXY less NO_PROXY. */
export function proxyFor(server: URL, configured: string | undefined, environment: Environment): URL | undefined {
  if (configured !== undefined) return proxyUrl(configured, "proxy-url");
  const name = server.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const value = environment[name] ?? environment[name.toLowerCase()];
  if (!value || isExempt(server, environment.NO_PROXY ?? environment.no_proxy ?? "")) return undefined;
  return proxyUrl(value.includes("://") ? value : `http://${value}`, name);
}

function proxyUrl(value: string, field: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new Error(`expected ${field} to be an http:// or https:// address, got ${url?.protocol ?? "something else"}`);
}

/** Go's rules, which cluster administrators know: hosts, suffixes, addresses, networks, "*"; loopback never. */
function isExempt(server: URL, list: string): boolean {
  const host = server.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = server.port || (server.protocol === "https:" ? "443" : "80");
  if (host === "localhost" || host === "::1" || host.startsWith("127.")) return true;
  return list
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== "" && matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === "*" || entry === host || entry === `${host}:${port}`) return true;
  if (isIP(host) !== 0) return isInNetwork(entry, host);
  const suffix = entry.replace(/^\*?\.?/, "").replace(/:\d+$/, "");
  return host === suffix ? !entry.startsWith(".") : host.endsWith(`.${suffix}`);
}

function isInNetwork(entry: string, host: string): boolean {
  const [network = "", bits] = entry.split("/");
  if (bits === undefined || isIP(network) === 0 || isIP(network) !== isIP(host)) return false;
  const family = isIP(host) === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(host, family);
}
