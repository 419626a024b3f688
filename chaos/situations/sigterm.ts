import type { Stage } from "../../test/support/end-to-end/stage.ts";
import { stopAtRandomMoment } from "../../test/support/end-to-end/stop-at-random-moment.ts";
import { installWorkerAutoscalers } from "../../test/support/end-to-end/worker-autoscalers.ts";
import { createForEach, everySource } from "../../test/support/every-source.ts";
import { scriptedTcp } from "../../test/support/scripted-tcp.ts";
import { startEveryServer } from "../../test/support/servers/every-server.ts";
import { type Outcome, type Situation, type SituationOptions, withScene } from "../situation.ts";

export default {
  about: "SIGTERM at random moments of the first seconds, with every source at once: real servers, then ones that hang",
  expected: "the process ends by itself, with status 0",
  rounds: 20,
  async play({ stage }, options) {
    const real = await stopOften(stage, await startEveryServer(stage), "real", options);
    const hanging = await withScene(async (another) => {
      const server = await scriptedTcp((socket) => void socket.resume());
      another.stage.after(() => server.close());
      return stopOften(another.stage, everySource(server), "hanging", options);
    });
    return { seen: `${real.seen}; ${hanging.seen}`, held: real.held && hanging.held };
  },
} satisfies Situation;

async function stopOften(
  stage: Stage,
  settingsByType: Readonly<Record<string, object>>,
  kind: string,
  { rounds, progress }: SituationOptions,
): Promise<Outcome> {
  await installWorkerAutoscalers(stage);
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
