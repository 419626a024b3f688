import { scaledTo } from "../../test/support/end-to-end/expectations.ts";
import { Stage } from "../../test/support/end-to-end/stage.ts";
import { REAL_API_SERVER } from "../../test/support/end-to-end/test-cluster.ts";
import type { Situation } from "../situation.ts";

const DEFAULT_ROUNDS = 5;
const MOST_SECONDS = 3;
const ELECTION = ["--leader-elect", "--lease-namespace", "default", "--lease-name", "chaos"];
/** As the Deployment sets them from the pod. */
const POD = { POD_NAME: "muster-0", POD_UID: "7f0d4a52-0d0c-4b6f-9c0a-1d6f3c1b2a90" };

export const restartedContainer: Situation = {
  name: "restarted-container",
  about: "kill -9 of the only process while its workload is at zero; a message comes; the container is started again",
  expected: `the workload is scaled within ${MOST_SECONDS} s of the new start`,
  async run({ rounds = DEFAULT_ROUNDS }) {
    const stage = await Stage.open(REAL_API_SERVER);
    try {
      const beanstalkd = await stage.beanstalkd();
      const queue = await beanstalkd.client(stage);
      let muster = await stage.run(ELECTION, { env: POD }).ready();
      await muster.saying("Acting");
      const times: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const name = `worker-${round}`;
        await stage.pair(name, { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/${name}` });
        await muster.stop("SIGKILL");
        await queue.put(name);
        const startedAt = performance.now();
        muster = stage.run(ELECTION, { env: POD });
        await scaledTo(stage, name, 1);
        times.push((performance.now() - startedAt) / 1000);
      }
      const worst = Math.max(...times);
      const shown = times.map((seconds) => seconds.toFixed(1)).join(", ");
      return { seen: `${shown} s after the start`, held: worst <= MOST_SECONDS };
    } finally {
      await stage.close();
    }
  },
};
