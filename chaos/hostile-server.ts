import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createWorkerAutoscaler } from "../test/support/end-to-end/worker-autoscalers.ts";
import type { Scene } from "./situation.ts";

export const MIB = 1 << 20;

/** A complete JSON text of about this many bytes. */
const numbers = (bytes: number) => `{"value": 1, "rest": [${"1234567,".repeat(bytes / 8)}0]}`;
const LARGE = numbers(8 * MIB - 1_024);
const ALLOWED = numbers(MIB - 1_024);

const ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "/large": (response) => void response.end(LARGE),
  "/unannounced": (response) => {
    response.write("");
    response.end(LARGE);
  },
  "/allowed": (response) => void response.end(ALLOWED),
  "/garbage": (response) => void response.end("1".repeat(MIB - 1_024)),
  "/endless": (response) => {
    const more = () => {
      while (!response.destroyed && response.write("[".repeat(65_536)));
      if (!response.destroyed) response.once("drain", more);
    };
    more();
  },
  "/slow": (response) => {
    const timer = setInterval(() => response.write(" "), 500);
    response.once("close", () => clearInterval(timer));
  },
};

/** Starts a server of hostile answers; returns its address. */
export async function startHostileServer({ stage }: Scene): Promise<string> {
  const server = createServer((request, response) => ANSWERS[request.url ?? ""]?.(response) ?? response.end());
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  stage.after(() => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Creates a Deployment and an autoscaler with this many signals, each a query of its own, on these paths in turn. */
export async function createHttpSignals(
  { stage }: Scene,
  name: string,
  { url, paths, signals }: { readonly url: string; readonly paths: readonly string[]; readonly signals: number },
): Promise<void> {
  await stage.deployment(name, 1);
  await createWorkerAutoscaler(stage, name, {
    signals: Array.from({ length: signals }, (_, index) => ({
      name: `s${index}`,
      source: { http: { url: `${url}${paths[index % paths.length]}`, path: "value", headers: { "x-n": `${index}` } } },
      backlog: { messagesPerReplica: 10 },
    })),
  });
}
