import { scaledTo } from "../../test/support/end-to-end/expectations.ts";
import { createPairs, type Situation, secondsSince, startCandidate } from "../situation.ts";

const MOST_SECONDS = 3;
/** As the Deployment sets them from the pod. */
const env = { POD_NAME: "muster-0", POD_UID: "7f0d4a52-0d0c-4b6f-9c0a-1d6f3c1b2a90" };

export default {
  about: "kill -9 of the only process while its workload is at zero; a message comes; the container is started again",
  expected: `the workload is scaled within ${MOST_SECONDS} s of the new start`,
  rounds: 5,
  async play(scene, { rounds }) {
    let muster = await startCandidate(scene, { env });
    await muster.saying("Acting");
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const name = `worker-${round}`;
      await createPairs(scene, [name]);
      await muster.stop("SIGKILL");
      await scene.queue.put(name);
      const startedAt = performance.now();
      muster = await startCandidate(scene, { env });
      await scaledTo(scene.stage, name, 1);
      times.push(secondsSince(startedAt));
    }
    const shown = times.map((seconds) => seconds.toFixed(1)).join(", ");
    return { seen: `${shown} s after the start`, held: Math.max(...times) <= MOST_SECONDS };
  },
} satisfies Situation;
