import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type Sandbox, startGraphiteServer, startSandbox, startSqsServer } from "kube-sandbox";
import { shippedPath } from "../shared/shipped.ts";
import { simulatedWorkers } from "../workers/simulated-workers.ts";
import type { Recorder } from "./recorder.ts";

/** What the demo's charts are called. */
export interface Labels {
  readonly backlog: string;
  readonly replicas: string;
}

/** One story that the demo can play: its world, and when it begins and ends. */
export interface Act {
  readonly labels: Labels;
  /** What is said before anything happens. */
  readonly opening: string;
  /** The Deployment that is scaled. */
  readonly deployment: string;
  /** What kubectl is told to get. */
  readonly kinds: string;
  readonly sandbox: Sandbox;
  /** Of `muster run`, beside the kubeconfig. */
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Lets the story begin; resolves when the act has done its part. */
  begin(recorder: Recorder): Promise<void>;
  backlog(recorder: Recorder): Promise<number>;
  /** What happens now, in a sentence. */
  metricsScene(recorder: Recorder): string;
  isOver(recorder: Recorder): boolean;
  close(): Promise<void>;
}

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
    metricsScene: queueScene,
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

function queueScene({ latest: { backlog, replicas, ready } }: Recorder): string {
  if (replicas === 0) return backlog > 0 ? `A burst of ${MESSAGES} messages arrives.` : "The work is done: no workers.";
  if (ready === 0) return "Workers are called; their pods start.";
  return backlog > 0 ? "Workers take messages off the queue." : "The queue is empty; workers are sent home.";
}

/** A consumer group's lag in Graphite drives a Deployment by a PHPA file. */
export async function metricsAct(): Promise<Act> {
  const lag = new SimulatedLag();
  const graphite = await startGraphiteServer({ latest: () => lag.value });
  const sandbox = await startSandbox({ pods: simulatedWorkers() });
  sandbox.apply(await readShipped("examples/consumer.yaml"));
  const folder = await mkdtemp(join(tmpdir(), "muster-phpa-"));
  await writeFile(join(folder, "phpa.yaml"), withAddress(await readShipped("examples/consumer-phpa.yaml"), graphite));
  return {
    labels: { backlog: "lag of the consumer group, as Graphite has it", replicas: "consumers (spec.replicas)" },
    opening: "Muster starts with a PHPA file, beside an embedded cluster and metric server. One consumer, no lag.",
    deployment: "example-consumer",
    kinds: "deployments,pods",
    sandbox,
    flags: ["--phpa-config", folder],
    environment: {},
    begin: async (recorder) => recorder.begin(),
    backlog: async ({ elapsedMs, latest }) => lag.advance(elapsedMs, latest.ready),
    metricsScene: (recorder) => scene(recorder, lag),
    isOver: ({ observations, latest }) =>
      lag.isCalm && latest.replicas === 1 && observations.some(({ replicas }) => replicas > 1),
    close: async () => {
      await sandbox.close();
      await graphite.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The example names a host of a cluster; here the metric server is on this machine. */
function withAddress(file: string, { host, port }: { readonly host: string; readonly port: number }): string {
  return file.replace("host: 'graphite'", `host: '${host}'`).replace("port: '80'", `port: '${port}'`);
}

function scene({ latest: { replicas } }: Recorder, lag: SimulatedLag): string {
  if (!lag.isCalm) return replicas > 1 ? "The lag is above the band: step by step up." : "A rush of messages arrives.";
  return replicas > 1 ? "The rush is over: inside the band hold, below it step down." : "Back to one consumer.";
}

/** SQS takes at most so many messages in one request. */
const BATCH = 10;

/** A queue as a producer sees it, over the SQS protocol. */
class DemoQueue {
  readonly #client: SQSClient;
  #url = "";

  constructor(endpoint: string, region: string) {
    // A user of the demo cannot act on the SDK's advice about its next versions.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
    // The sandbox's queue authenticates nobody, but the SDK signs what it sends.
    const credentials = { accessKeyId: "sandbox", secretAccessKey: "sandbox" };
    this.#client = new SQSClient({ endpoint, region, credentials });
  }

  async create(name: string): Promise<void> {
    const { QueueUrl = "" } = await this.#client.send(new CreateQueueCommand({ QueueName: name }));
    this.#url = QueueUrl;
  }

  /** Sends so many messages; `accepted` is told of each batch that the queue has taken. */
  async send(count: number, accepted: () => void): Promise<void> {
    for (let sent = 0; sent < count; sent += BATCH) {
      const size = Math.min(BATCH, count - sent);
      const Entries = Array.from({ length: size }, (_, index) => ({
        Id: String(index),
        MessageBody: JSON.stringify({ to: "+49 30 5550100", text: `message ${sent + index + 1}` }),
      }));
      await this.#client.send(new SendMessageBatchCommand({ QueueUrl: this.#url, Entries }));
      accepted();
    }
  }

  /** Messages waiting and in flight. */
  async backlog(): Promise<number> {
    const { Attributes = {} } = await this.#client.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.#url,
        AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
      }),
    );
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
  }

  close(): void {
    this.#client.destroy();
  }
}

/** Messages a second that arrive over the demo's time: calm, a rush, calm again. */
const ARRIVALS = [
  { untilMs: 15_000, perSecond: 900 },
  { untilMs: Number.POSITIVE_INFINITY, perSecond: 100 },
];
/** What one ready consumer works off in a second. */
const CONSUMED_PER_SECOND = 150;

/** The lag of a consumer group: what arrived and was not consumed yet. Advances with each question. */
class SimulatedLag {
  #lag = 0;
  #atMs = 0;

  /** The lag now, with so many consumers ready since the last question. */
  advance(nowMs: number, consumers: number): number {
    const seconds = Math.max(0, nowMs - this.#atMs) / 1000;
    const arriving = ARRIVALS.find(({ untilMs }) => nowMs < untilMs)?.perSecond ?? 0;
    this.#lag = Math.max(0, this.#lag + seconds * (arriving - consumers * CONSUMED_PER_SECOND));
    this.#atMs = nowMs;
    return this.value;
  }

  get value(): number {
    return Math.round(this.#lag);
  }

  /** Whether the rush is over. */
  get isCalm(): boolean {
    return this.#atMs >= (ARRIVALS[0]?.untilMs ?? 0);
  }
}

/** The text of a file that this package ships, such as "examples/deployment.yaml". */
function readShipped(path: string): Promise<string> {
  return readFile(shippedPath(path), "utf8");
}
