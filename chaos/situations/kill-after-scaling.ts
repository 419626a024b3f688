import { setTimeout as pause } from "node:timers/promises";
import { conditionOf, scaledTo } from "../../test/support/end-to-end/expectations.ts";
import { eventually } from "../../test/support/waiting.ts";
import { createPairs, type Situation } from "../situation.ts";

const COOL_DOWN_SECONDS = 4;
const LATEST_KILL_MS = 200;

export default {
  about: "kill -9 within 0.2 s after a scaling up, and the messages are gone; then a restart",
  expected: `0 scale-downs before the cool-down of ${COOL_DOWN_SECONDS} s is over`,
  rounds: 50,
  async play(scene, { rounds, progress }) {
    const { stage, queue } = scene;
    const name = "worker";
    await createPairs(scene, [name]);
    const flags = ["--scale-down-delay-after-last-scale-activity", `${COOL_DOWN_SECONDS}`];
    const scaled = () => stage.proxy.scalings(name).filter(({ status }) => status === 200);
    const waits: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const before = scaled().length;
      const first = await stage.run(flags).ready();
      await conditionOf(stage, name, "Ready", "ReadyForNewScale");
      const job = await queue.put(name);
      const up = await eventually(
        async () => scaled()[before] ?? Promise.reject(new Error("expected a scaling up, got none")),
        { pauseMs: 1 },
      );
      await pause(Math.random() * LATEST_KILL_MS);
      await first.stop("SIGKILL");
      await queue.command(`delete ${job}`);
      const second = stage.run(flags);
      await scaledTo(stage, name, 0);
      await second.stop("SIGKILL");
      const down = scaled()[before + 1];
      if (down === undefined) throw new Error("expected a scaling down, got none");
      waits.push((down.at - up.at) / 1000);
      if (round % 10 === 0) progress(`${round} rounds, soonest scale-down ${Math.min(...waits).toFixed(1)} s after`);
    }
    const early = waits.filter((seconds) => seconds < COOL_DOWN_SECONDS).length;
    const [soonest, latest] = [Math.min(...waits), Math.max(...waits)].map((seconds) => seconds.toFixed(1));
    return {
      seen: `${early} of ${rounds} too early; ${soonest} to ${latest} s after the scaling`,
      held: early === 0,
    };
  },
} satisfies Situation;
