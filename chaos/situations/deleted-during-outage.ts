import { setTimeout as pause } from "node:timers/promises";
import { conditionOf, scaledTo } from "../../test/support/end-to-end/expectations.ts";
import { groupPath } from "../../test/support/end-to-end/objects.ts";
import { Stage } from "../../test/support/end-to-end/stage.ts";
import { REAL_API_SERVER } from "../../test/support/end-to-end/test-cluster.ts";
import type { Situation } from "../situation.ts";

const ROUNDS = 5;
const MOST_SECONDS = 35;
/** Watches come back this much later than writes could be made. */
const WATCHES_LATER_MS = 5_000;

export const deletedDuringOutage: Situation = {
  name: "deleted-during-outage",
  about: "an autoscaler is deleted while the API server cannot be reached, and messages arrive; watches come back last",
  expected: `no scaling of the deleted one's workload; another is scaled within ${MOST_SECONDS} s of the reconnect`,
  async run({ rounds = ROUNDS, progress }) {
    const stage = await Stage.open(REAL_API_SERVER);
    try {
      const beanstalkd = await stage.beanstalkd();
      const queue = await beanstalkd.client(stage);
      const names = Array.from({ length: rounds }, (_, round) => [`deleted-${round}`, `kept-${round}`] as const);
      for (const name of names.flat()) {
        await stage.pair(name, { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/${name}` });
      }
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
        slowest = Math.max(slowest, (performance.now() - reconnected) / 1000);
        await pause(WATCHES_LATER_MS);
        stage.proxy.interfere = () => undefined;
        progress(`${kept} was scaled, ${deleted} ${stage.proxy.scalings(deleted).length} times`);
      }
      const wrong = names.filter(([deleted]) => stage.proxy.scalings(deleted).length > 0).length;
      const seen = `${wrong} of ${rounds} deleted ones were scaled; the others at most ${slowest.toFixed(1)} s after`;
      return { seen, held: wrong === 0 && slowest <= MOST_SECONDS };
    } finally {
      await stage.close();
    }
  },
};
