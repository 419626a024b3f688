import { scaledTo } from "../../test/support/end-to-end/expectations.ts";
import { Stage } from "../../test/support/end-to-end/stage.ts";
import { REAL_API_SERVER } from "../../test/support/end-to-end/test-cluster.ts";
import type { Situation } from "../situation.ts";

const MOST_SECONDS = 11;

export const retryAfter: Situation = {
  name: "retry-after",
  about: "one write of a scale is answered 429 with Retry-After: 3600, and the next ones are passed on",
  expected: `the workload is scaled within ${MOST_SECONDS} s`,
  async run() {
    const stage = await Stage.open(REAL_API_SERVER);
    try {
      const beanstalkd = await stage.beanstalkd();
      const queue = await beanstalkd.client(stage);
      await stage.pair("worker", { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/worker` });
      let refused = 0;
      stage.proxy.interfere = ({ method, path }) => {
        if (refused > 0 || method !== "PATCH" || !path.endsWith("/scale")) return undefined;
        refused += 1;
        return { status: 429, retryAfter: 3_600 };
      };
      const muster = await stage.run().ready();
      await muster.saying("Acting");
      const begun = performance.now();
      await queue.put("worker");
      await scaledTo(stage, "worker", 1);
      const seconds = (performance.now() - begun) / 1000;
      return { seen: `scaled after ${seconds.toFixed(1)} s`, held: refused === 1 && seconds <= MOST_SECONDS };
    } finally {
      await stage.close();
    }
  },
};
