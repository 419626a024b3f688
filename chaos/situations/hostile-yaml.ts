import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Stage } from "../../test/support/end-to-end/stage.ts";
import { REAL_API_SERVER } from "../../test/support/end-to-end/test-cluster.ts";
import { installWorkerAutoscalers } from "../../test/support/end-to-end/worker-autoscalers.ts";
import type { Situation } from "../situation.ts";
import { Victims } from "../victims.ts";

const KEYS = 20_000;
const MOST_MS = 1_000;
/** As many as the folder takes, in a file that is parsed. */
const PARSED_KEYS = 9_000;
const ROUND_FILES = 3;

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `maxReplica${index}`);
const file = (round: number, count: number) =>
  `# ${round}\nkind: PHPAConfig\n${numbered(count)
    .map((key) => `${key}: 1`)
    .join("\n")}\n`;

export const hostileYaml: Situation = {
  name: "hostile-yaml",
  about: `PHPA files of ${PARSED_KEYS} and ${KEYS} keys, written again and again beside an object of ${KEYS} headers`,
  expected: `other objects' workloads wake within ${MOST_MS} ms all the while, and the lease is kept`,
  async run({ rounds = 12 }) {
    const stage = await Stage.open(REAL_API_SERVER);
    try {
      const folder = join(stage.folder, "phpa");
      await mkdir(folder);
      await installWorkerAutoscalers(stage);
      const victims = await Victims.open(stage, await stage.beanstalkd(), rounds);
      await huge(stage);
      const election = ["--leader-elect", "--lease-namespace", "default", "--lease-name", "hostile"];
      const muster = await stage.run([...election, "--phpa-config", folder]).ready();
      const wakes: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        for (let index = 0; index < ROUND_FILES; index += 1) {
          await writeFile(join(folder, `parsed-${index}.yaml`), file(round, PARSED_KEYS));
          await writeFile(join(folder, `refused-${index}.yaml`), file(round, KEYS));
        }
        wakes.push(...(await victims.wake(1)));
      }
      const lost = muster.said("No longer acting").length;
      const slowest = Math.max(...wakes);
      const seen = `${rounds} rounds, slowest wake ${slowest.toFixed(0)} ms, lease lost ${lost} times`;
      return { seen, held: slowest <= MOST_MS && lost === 0 };
    } finally {
      await stage.close();
    }
  },
};

/** The API server drops unknown fields, but headers may have any name. Made once: changing it takes the API server seconds. */
async function huge({ objects }: Stage): Promise<void> {
  const path = "/apis/muster.dev/v1alpha1/namespaces/default/workerautoscalers";
  const headers = Object.fromEntries(numbered(KEYS).map((name) => [name, "1"]));
  const source = { http: { url: "http://127.0.0.1:1", path: "value", headers } };
  const spec = {
    scaleTargetRef: { kind: "Deployment", name: "huge" },
    maxReplicas: 1,
    signals: [{ name: "s", source, backlog: { messagesPerReplica: 1 } }],
  };
  const object = { apiVersion: "muster.dev/v1alpha1", kind: "WorkerAutoscaler", metadata: { name: "huge" }, spec };
  await objects.create(path, object);
}
