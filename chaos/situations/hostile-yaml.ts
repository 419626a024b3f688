import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Stage } from "../../test/support/end-to-end/stage.ts";
import { createWorkerAutoscaler, installWorkerAutoscalers } from "../../test/support/end-to-end/worker-autoscalers.ts";
import { type Situation, startCandidate } from "../situation.ts";
import { MOST_WAKE_MS, Victims } from "../victims.ts";

const KEYS = 20_000;
/** As many as the folder takes, in a file that is parsed. */
const PARSED_KEYS = 9_000;
const ROUND_FILES = 3;

export default {
  about: `PHPA files of ${PARSED_KEYS} and ${KEYS} keys, written again and again beside an object of ${KEYS} headers`,
  expected: `other objects' workloads wake within ${MOST_WAKE_MS} ms all the while, and the lease is kept`,
  rounds: 12,
  async play(scene, { rounds }) {
    const folder = join(scene.stage.folder, "phpa");
    await mkdir(folder);
    await installWorkerAutoscalers(scene.stage);
    const victims = await Victims.open(scene, rounds);
    await createHuge(scene.stage);
    const muster = await startCandidate(scene, { flags: ["--phpa-config", folder] });
    return victims.wake(muster, rounds, async (round) => {
      for (let index = 0; index < ROUND_FILES; index += 1) {
        await writeFile(join(folder, `parsed-${index}.yaml`), file(round, PARSED_KEYS));
        await writeFile(join(folder, `refused-${index}.yaml`), file(round, KEYS));
      }
    });
  },
} satisfies Situation;

function file(round: number, keys: number): string {
  const lines = numbered(keys).map((key) => `${key}: 1`);
  return `# ${round}\nkind: PHPAConfig\n${lines.join("\n")}\n`;
}

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `maxReplica${index}`);
}

/** The API server drops unknown fields, but headers may have any name. Made once: changing it takes the API server seconds. */
function createHuge(stage: Stage): Promise<void> {
  const headers = Object.fromEntries(numbered(KEYS).map((name) => [name, "1"]));
  const source = { http: { url: "http://127.0.0.1:1", path: "value", headers } };
  return createWorkerAutoscaler(stage, "huge", {
    signals: [{ name: "s", source, backlog: { messagesPerReplica: 1 } }],
  });
}
