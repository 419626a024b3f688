import { scaledTo } from "../../test/support/end-to-end/expectations.ts";
import { createPairs, type Situation, secondsSince, startCandidate } from "../situation.ts";

const MOST_SECONDS = 6;

export default {
  about: "kill -9 of the leader while a standby waits; then a message arrives",
  expected: `the standby scales within ${MOST_SECONDS} s of the kill`,
  async play(scene) {
    await createPairs(scene, ["worker"]);
    const leader = await startCandidate(scene);
    await leader.saying("Acting");
    await startCandidate(scene);
    const killedAt = performance.now();
    await leader.stop("SIGKILL");
    await scene.queue.put("worker");
    await scaledTo(scene.stage, "worker", 1);
    const seconds = secondsSince(killedAt);
    return { seen: `scaled ${seconds.toFixed(1)} s after the kill`, held: seconds <= MOST_SECONDS };
  },
} satisfies Situation;
