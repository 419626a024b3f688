import { startSandbox, startSqsServer } from "kube-sandbox";
import { simulatedWorkers } from "../../workers/simulated-workers.ts";
import type { Act } from "./act.ts";
import { DemoQueue } from "./demo-queue.ts";
import { readShipped } from "./read-shipped.ts";
import type { Recorder } from "./recorder.ts";

/** What the act applies: the same files that a user applies to a cluster. */
const MANIFESTS = [
  "deploy/crds/k8s.practo.dev_workerpodautoscalers.yaml",
  "examples/deployment.yaml",
  "examples/worker-pod-autoscaler.yaml",
];
const QUEUE = { name: "sms-sender", region: "ap-south-1" };
const MESSAGES = 200;
/** The default is ten minutes; nobody should wait that long for a demo. */
const SCALE_DOWN_DELAY_SECONDS = 5;

/** A burst on an SQS queue takes a Deployment from zero and back. */
export async function queueAct(): Promise<Act> {
  const sqs = await startSqsServer({ region: QUEUE.region });
  const sandbox = await startSandbox({ pods: simulatedWorkers({ sqsEndpoint: sqs.url }) });
  const queue = new DemoQueue(sqs.url, QUEUE.region);
  await queue.create(QUEUE.name);
  for (const file of MANIFESTS) sandbox.apply(await readShipped(file));
  return {
    labels: { backlog: "messages waiting and in flight", replicas: "workers (spec.replicas)" },
    opening: "Muster starts, beside an embedded cluster and queue. Nothing to do: no workers.",
    deployment: "example-deployment",
    kinds: "wpa,deployments,pods",
    sandbox,
    flags: ["--scale-down-delay-after-last-scale-activity", String(SCALE_DOWN_DELAY_SECONDS)],
    environment: {
      AWS_ENDPOINT_URL: sqs.url,
      AWS_ACCESS_KEY_ID: "sandbox",
      AWS_SECRET_ACCESS_KEY: "sandbox",
    },
    begin: (recorder) => queue.send(MESSAGES, () => recorder.begin()),
    backlog: () => queue.backlog(),
    scene,
    // All the work done, and every worker gone that had come.
    isOver: ({ observations, latest }) =>
      latest.backlog === 0 && latest.replicas === 0 && observations.some(({ ready }) => ready > 0),
    close: async () => {
      queue.close();
      await sandbox.close();
      await sqs.close();
    },
  };
}

function scene({ latest: { backlog, replicas, ready } }: Recorder): string {
  if (replicas === 0) return backlog > 0 ? `A burst of ${MESSAGES} messages arrives.` : "The work is done: no workers.";
  if (ready === 0) return "Workers are called; their pods start.";
  return backlog > 0 ? "Workers take messages off the queue." : "The queue is empty; workers are sent home.";
}
