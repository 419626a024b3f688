/** Where to listen. No host: everywhere. */
export interface ListenAddress {
  readonly host?: string;
  readonly port: number;
}

/** Reads ":8787", "8787", "127.0.0.1:8787" or "[::1]:8787". Throws an Error made for whoever wrote the address. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:(?<host>\[[0-9a-fA-F:.]+\]|[^:[\]\s/]*):)?(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.port);
  if (match === null || port > 65_535) {
    throw new Error(`expected an address to listen on such as ":8787" or "127.0.0.1:8787", got "${text}"`);
  }
  const host = match.groups?.host?.replace(/^\[|\]$/g, "") ?? "";
  return host === "" ? { port } : { host, port };
}
