import { setTimeout as pause } from "node:timers/promises";
import { groupPath } from "../../test/support/end-to-end/objects.ts";
import { createWorkerAutoscaler, installWorkerAutoscalers } from "../../test/support/end-to-end/worker-autoscalers.ts";
import { createHttpSignals, MIB, startHostileServer } from "../hostile-server.ts";
import { following, type Scene, type Situation, startCandidate } from "../situation.ts";
import { MOST_WAKE_MS, Victims } from "../victims.ts";

const BROKEN = 300;
const SIGNALS = 20;
const LARGE_OBJECTS = 20;
const MOST_MIB = 400;
const HELD_BACK_MS = 5_000;

export default {
  about: `${BROKEN} broken objects, ${SIGNALS} signals on answers of 1 MB each second and ${LARGE_OBJECTS} objects of 1 MB that change`,
  expected: `another object's workload wakes within ${MOST_WAKE_MS} ms, the lease is kept, at most ${MOST_MIB} MiB`,
  rounds: 20,
  async play(scene, { rounds }) {
    const url = await startHostileServer(scene);
    await installWorkerAutoscalers(scene.stage);
    const victims = await Victims.open(scene, rounds);
    await createHttpSignals(scene, "answers", { url, paths: ["/allowed"], signals: SIGNALS });
    await createBroken(scene);
    for (let index = 0; index < LARGE_OBJECTS; index += 1) {
      const padding = "x".repeat(MIB - 1_024);
      await scene.stage.pair(`large-${index}`, { queueURI: padding });
    }
    const muster = await startCandidate(scene);
    await pause(HELD_BACK_MS);
    const harm = await victims.wake(muster, rounds, async (round) => {
      const path = `${groupPath("default")}/large-${round % LARGE_OBJECTS}`;
      await scene.stage.objects.patch(path, { metadata: { labels: { round: `${round}` } } });
    });
    return { seen: harm.seen, held: harm.held && harm.peakMebibytes <= MOST_MIB };
  },
} satisfies Situation;

/** Servers that refuse connections, workloads that do not exist, addresses and bounds that make no sense. */
async function createBroken(scene: Scene): Promise<void> {
  const { stage } = scene;
  const kinds: readonly ((name: string) => Promise<void>)[] = [
    (name) => stage.pair(name, { queueURI: `beanstalk://127.0.0.1:1/${name}` }),
    (name) => stage.autoscaler(name, following(scene, name)),
    (name) => stage.pair(name, { queueURI: `nonsense ${name}` }),
    (name) => stage.pair(name, { ...following(scene, name), minReplicas: 5, maxReplicas: 2 }),
    async (name) => {
      await stage.deployment(name);
      const source = { redis: { host: "127.0.0.1", port: 1, key: name, structure: "list" } };
      await createWorkerAutoscaler(stage, name, {
        signals: [{ name: "s", source, backlog: { messagesPerReplica: 1 } }],
      });
    },
  ];
  for (let index = 0; index < BROKEN; index += 1) await kinds[index % kinds.length]?.(`broken-${index}`);
}
