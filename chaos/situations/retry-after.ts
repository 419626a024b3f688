import { scaledTo } from "../../test/support/end-to-end/expectations.ts";
import { createPairs, type Situation, secondsSince } from "../situation.ts";

const MOST_SECONDS = 11;

export default {
  about: "one write of a scale is answered 429 with Retry-After: 3600, and the next ones are passed on",
  expected: `the workload is scaled within ${MOST_SECONDS} s`,
  async play(scene) {
    const { stage, queue } = scene;
    await createPairs(scene, ["worker"]);
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
    const seconds = secondsSince(begun);
    return { seen: `scaled after ${seconds.toFixed(1)} s`, held: refused === 1 && seconds <= MOST_SECONDS };
  },
} satisfies Situation;
