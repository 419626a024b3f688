import { isIP } from "node:net";

/** A server's host, without the brackets of an IPv6 address, and its port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const HOST = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?$/;

/** What is wrong with a host: a name, or an IP address without brackets. */
export function hostProblem(host: string): string | undefined {
  if (HOST.test(host) || isIP(host) !== 0) return undefined;
  return `expected a host name or an IP address, got ${shownAddress(host)}`;
}

/** Reads "host:port" or "[IPv6]:port"; a port may be left out only where there is a usual one. What is wrong is a text. */
export function hostPortOf(address: string, usualPort?: number): HostPort | string {
  const match = /^(?:\[(?<six>[^\]]*)\]|(?<name>[^:]*))(?::(?<port>[^:]*))?$/.exec(address);
  const { six, name, port } = match?.groups ?? {};
  if (match === null) {
    const hint = isIP(address) === 6 ? ": an IPv6 address stands in brackets" : "";
    return `expected host:port, got ${shownAddress(address)}${hint}`;
  }
  const wrong = six === undefined ? hostProblem(name ?? "") : isIP(six) === 6 ? undefined : "wrong";
  if (wrong !== undefined) return `expected host:port, got ${shownAddress(address)}`;
  if (port === undefined && usualPort !== undefined) return { host: six ?? name ?? "", port: usualPort };
  if (port === undefined) return `expected host:port, got ${shownAddress(address)}: the port is missing`;
  const number = portOf(port);
  if (number === undefined) return `expected a port from 1 to 65535, got ${shownAddress(port)}`;
  return { host: six ?? name ?? "", port: number };
}

/** A port's number, where the text is one. */
export function portOf(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : undefined;
}

/**
 * Reads a URL strictly: one of these schemes, a host, escapes that can be decoded, and no character in the user name,
 * password or elsewhere that moves the host to another place (an unescaped "@", "#" or blank).
 */
export function urlOf(text: string, schemes: readonly string[]): URL | string {
  const expected = `expected a URL such as ${schemes[0]}://host:port`;
  const [, scheme = "", authority = "", rest = ""] = /^([a-z]+):\/\/([^/?#]*)(.*)$/is.exec(text) ?? [];
  if (!schemes.includes(scheme.toLowerCase())) return `${expected}, got ${shownAddress(text)}`;
  // Where a password holds a "/", "?" or "#", what follows would be taken for a path.
  const strays = [...authority].filter((character) => character === "@").length - 1;
  if (strays > 0 || /[\s\\]/.test(text) || /[#]/.test(rest) || /@/.test(rest)) {
    return `${expected}, got one with a "@", "#", "\\" or blank that is not escaped: write %40 for "@", %23 for "#"`;
  }
  if (!isEscapedWell(authority) || !isEscapedWell(rest)) return `${expected}, got one with a "%" that escapes nothing`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const host = url?.hostname.replace(/^\[(.*)\]$/, "$1");
  if (url === undefined || host === undefined || hostProblem(host) !== undefined) {
    return `${expected}, got ${shownAddress(text)}`;
  }
  return url;
}

/** An address for a message: what may be a user name and a password is left out. */
export function shownAddress(text: string): string {
  return JSON.stringify(text.replace(/[^/\s]*@/g, "...@"));
}

function isEscapedWell(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}
