import { Stage } from "../../test/support/end-to-end/stage.ts";
import { stopAtRandomMoment } from "../../test/support/end-to-end/stop-at-random-moment.ts";
import { REAL_API_SERVER } from "../../test/support/end-to-end/test-cluster.ts";
import { installWorkerAutoscalers } from "../../test/support/end-to-end/worker-autoscalers.ts";
import { createForEach, everySource } from "../../test/support/every-source.ts";
import { scriptedTcp } from "../../test/support/scripted-tcp.ts";
import { startEveryServer } from "../../test/support/servers/every-server.ts";
import type { Outcome, Situation, SituationOptions } from "../situation.ts";

const ROUNDS = 20;

export const sigterm: Situation = {
  name: "sigterm",
  about: "SIGTERM at random moments of the first seconds, with every source at once: real servers, then ones that hang",
  expected: "the process ends by itself, with status 0",
  async run(options) {
    const real = await onStage(async (stage) => stopOften(stage, await startEveryServer(stage), "real", options));
    const hanging = await onStage(async (stage) => {
      const server = await scriptedTcp((socket) => void socket.resume());
      stage.after(() => server.close());
      return stopOften(stage, everySource(server), "hanging", options);
    });
    return { seen: `${real.seen}; ${hanging.seen}`, held: real.held && hanging.held };
  },
};

async function onStage(body: (stage: Stage) => Promise<Outcome>): Promise<Outcome> {
  const stage = await Stage.open(REAL_API_SERVER);
  try {
    await installWorkerAutoscalers(stage);
    return await body(stage);
  } finally {
    await stage.close();
  }
}

async function stopOften(
  stage: Stage,
  settingsByType: Readonly<Record<string, object>>,
  kind: string,
  { rounds = ROUNDS, progress }: SituationOptions,
): Promise<Outcome> {
  await createForEach(stage, settingsByType);
  const milliseconds: number[] = [];
  let failed = 0;
  for (let round = 0; round < rounds; round += 1) {
    const outcome = await stopAtRandomMoment(stage, round);
    milliseconds.push(outcome.milliseconds);
    if (outcome.held) continue;
    failed += 1;
    progress(outcome.seen);
  }
  const sources = Object.keys(settingsByType).length;
  const longest = (Math.max(...milliseconds) / 1000).toFixed(1);
  const seen = `${sources} sources on ${kind} servers: ${rounds - failed} of ${rounds} ended, after ${longest} s at most`;
  return { seen, held: failed === 0 };
}
