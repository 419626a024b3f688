import { scaledTo } from "../../test/support/end-to-end/expectations.ts";
import { Stage } from "../../test/support/end-to-end/stage.ts";
import { REAL_API_SERVER } from "../../test/support/end-to-end/test-cluster.ts";
import type { Situation } from "../situation.ts";

const ELECTION = ["--leader-elect", "--lease-namespace", "default", "--lease-name", "chaos"];
const MOST_SECONDS = 6;

export const killedLeader: Situation = {
  name: "killed-leader",
  about: "kill -9 of the leader while a standby waits; then a message arrives",
  expected: `the standby scales within ${MOST_SECONDS} s of the kill`,
  async run() {
    const stage = await Stage.open(REAL_API_SERVER);
    try {
      const beanstalkd = await stage.beanstalkd();
      const queue = await beanstalkd.client(stage);
      await stage.pair("worker", { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/worker` });
      const leader = await stage.run(ELECTION, { proxy: await stage.anotherProxy() }).ready();
      await leader.saying("Acting");
      await stage.run(ELECTION, { proxy: await stage.anotherProxy() }).ready();
      const killedAt = performance.now();
      await leader.stop("SIGKILL");
      await queue.put("worker");
      await scaledTo(stage, "worker", 1);
      const seconds = (performance.now() - killedAt) / 1000;
      return { seen: `scaled ${seconds.toFixed(1)} s after the kill`, held: seconds <= MOST_SECONDS };
    } finally {
      await stage.close();
    }
  },
};
