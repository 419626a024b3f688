import { setTimeout as pause } from "node:timers/promises";
import { conditionOf, scaledTo } from "../../test/support/end-to-end/expectations.ts";
import { groupPath } from "../../test/support/end-to-end/objects.ts";
import { createPairs, type Situation, secondsSince } from "../situation.ts";

const MOST_SECONDS = 35;
/** Watches come back this much later than writes could be made. */
const WATCHES_LATER_MS = 5_000;

export default {
  about: "an autoscaler is deleted while the API server cannot be reached, and messages arrive; watches come back last",
  expected: `no scaling of the deleted one's workload; another is scaled within ${MOST_SECONDS} s of the reconnect`,
  rounds: 5,
  async play(scene, { rounds, progress }) {
    const { stage, queue } = scene;
    const names = Array.from({ length: rounds }, (_, round) => [`deleted-${round}`, `kept-${round}`] as const);
    await createPairs(scene, names.flat());
    await stage.run().ready();
    for (const name of names.flat()) await conditionOf(stage, name, "Ready", "ReadyForNewScale");
    let slowest = 0;
    for (const [deleted, kept] of names) {
      await stage.proxy.close();
      await stage.remove(`${groupPath("default")}/${deleted}`);
      for (const name of [deleted, kept]) await queue.put(name);
      await pause(1_000);
      stage.proxy.interfere = async ({ query }) => {
        if (query.has("watch")) await pause(WATCHES_LATER_MS);
        return undefined;
      };
      const reconnected = performance.now();
      await stage.proxy.open();
      await scaledTo(stage, kept, 1);
      slowest = Math.max(slowest, secondsSince(reconnected));
      await pause(WATCHES_LATER_MS);
      stage.proxy.interfere = () => undefined;
      progress(`${kept} was scaled, ${deleted} ${stage.proxy.scalings(deleted).length} times`);
    }
    const wrong = names.filter(([deleted]) => stage.proxy.scalings(deleted).length > 0).length;
    const seen = `${wrong} of ${rounds} deleted ones were scaled; the others at most ${slowest.toFixed(1)} s after`;
    return { seen, held: wrong === 0 && slowest <= MOST_SECONDS };
  },
} satisfies Situation;
