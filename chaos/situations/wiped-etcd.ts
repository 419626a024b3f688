import { scaledTo } from "../../test/support/end-to-end/expectations.ts";
import { groupPath } from "../../test/support/end-to-end/objects.ts";
import { eventually } from "../../test/support/waiting.ts";
import { createPairs, type Situation, secondsSince } from "../situation.ts";

const MOST_SECONDS = 20;
/** So that the versions of the wiped and the restored server lie well below those that were held. */
const WRITES = 300;

export default {
  about: "etcd is wiped and everything created again; then an older snapshot is restored",
  expected: `after each: up, then down, within ${MOST_SECONDS} s; no vanished object is listed`,
  async play(scene, { progress }) {
    const { stage, queue } = scene;
    const { storage } = stage.cluster;
    if (storage === undefined) throw new Error("expected a cluster whose storage can be restored");
    await createPairs(scene, ["early"]);
    const saved = await storage.saveStorage();
    const muster = await stage.run(["--scale-down-delay-after-last-scale-activity", "1"]).ready();

    /** Seconds until the workload followed its queue up, and then down. */
    const upAndDown = async (name: string): Promise<readonly number[]> => {
      const begun = performance.now();
      const job = await queue.put(name);
      await scaledTo(stage, name, 1);
      const up = secondsSince(begun);
      await queue.command(`delete ${job}`);
      await scaledTo(stage, name, 0);
      return [up, secondsSince(begun) - up];
    };
    const writeOften = async (name: string) => {
      for (let write = 0; write < WRITES; write += 1) {
        await stage.objects.patch(`${groupPath("default")}/${name}`, { metadata: { labels: { write: `${write}` } } });
      }
    };
    const vanished = (name: string) =>
      eventually(async () => {
        const { text } = await muster.get("/status?format=json");
        if (text.includes(`"${name}"`)) throw new Error(`${name} is still listed`);
      });

    await createPairs(scene, ["vanishing"]);
    await upAndDown("vanishing");
    await writeOften("vanishing");
    await storage.restoreStorage();
    progress("etcd was wiped");
    await stage.installCrd();
    await createPairs(scene, ["again"]);
    const wiped = await upAndDown("again");
    await vanished("vanishing");
    progress(`after the wipe: ${inSeconds(wiped)}`);

    await writeOften("again");
    await storage.restoreStorage(saved);
    progress("an older snapshot was restored");
    const restored = await upAndDown("early");
    await vanished("again");
    const held = [...wiped, ...restored].every((seconds) => seconds <= MOST_SECONDS);
    return { seen: `wiped: ${inSeconds(wiped)}; restored: ${inSeconds(restored)}`, held };
  },
} satisfies Situation;

function inSeconds([up = 0, down = 0]: readonly number[]): string {
  return `up ${up.toFixed(1)} s, down ${down.toFixed(1)} s`;
}
