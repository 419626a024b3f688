import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import constant from "../../src/sources/constant.ts";
import cron from "../../src/sources/cron.ts";
import { SOURCES } from "../../src/sources/registry.generated.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { stopAtRandomMoment } from "../support/end-to-end/stop-at-random-moment.ts";
import { SANDBOX } from "../support/end-to-end/test-cluster.ts";
import { installWorkerAutoscalers } from "../support/end-to-end/worker-autoscalers.ts";
import { createForEach, everySource } from "../support/every-source.ts";
import { freePort, type ScriptedTcp, scriptedTcp } from "../support/scripted-tcp.ts";

const ROUNDS = 10;

/** The cluster's part in it is the same on all of them. The real servers have their turn in `make chaos`. */
describe("stopping at any moment, with each source", { timeout: 500_000 }, () => {
  let hanging: ScriptedTcp;

  before(async () => {
    hanging = await scriptedTcp((socket) => void socket.resume());
  });
  after(() => hanging?.close());

  test("every source that asks a server is tried", () => {
    const withoutServer = [constant.type, cron.type];
    const types = SOURCES.map(({ type }) => type).filter((type) => !withoutServer.includes(type));
    assert.deepEqual(Object.keys(everySource(hanging)).sort(), types.sort());
    for (const source of SOURCES) {
      const settings = Object.entries(everySource(hanging)).find(([type]) => type === source.type)?.[1];
      if (settings !== undefined) source.settings.parse(settings);
    }
  });

  for (const server of ["accepts and never answers", "refuses"] as const) {
    test(`SIGTERM ends the process by itself, while every server ${server}`, async (t) => {
      const stage = await Stage.open(SANDBOX);
      t.after(() => stage.close());
      await installWorkerAutoscalers(stage);
      const address = server === "refuses" ? { host: "127.0.0.1", port: await freePort() } : hanging;
      await createForEach(stage, everySource(address));
      for (let round = 0; round < ROUNDS; round += 1) {
        const { held, seen } = await stopAtRandomMoment(stage, round);
        assert.ok(held, seen);
      }
    });
  }
});
