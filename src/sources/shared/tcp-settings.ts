import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import * as z from "zod";
import { caCertificate, port, secret, text, timeoutSeconds } from "./settings.ts";

/** The settings that sources with a connection of their own have: spread them into a source's own. */
export function tcpSettings(usualPort: number) {
  return {
    host: text("Host name or address of the server"),
    port: port(usualPort),
    username: text("User name").optional(),
    password: secret("Password").optional(),
    tls: z.boolean().default(false).describe("Whether to speak TLS; the server's certificate is always checked"),
    caCertificate: caCertificate(),
    timeoutSeconds: timeoutSeconds(),
  };
}

/** What `tcpSettings` are once parsed. */
export interface TcpSettings {
  readonly host: string;
  readonly port: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tls: boolean;
  readonly caCertificate?: string | undefined;
  readonly timeoutSeconds: number;
}

/** Node's TLS options, or undefined where no TLS is asked. */
export function tlsOptions({
  tls,
  host,
  caCertificate,
}: Pick<TcpSettings, "tls" | "host" | "caCertificate">): TlsOptions | undefined {
  if (!tls) return undefined;
  return {
    // SNI takes names alone (RFC 6066).
    ...(isIP(host) ? {} : { servername: host }),
    ...(caCertificate === undefined ? {} : { ca: caCertificate }),
    // On a socket that was plain before, Node takes an address for "localhost".
    checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
  };
}

interface TlsOptions {
  readonly servername?: string;
  readonly ca?: string;
  checkServerIdentity(name: string, certificate: PeerCertificate): Error | undefined;
}

/** How errors name the server. */
export function address({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Under which key sources share a connection: all that makes it another one, credentials in a form that tells nothing. */
export function connectionKey(type: string, ...parts: readonly unknown[]): string {
  return `${type}:${createHash("sha256").update(JSON.stringify(parts)).digest("hex")}`;
}
