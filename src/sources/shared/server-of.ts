/** Names the server that settings lead to, the same for all sources that ask it; undefined where they name none. */
export function serverOf(type: string, settings: Readonly<Record<string, unknown>>): string | undefined {
  const { host, port, url, brokers } = settings;
  if (typeof host === "string") return `${type} ${host}:${port}`;
  if (typeof url === "string" && URL.canParse(url)) return new URL(url).origin;
  return Array.isArray(brokers) ? `${type} ${[...brokers].sort().join()}` : undefined;
}
