import { recordEvent } from "../controllers/event-recorder.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import type { Cluster } from "../rest/cluster.ts";
import { beanstalkdConsumer } from "./beanstalkd-consumer.ts";
import type { PodSimulation } from "./pod-annotations.ts";
import type { QueueConsumer } from "./queue-consumer.ts";
import { sqsConsumer } from "./sqs-consumer.ts";
import { startWorker, type Worker } from "./worker-simulation.ts";

/** What the workers have done so far. */
export interface WorkerCounts {
  readonly running: number;
  readonly busy: number;
  readonly consumed: number;
}

/** The workers of all pods that consume a queue. */
export class WorkerPool {
  readonly #cluster: Cluster;
  readonly #sqsEndpoint: string | undefined;
  readonly #workers = new Map<string, Worker>();
  #busy = 0;
  #consumed = 0;

  constructor(cluster: Cluster, sqsEndpoint: string | undefined) {
    this.#cluster = cluster;
    this.#sqsEndpoint = sqsEndpoint;
  }

  counts(): WorkerCounts {
    return { running: this.#workers.size, busy: this.#busy, consumed: this.#consumed };
  }

  start(pod: KubeObject, simulation: PodSimulation): void {
    const { queueUrl, secondsPerMessage } = simulation;
    const { uid } = pod.metadata;
    if (queueUrl === undefined || this.#workers.has(uid)) return;
    const consumer = this.#consumer(pod, queueUrl, secondsPerMessage);
    if (consumer === undefined) return;
    const worker = startWorker({
      consumer,
      secondsPerMessage,
      onError: (error) => this.#complain(pod, error.message),
      onTake: () => {
        this.#busy += 1;
      },
      onEnd: (consumed) => {
        this.#busy -= 1;
        if (consumed) this.#consumed += 1;
      },
    });
    this.#workers.set(uid, worker);
  }

  /** Lets a pod's worker finish what it has in hand. */
  async stop(uid: string): Promise<void> {
    const worker = this.#workers.get(uid);
    if (worker === undefined) return;
    await worker.stop();
    this.#workers.delete(uid);
  }

  /** Ends a pod's worker at once. */
  async kill(uid: string): Promise<void> {
    await this.#workers.get(uid)?.kill();
    this.#workers.delete(uid);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers.keys()].map((uid) => this.kill(uid)));
  }

  #consumer(pod: KubeObject, queueUrl: string, secondsPerMessage: number): QueueConsumer | undefined {
    try {
      if (queueUrl.startsWith("beanstalk")) return beanstalkdConsumer(queueUrl);
      // Simulated workers hold no credentials: they keep to this machine.
      if (this.#sqsEndpoint === undefined && new URL(queueUrl).protocol === "https:") return undefined;
      return sqsConsumer(queueUrl, secondsPerMessage, this.#sqsEndpoint);
    } catch (error) {
      this.#complain(pod, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  #complain(pod: KubeObject, message: string): void {
    const happening = { type: "Warning", reason: "QueueUnreachable", message, component: "sandbox-worker" } as const;
    recordEvent(this.#cluster, pod, "Pod", happening);
  }
}
