import { lineLog } from "../../src/controller/log.ts";
import { decide } from "../../src/core/index.ts";
import { Journal } from "../../src/journal/journal.ts";
import { type RunningServer, startHttpServer } from "../../src/server/http-server.ts";
import { Metrics } from "../../src/server/metrics.ts";
import { SourceError } from "../../src/sources/shared/source-error.ts";
import { controllerWorld, parsedAutoscaler } from "./controller-world.ts";

const QUIET = lineLog({ format: "text", level: "error", now: Date.now, write: (line) => process.stderr.write(line) });

/** A controller, its journal and its HTTP server, with queues and workloads in memory, at a time that a test moves. */
export async function fleetWorld(port = 0) {
  const metrics = new Metrics("1.2.3");
  const journal = new Journal();
  const world = controllerWorld({ telemetry: metrics.telemetry, recorder: journal });
  const add = (
    name: string,
    replicas: number,
    backlog: number,
    fields: Parameters<typeof parsedAutoscaler>[1] = {},
  ) => {
    world.workloads.set(name, replicas, { availableReplicas: replicas });
    world.queue(name).answer = { value: backlog, waiting: backlog, inFlight: 0, arrivalsPerMinute: backlog };
    world.controller.keep(parsedAutoscaler(name, fields));
  };
  const serve = (on: number): Promise<RunningServer> =>
    startHttpServer({
      ...{ address: { host: "127.0.0.1", port: on }, controller: world.controller, journal, decide, metrics },
      ...{ now: () => world.clock.wall(), log: QUIET, statusAuth: { by: "loopback" }, waitingFor: () => [] },
    });
  let server = await serve(port);
  await world.elect();
  return {
    ...world,
    add,
    url: server.url,
    /** The server ends, with all connections, and comes back on its port. */
    async restart(between: () => Promise<void> = async () => undefined) {
      await server.close();
      await between();
      server = await serve(Number(new URL(server.url).port));
    },
    async close() {
      await server.close();
      await world.stop();
    },
  };
}

export type FleetWorld = Awaited<ReturnType<typeof fleetWorld>>;

/** An hour in which each state of the fleet comes about. */
export async function eventfulHour(world: FleetWorld): Promise<void> {
  const { add, queue, clock } = world;
  add("checkout-mail", 2, 12);
  add("invoices", 4, 900, { coolDownSeconds: 60 });
  add("thumbnails", 3, 8, { coolDownSeconds: 60, maxReplicas: 20 });
  add("search-index", 5, 40);
  add("webhooks", 2, 0, { mode: "DryRun" });
  add("nightly-report", 1, 500, { mode: "Paused" });
  add("audit-log", 0, 0);
  for (let minute = 0; minute < 60; minute += 1) {
    const wave = 70 + 60 * Math.sin(minute / 7);
    queue("checkout-mail").answer = {
      value: Math.round(wave),
      waiting: Math.round(wave * 0.8),
      inFlight: 6,
      oldestSeconds: Math.round(wave / 3),
    };
    queue("thumbnails").answer = {
      value: Math.round(wave * 1.7),
      waiting: Math.round(wave * 1.7),
      oldestSeconds: minute,
    };
    queue("invoices").answer = {
      value: 80 + minute * 18,
      waiting: 70 + minute * 18,
      inFlight: 10,
      oldestSeconds: Math.round(30 + minute ** 2 / 6),
    };
    if (minute === 45)
      queue("search-index").answer = new SourceError("Unavailable", "connect ECONNREFUSED 10.0.0.7:5672");
    await clock.advance(60_000);
  }
  queue("thumbnails").answer = { value: 4, waiting: 4, oldestSeconds: 2 };
  await clock.advance(30_000);
}
