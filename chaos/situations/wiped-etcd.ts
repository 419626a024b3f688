import { scaledTo } from "../../test/support/end-to-end/expectations.ts";
import { groupPath } from "../../test/support/end-to-end/objects.ts";
import { Stage } from "../../test/support/end-to-end/stage.ts";
import { REAL_API_SERVER } from "../../test/support/end-to-end/test-cluster.ts";
import { eventually } from "../../test/support/waiting.ts";
import type { Situation } from "../situation.ts";

const MOST_SECONDS = 20;
/** So that the versions of the wiped and the restored server lie well below those that were held. */
const WRITES = 300;

export const wipedEtcd: Situation = {
  name: "wiped-etcd",
  about: "etcd is wiped and everything created again; then an older snapshot is restored",
  expected: `after each: up, then down, within ${MOST_SECONDS} s; no vanished object is listed`,
  async run({ progress }) {
    const stage = await Stage.open(REAL_API_SERVER);
    try {
      const { storage } = stage.cluster;
      if (storage === undefined) throw new Error("expected a cluster whose storage can be restored");
      const beanstalkd = await stage.beanstalkd();
      const queue = await beanstalkd.client(stage);
      const spec = (name: string) => ({ queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/${name}` });
      await stage.pair("early", spec("early"));
      const saved = await storage.saveStorage();
      const muster = await stage.run(["--scale-down-delay-after-last-scale-activity", "1"]).ready();

      /** Seconds until the workload followed its queue up, and then down. */
      const upAndDown = async (name: string): Promise<readonly number[]> => {
        const begun = performance.now();
        const job = await queue.put(name);
        await scaledTo(stage, name, 1);
        const up = performance.now();
        await queue.command(`delete ${job}`);
        await scaledTo(stage, name, 0);
        return [(up - begun) / 1000, (performance.now() - up) / 1000];
      };
      const isListed = async (name: string) => (await muster.get("/status?format=json")).text.includes(`"${name}"`);
      const vanished = (name: string) =>
        eventually(async () => {
          if (await isListed(name)) throw new Error(`${name} is still listed`);
        });

      await stage.pair("vanishing", spec("vanishing"));
      await upAndDown("vanishing");
      for (let write = 0; write < WRITES; write += 1) {
        await stage.objects.patch(`${groupPath("default")}/vanishing`, { metadata: { labels: { write: `${write}` } } });
      }
      await storage.restoreStorage();
      progress("etcd was wiped");
      await stage.installCrd();
      await stage.pair("again", spec("again"));
      const wiped = await upAndDown("again");
      await vanished("vanishing");
      progress(`after the wipe: ${inSeconds(wiped)}`);

      for (let write = 0; write < WRITES; write += 1) {
        await stage.objects.patch(`${groupPath("default")}/again`, { metadata: { labels: { write: `${write}` } } });
      }
      await storage.restoreStorage(saved);
      progress("an older snapshot was restored");
      const restored = await upAndDown("early");
      await vanished("again");
      const held = [...wiped, ...restored].every((seconds) => seconds <= MOST_SECONDS);
      return { seen: `wiped: ${inSeconds(wiped)}; restored: ${inSeconds(restored)}`, held };
    } finally {
      await stage.close();
    }
  },
};

function inSeconds([up = 0, down = 0]: readonly number[]): string {
  return `up ${up.toFixed(1)} s, down ${down.toFixed(1)} s`;
}
