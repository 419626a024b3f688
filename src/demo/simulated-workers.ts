import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject, PodBehavior, PodProcess } from "kube-sandbox";
import { beanstalkdConsumer, type QueueConsumer, sqsConsumer } from "./queue-consumers.ts";

interface SimulatedWorkerOptions {
  /** Where SQS requests go, regardless of the host in a queue's URL. */
  readonly sqsEndpoint?: string;
  /** For pods whose annotations do not say (default 1). */
  readonly startSeconds?: number;
  readonly stopSeconds?: number;
  /** Seconds of work for each message (default 1). */
  readonly secondsPerMessage?: number;
}

type Warn = (reason: string, message: string) => void;

/** The part of a pod's spec that names its queue. */
interface PodSpec {
  readonly containers?: readonly { readonly env?: readonly { readonly name: string; readonly value?: string }[] }[];
}

const PREFIX = "sandbox.muster.dev/";

/**
 * Pods that consume a queue: what `startSandbox` takes as `pods`. The annotations `sandbox.muster.dev/start-seconds`,
 * `stop-seconds`, `queue-url` and `seconds-per-message` describe a pod. Without `queue-url` it consumes the queue in the
 * environment variable QUEUE_URL of a container; without either it only runs.
 */
export function simulatedWorkers(options: SimulatedWorkerOptions = {}): (pod: KubeObject) => PodBehavior {
  return (pod) => {
    const annotations = pod.metadata.annotations ?? {};
    const seconds = (name: string): number | undefined => {
      const value = Number.parseFloat(annotations[PREFIX + name] ?? "");
      return value >= 0 && value < Number.POSITIVE_INFINITY ? value : undefined;
    };
    const queueUrl = annotations[`${PREFIX}queue-url`] ?? queueOfEnvironment(pod);
    const secondsPerMessage = seconds("seconds-per-message") ?? options.secondsPerMessage ?? 1;
    const startSeconds = seconds("start-seconds") ?? options.startSeconds;
    const stopSeconds = seconds("stop-seconds") ?? options.stopSeconds;
    return {
      ...(startSeconds !== undefined && { startSeconds }),
      ...(stopSeconds !== undefined && { stopSeconds }),
      ...(queueUrl && {
        run: (warn: Warn) =>
          runWorker({ url: queueUrl, secondsPerMessage, isJob: isOfJob(pod) }, options.sqsEndpoint, warn),
      }),
    };
  };
}

function queueOfEnvironment(pod: KubeObject): string | undefined {
  const { containers = [] } = (pod.spec ?? {}) as PodSpec;
  return containers.flatMap(({ env = [] }) => env).find(({ name, value }) => name === "QUEUE_URL" && value)?.value;
}

/** The pod of a Job takes one message and ends. */
function isOfJob({ metadata }: KubeObject): boolean {
  return (metadata.ownerReferences ?? []).some(({ kind }) => kind === "Job");
}

function runWorker(
  { url, secondsPerMessage, isJob }: { url: string; secondsPerMessage: number; isJob: boolean },
  endpoint: string | undefined,
  warn: Warn,
): PodProcess | undefined {
  const onError = (error: unknown): void => {
    warn("QueueUnreachable", error instanceof Error ? error.message : String(error));
  };
  try {
    const consumer = connect(url, secondsPerMessage, endpoint);
    return consumer && startWorker({ consumer, secondsPerMessage, isJob, onError });
  } catch (error) {
    onError(error);
    return undefined;
  }
}

function connect(url: string, secondsPerMessage: number, endpoint: string | undefined): QueueConsumer | undefined {
  if (url.startsWith("beanstalk")) return beanstalkdConsumer(url);
  // Simulated workers have no credentials, so they never leave this machine.
  if (endpoint === undefined && new URL(url).protocol === "https:") return undefined;
  return sqsConsumer(url, secondsPerMessage, endpoint);
}

interface WorkerOptions {
  readonly consumer: QueueConsumer;
  readonly secondsPerMessage: number;
  /** It ends after its first message, or where none came. */
  readonly isJob: boolean;
  /** Called with a failure, after which the worker tries again. */
  readonly onError: (error: Error) => void;
}

const RETRY_MS = 1_000;

/**
 * Starts a worker that takes messages one by one and spends the set time on each. A stopped worker finishes the message that it
 * has; a killed one leaves it, and the queue makes it visible again.
 */
function startWorker(options: WorkerOptions): PodProcess {
  const [stopping, killed] = [new AbortController(), new AbortController()];
  const ended = run(options, stopping.signal, killed.signal).finally(() => options.consumer.close());
  return {
    ...(options.isJob && { ended: ended.then(() => 0) }),
    stop: () => {
      stopping.abort();
      return ended;
    },
    kill: () => {
      stopping.abort();
      killed.abort();
      return ended;
    },
  };
}

async function run(options: WorkerOptions, stopping: AbortSignal, killed: AbortSignal): Promise<void> {
  const { consumer, secondsPerMessage, isJob, onError } = options;
  while (!stopping.aborted) {
    try {
      const message = await consumer.take(stopping);
      if (message !== undefined) {
        await sleep(secondsPerMessage * 1000, undefined, { signal: killed });
        await message.done();
      }
      if (isJob) return;
    } catch (error) {
      if (killed.aborted) return;
      onError(error instanceof Error ? error : new Error(String(error)));
      await sleep(RETRY_MS, undefined, { signal: stopping }).catch(ignoreAbort);
    }
  }
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error) || error.name !== "AbortError") throw error;
}
