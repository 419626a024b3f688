import { setTimeout as sleep } from "node:timers/promises";
import { startSqsServer } from "kube-sandbox";
import type { Row } from "../support/row.ts";

const QUEUES = 10;

export const sqs: Row = {
  name: "sqs",
  about: "SQS requests a queue a minute, idle at zero / active and steady",
  old: "6 / 6",
  oldTuned: "",
  goal: "<= 3 / <= 3",
  measure: async (world) => {
    const askedAt = new Map<string, number[]>();
    const server = await startSqsServer({
      refuse: ({ queueName = "" }) => {
        askedAt.set(queueName, [...(askedAt.get(queueName) ?? []), performance.now()]);
        return undefined;
      },
    });
    try {
      const names = Array.from({ length: 2 * QUEUES }, (_, index) => `queue-${index}`);
      const [idle, active] = [names.slice(0, QUEUES), names.slice(QUEUES)];
      for (const name of names) await call(server.url, "CreateQueue", { QueueName: name });
      for (const name of active) {
        for (let message = 0; message < 15; message++) {
          await call(server.url, "SendMessage", { QueueUrl: queueUri(name), MessageBody: "work" });
        }
      }
      await world.cluster.create(
        names.map((name) => ({ name, queueUri: queueUri(name), replicas: 0, messagesPerWorker: 10 })),
      );
      await world.settledController({
        env: { AWS_ENDPOINT_URL: server.url, AWS_ACCESS_KEY_ID: "bench", AWS_SECRET_ACCESS_KEY: "bench" },
      });
      // Pauses between polls grow to their longest in half a minute.
      await sleep(world.extent(34_000, 70_000));
      askedAt.clear();
      // Long polls take 20 seconds.
      await sleep(world.extent(43_000, 180_000));
      const perMinute = (queues: readonly string[]) => 60_000 / meanGap(queues.map((name) => askedAt.get(name) ?? []));
      const [idlePerMinute, activePerMinute] = [perMinute(idle), perMinute(active)];
      return {
        measured: `${idlePerMinute.toFixed(2)} / ${activePerMinute.toFixed(2)} (${QUEUES} queues each)`,
        met: idlePerMinute <= 3 && activePerMinute <= 3,
        numbers: { idlePerMinute, activePerMinute },
      };
    } finally {
      await server.close();
    }
  },
};

/** Milliseconds between two requests for the same queue: a count in a window would round to whole requests. */
function meanGap(queues: readonly (readonly number[])[]): number {
  let [spanned, gaps] = [0, 0];
  for (const times of queues) {
    spanned += (times.at(-1) ?? 0) - (times[0] ?? 0);
    gaps += Math.max(0, times.length - 1);
  }
  if (gaps === 0) throw new Error("expected two requests for a queue at least, got none");
  return spanned / gaps;
}

function queueUri(name: string): string {
  return `https://sqs.us-east-1.amazonaws.com/000000000000/${name}`;
}

async function call(url: string, action: string, input: unknown): Promise<void> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "x-amz-target": `AmazonSQS.${action}`, "content-type": "application/x-amz-json-1.0" },
    body: JSON.stringify(input),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${action}: ${answer.status} ${text.slice(0, 300)}`);
}
