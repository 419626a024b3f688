import { decide } from "../../src/core/index.ts";
import { Journal } from "../../src/journal/journal.ts";
import { startHttpServer } from "../../src/server/http-server.ts";
import { Metrics } from "../../src/server/metrics.ts";
import type { ProtectionGround } from "../../src/server/protection.ts";
import { controllerWorld } from "./controller-world.ts";

export interface ProtectionReply {
  readonly code: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look deep into answers
  readonly body: any;
  readonly headers: Headers;
}

/** A controller's HTTP server, for its protection call. `lines`: what it logged. */
export async function protectionServer(protection: ProtectionGround | undefined) {
  const metrics = new Metrics("1.2.3");
  const world = controllerWorld({ telemetry: metrics.telemetry });
  const lines: string[] = [];
  const note = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const server = await startHttpServer({
    address: { host: "127.0.0.1", port: 0 },
    ...{ controller: world.controller, journal: new Journal(), decide, metrics, protection },
    log: { debug: note, info: note, warn: note, error: note },
    statusAuth: { by: "loopback" },
    waitingFor: () => [],
  });
  const url = `${server.url}/api/v1/protection`;
  return {
    ...{ url, lines },
    async call(method: string, token?: string, body?: unknown): Promise<ProtectionReply> {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
      const response = await fetch(url, { method, headers, ...sent });
      const text = await response.text();
      return { code: response.status, body: text === "" ? undefined : JSON.parse(text), headers: response.headers };
    },
    async close() {
      await server.close();
      await world.stop();
    },
  };
}
