import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Stage } from "../../test/support/end-to-end/stage.ts";
import { REAL_API_SERVER } from "../../test/support/end-to-end/test-cluster.ts";
import { createWorkerAutoscaler, installWorkerAutoscalers } from "../../test/support/end-to-end/worker-autoscalers.ts";
import type { Situation } from "../situation.ts";
import { Victims } from "../victims.ts";

const SIGNALS = 20;
const MIB = 1 << 20;
const MOST_MS = 1_000;
/** With the limit of 8 MiB, answers under way may take 64 MiB and their texts as much again. */
const MOST_MIB = 400;
const HELD_BACK_MS = 5_000;

/** A complete JSON text of about this many bytes. */
const numbers = (bytes: number) => `{"value": 1, "rest": [${"1234567,".repeat(bytes / 8)}0]}`;
const LARGE = numbers(8 * MIB - 1_024);
const ALLOWED = numbers(MIB - 1_024);

/** What the server answers, by path. */
const ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "/large": (response) => void response.end(LARGE),
  "/unannounced": (response) => {
    response.write("");
    response.end(LARGE);
  },
  "/allowed": (response) => void response.end(ALLOWED),
  "/garbage": (response) => void response.end("1".repeat(MIB - 1_024)),
  "/endless": (response) => {
    const more = () => {
      while (!response.destroyed && response.write("[".repeat(65_536)));
      if (!response.destroyed) response.once("drain", more);
    };
    more();
  },
  "/slow": (response) => {
    const timer = setInterval(() => response.write(" "), 500);
    response.once("close", () => clearInterval(timer));
  },
};

export const hostileAnswers: Situation = {
  name: "hostile-answers",
  about: `${SIGNALS} http signals of one object, each second, on large, garbage, endless and slow answers, with the usual limit and with 8 MiB`,
  expected: `another object's workload wakes within ${MOST_MS} ms, the lease is kept, at most ${MOST_MIB} MiB`,
  async run({ rounds = 8, progress }) {
    const stage = await Stage.open(REAL_API_SERVER);
    const server = createServer((request, response) => ANSWERS[request.url ?? ""]?.(response) ?? response.end());
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    stage.after(() => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    });
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await installWorkerAutoscalers(stage);
      const beanstalkd = await stage.beanstalkd();
      const victims = await Victims.open(stage, beanstalkd, 2 * rounds);
      for (const [name, paths] of [
        ["large", ["/large", "/unannounced"]],
        ["others", Object.keys(ANSWERS).slice(2)],
      ] as const) {
        await stage.deployment(name, 1);
        await createWorkerAutoscaler(stage, name, {
          signals: Array.from({ length: SIGNALS }, (_, index) => ({
            name: `s${index}`,
            // A question of its own for each signal.
            source: {
              http: { url: `${url}${paths[index % paths.length]}`, path: `value`, headers: { "x-n": `${index}` } },
            },
            backlog: { messagesPerReplica: 10 },
          })),
        });
      }
      const seen: string[] = [];
      let held = true;
      for (const [words, limit] of [
        ["1 MiB", []],
        ["8 MiB", ["--max-answer-bytes", String(8 * MIB)]],
      ] as const) {
        const election = ["--leader-elect", "--lease-namespace", "default", "--lease-name", `hostile-${limit.length}`];
        const muster = await stage.run([...election, ...limit]).ready();
        await pause(HELD_BACK_MS);
        let peak = await muster.residentMebibytes();
        const watching = setInterval(() => {
          void muster.residentMebibytes().then(
            (now) => {
              peak = Math.max(peak, now);
            },
            () => undefined,
          );
        }, 500);
        const wakes = await victims.wake(rounds);
        clearInterval(watching);
        const lost = muster.said("No longer acting").length;
        await muster.stop("SIGKILL");
        const slowest = Math.max(...wakes);
        seen.push(
          `limit ${words}: slowest wake ${slowest.toFixed(0)} ms, lease lost ${lost} times, ${peak.toFixed(0)} MiB`,
        );
        progress(seen.at(-1) ?? "");
        held &&= slowest <= MOST_MS && lost === 0 && peak > 0 && peak <= MOST_MIB;
      }
      return { seen: seen.join("; "), held };
    } finally {
      await stage.close();
    }
  },
};
