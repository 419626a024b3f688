import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Sandbox, startGraphiteServer, startSandbox, startSqsServer } from "kube-sandbox";
import { shippedPath } from "../shared/shipped.ts";
import { callSqs } from "./queue-consumers.ts";
import { type Recorder, type Replicas, watchDeployment, watchJobs } from "./recorder.ts";
import { simulatedWorkers } from "./simulated-workers.ts";

/** The titles of the demo's charts. */
export interface Labels {
  readonly backlog: string;
  readonly replicas: string;
}

/** One story that the demo can play: its world, and when it begins and ends. */
export interface Act {
  readonly labels: Labels;
  /** What is said before anything happens. */
  readonly opening: string;
  /** What is otherwise than on a cluster. */
  readonly remark?: string;
  /** Tells of the replicas that there are, until the signal aborts. */
  follow(changed: (replicas: Replicas) => void, signal: AbortSignal): Promise<void>;
  /** What the viewer is shown how to get with kubectl. */
  readonly kinds: string;
  readonly sandbox: Sandbox;
  /** Of `muster run`, besides the kubeconfig. */
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Lets the story begin; resolves when the act has done its part. */
  begin(recorder: Recorder): Promise<void>;
  backlog(recorder: Recorder): Promise<number>;
  /** What happens now, in a sentence. */
  scene(recorder: Recorder): string;
  isOver(recorder: Recorder): boolean;
  close(): Promise<void>;
}

/** The files that the act applies, the same that a user applies to a cluster. */
const MANIFESTS = [
  "deploy/crds/k8s.practo.dev_workerpodautoscalers.yaml",
  "examples/deployment.yaml",
  "examples/worker-pod-autoscaler.yaml",
];
const MESSAGES = 200;
/** SQS accepts no more messages in one request. */
const BATCH = 10;

/** A burst on an SQS queue takes a Deployment from zero and back. */
export async function queueAct(): Promise<Act> {
  const sqs = await startSqsServer({ region: "ap-south-1" });
  const sandbox = await startSandbox({ pods: simulatedWorkers({ sqsEndpoint: sqs.url }) });
  const { QueueUrl } = await callSqs<{ QueueUrl: string }>(sqs.url, "CreateQueue", { QueueName: "sms-sender" });
  for (const file of MANIFESTS) sandbox.apply(readShipped(file));
  return {
    ...queueStory(sqs.url, QueueUrl, MESSAGES),
    labels: { backlog: "messages waiting and in flight", replicas: "workers (spec.replicas)" },
    opening: "Muster starts, beside an embedded cluster and queue. Nothing to do: no workers.",
    follow: (changed, signal) => watchDeployment(sandbox.url, "example-deployment", changed, signal),
    kinds: "wpa,deployments,pods",
    sandbox,
    remark: "Cool-down here: 5 s, so that you see the fall. The default is 10 minutes.",
    flags: ["--scale-down-delay-after-last-scale-activity", "5"],
    scene({ latest: { backlog, replicas, ready } }) {
      if (replicas === 0) {
        return backlog > 0 ? `A burst of ${MESSAGES} messages arrives.` : "The work is done: no workers.";
      }
      if (ready === 0) return "Workers are called; their pods start.";
      return backlog > 0 ? "Workers take messages off the queue." : "The queue is empty; workers are sent home.";
    },
    async close() {
      await sandbox.close();
      await sqs.close();
    },
  };
}

const VIDEOS = 60;

/** A burst on an SQS queue is worked on by Jobs, one for each message. */
export async function jobsAct(): Promise<Act> {
  const sqs = await startSqsServer({ region: "ap-south-1" });
  const sandbox = await startSandbox({ pods: simulatedWorkers({ sqsEndpoint: sqs.url }) });
  const { QueueUrl } = await callSqs<{ QueueUrl: string }>(sqs.url, "CreateQueue", { QueueName: "video" });
  sandbox.apply(readShipped("deploy/crds/muster.dev_workerautoscalers.yaml"));
  sandbox.apply(readShipped("examples/jobs.yaml"));
  return {
    ...queueStory(sqs.url, QueueUrl, VIDEOS),
    labels: { backlog: "messages waiting and in flight", replicas: "Jobs that have not ended" },
    opening: "Muster starts, beside an embedded cluster and queue. Nothing to do: no Jobs.",
    follow: (changed, signal) => watchJobs(sandbox.url, "video", changed, signal),
    kinds: "wa,jobs,pods",
    sandbox,
    flags: [],
    scene({ latest: { backlog, replicas, ready } }) {
      if (replicas === 0) return backlog > 0 ? `A burst of ${VIDEOS} messages arrives.` : "The work is done: no Jobs.";
      if (ready === 0) return "Jobs are created, one for each message; their pods start.";
      return backlog > 0
        ? "Each Job works on its message and ends by itself."
        : "The queue is empty; the last Jobs end.";
    },
    async close() {
      await sandbox.close();
      await sqs.close();
    },
  };
}

/** Messages that arrive in a burst on an SQS queue, and are over when all were worked on. */
function queueStory(url: string, QueueUrl: string, messages: number) {
  return {
    environment: { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: "sandbox", AWS_SECRET_ACCESS_KEY: "sandbox" },
    async begin(recorder: Recorder) {
      for (let sent = 0; sent < messages; sent += BATCH) {
        const Entries = Array.from({ length: BATCH }, (_, index) => ({
          Id: String(index),
          MessageBody: JSON.stringify({ to: "+49 30 5550100", text: `message ${sent + index + 1}` }),
        }));
        await callSqs(url, "SendMessageBatch", { QueueUrl, Entries });
        recorder.begin();
      }
    },
    async backlog() {
      const AttributeNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
      const { Attributes } = await callSqs<{ Attributes: Record<string, string> }>(url, "GetQueueAttributes", {
        ...{ QueueUrl, AttributeNames },
      });
      return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
    },
    // All the work is done, and every worker that had started is gone.
    isOver: ({ observations, latest }: Recorder) =>
      latest.backlog === 0 && latest.replicas === 0 && observations.some(({ ready }) => ready > 0),
  };
}

/** Messages arrive in a rush for this long, then calmly. */
const RUSH_MS = 15_000;
const ARRIVALS_PER_SECOND = { rush: 900, calm: 100 };
/** By one ready consumer. */
const CONSUMED_PER_SECOND = 150;

/** A consumer group's lag in Graphite drives a Deployment by a PHPA file. */
export async function metricsAct(): Promise<Act> {
  let [lag, atMs] = [0, 0];
  const isCalm = () => atMs >= RUSH_MS;
  const graphite = await startGraphiteServer({ latest: () => Math.round(lag) });
  const sandbox = await startSandbox({ pods: simulatedWorkers() });
  sandbox.apply(readShipped("examples/consumer.yaml"));
  const folder = mkdtempSync(join(tmpdir(), "muster-phpa-"));
  // The example names a host of a cluster; here the metric server is on this machine.
  const phpa = readShipped("examples/consumer-phpa.yaml")
    .replace("host: 'graphite'", `host: '${graphite.host}'`)
    .replace("port: '80'", `port: '${graphite.port}'`);
  writeFileSync(join(folder, "phpa.yaml"), phpa);
  return {
    labels: { backlog: "lag of the consumer group, as Graphite has it", replicas: "consumers (spec.replicas)" },
    opening: "Muster starts with a PHPA file, beside an embedded cluster and metric server. One consumer, no lag.",
    follow: (changed, signal) => watchDeployment(sandbox.url, "example-consumer", changed, signal),
    kinds: "deployments,pods",
    sandbox,
    flags: ["--phpa-config", folder],
    environment: {},
    begin: async (recorder) => recorder.begin(),
    async backlog({ elapsedMs, latest }) {
      const seconds = Math.max(0, elapsedMs - atMs) / 1000;
      const arriving = elapsedMs < RUSH_MS ? ARRIVALS_PER_SECOND.rush : ARRIVALS_PER_SECOND.calm;
      lag = Math.max(0, lag + seconds * (arriving - latest.ready * CONSUMED_PER_SECOND));
      atMs = elapsedMs;
      return Math.round(lag);
    },
    scene({ latest: { replicas } }) {
      if (!isCalm())
        return replicas > 1 ? "The lag is above the band: step by step up." : "A rush of messages arrives.";
      return replicas > 1 ? "The rush is over: inside the band hold, below it step down." : "Back to one consumer.";
    },
    isOver: ({ observations, latest }) =>
      isCalm() && latest.replicas === 1 && observations.some(({ replicas }) => replicas > 1),
    async close() {
      await sandbox.close();
      await graphite.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The text of a file that this package ships, such as "examples/deployment.yaml". */
function readShipped(path: string): string {
  return readFileSync(shippedPath(path), "utf8");
}
