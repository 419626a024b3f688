/** Names the server that settings lead to, the same for all sources that ask it; undefined where they name none. */
export function serverOf(type: string, settings: Readonly<Record<string, unknown>>): string | undefined {
  const { host, port, url, queueUrl = url, endpoint = queueUrl, brokers } = settings;
  if (typeof host === "string") return `${type} ${host}:${port}`;
  if (typeof endpoint === "string" && URL.canParse(endpoint)) return new URL(endpoint).origin;
  return Array.isArray(brokers) ? `${type} ${[...brokers].sort().join()}` : undefined;
}
