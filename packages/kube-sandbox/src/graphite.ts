import { HttpServer } from "./server/http-server.ts";

export interface GraphiteServerOptions {
  /** The current value of the series that a render target names; undefined if there is no such series. */
  readonly latest: (target: string) => number | undefined;
  /** The default, 0, takes a free one. */
  readonly port?: number;
  readonly now?: () => number;
}

export interface GraphiteServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const STEP_SECONDS = 10;
const POINTS = 6;

/**
 * Starts a metric server that answers Graphite's render API with one series for each target. As in Graphite, the
 * current bucket is still filling: its value is null, and the newest known value is in the bucket before it.
 */
export async function startGraphiteServer({
  latest,
  port,
  now = Date.now,
}: GraphiteServerOptions): Promise<GraphiteServer> {
  const server = new HttpServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://graphite");
    if (pathname.replace(/\/$/, "") !== "/render") return void response.writeHead(404).end("not found");
    const target = searchParams.get("target") ?? "";
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(series(target, latest(target), Math.floor(now() / 1000))));
  }, port);
  await server.listen();
  return { host: HOST, port: server.port, close: () => server.close() };
}

function series(target: string, value: number | undefined, second: number): readonly object[] {
  if (value === undefined) return [];
  const older = Array.from({ length: POINTS }, (_, index) => [value, second - 1 - (POINTS - 1 - index) * STEP_SECONDS]);
  return [{ target, datapoints: [...older, [null, second]] }];
}
