import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { atEnd, type Ending } from "../at-end.ts";
import { requirement } from "../requirement.ts";
import { freePort } from "../scripted-tcp.ts";
import { accepts, runServer, temporaryFolder } from "./server-process.ts";

export const REDIS = requirement("redis-server", "install it with `apt-get install redis-server`");

export interface RedisServer {
  readonly host: string;
  readonly port: number;
  /** A connection to prepare data with. */
  readonly client: Redis;
  stop(): Promise<void>;
}

/** A real Redis on a free port (TLS, if given a certificate), without a file on disk. */
export async function startRedis(test: Ending, tls?: { key: string; cert: string }): Promise<RedisServer> {
  const folder = await temporaryFolder(test);
  const port = await freePort();
  const args = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
  if (tls) {
    await writeFile(join(folder, "key.pem"), tls.key);
    await writeFile(join(folder, "cert.pem"), tls.cert);
    args.push("--port", "0", "--tls-port", String(port), "--tls-auth-clients", "no");
    args.push("--tls-key-file", "key.pem", "--tls-cert-file", "cert.pem");
  } else {
    args.push("--port", String(port));
  }
  const stop = await runServer(test, { path: REDIS.path ?? "", args, folder, ready: () => accepts(port) });
  const client = new Redis({
    host: "127.0.0.1",
    port,
    ...(tls ? { tls: { ca: tls.cert } } : {}),
    retryStrategy: () => null,
  });
  client.on("error", () => client.disconnect());
  atEnd(test, () => client.disconnect());
  return { host: "127.0.0.1", port, client, stop };
}
