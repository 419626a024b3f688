import { createHash } from "node:crypto";
import { z } from "zod";
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
}: TcpSettings): { servername?: string; ca?: string } | undefined {
  if (!tls) return undefined;
  // A certificate's names are checked against an address by themselves; SNI takes names alone (RFC 6066).
  const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  return { ...servername, ...(caCertificate === undefined ? {} : { ca: caCertificate }) };
}

/** How errors name the server. */
export function address({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Under which key sources share a connection: all that makes it another one, credentials in a form that tells nothing. */
export function connectionKey(type: string, ...parts: readonly unknown[]): string {
  return `${type}:${createHash("sha256").update(JSON.stringify(parts)).digest("hex")}`;
}
