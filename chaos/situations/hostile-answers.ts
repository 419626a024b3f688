import { setTimeout as pause } from "node:timers/promises";
import { installWorkerAutoscalers } from "../../test/support/end-to-end/worker-autoscalers.ts";
import { createHttpSignals, MIB, startHostileServer } from "../hostile-server.ts";
import { type Situation, startCandidate } from "../situation.ts";
import { MOST_WAKE_MS, Victims } from "../victims.ts";

const SIGNALS = 20;
/** With the limit of 8 MiB, answers under way may take 64 MiB and their texts as much again. */
const MOST_MIB = 400;
const HELD_BACK_MS = 5_000;
const LIMITS = [
  ["1 MiB", []],
  ["8 MiB", ["--max-answer-bytes", String(8 * MIB)]],
] as const;

export default {
  about: `${SIGNALS} http signals of one object, each second, on large, garbage, endless and slow answers, with the usual limit and with 8 MiB`,
  expected: `another object's workload wakes within ${MOST_WAKE_MS} ms, the lease is kept, at most ${MOST_MIB} MiB`,
  rounds: 8,
  async play(scene, { rounds, progress }) {
    const url = await startHostileServer(scene);
    await installWorkerAutoscalers(scene.stage);
    const victims = await Victims.open(scene, LIMITS.length * rounds);
    await createHttpSignals(scene, "large", { url, paths: ["/large", "/unannounced"], signals: SIGNALS });
    const paths = ["/allowed", "/garbage", "/endless", "/slow"];
    await createHttpSignals(scene, "others", { url, paths, signals: SIGNALS });
    const outcomes = [];
    for (const [limit, flags] of LIMITS) {
      const muster = await startCandidate(scene, { flags });
      await pause(HELD_BACK_MS);
      const { held, peakMebibytes, seen } = await victims.wake(muster, rounds);
      await muster.stop();
      outcomes.push({ seen: `limit ${limit}: ${seen}`, held: held && peakMebibytes <= MOST_MIB });
      progress(`limit ${limit}: ${seen}`);
    }
    return { seen: outcomes.map(({ seen }) => seen).join("; "), held: outcomes.every(({ held }) => held) };
  },
} satisfies Situation;
