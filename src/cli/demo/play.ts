import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startSqsServer } from "../../sandbox/sqs/start-sqs-server.ts";
import { startSandbox } from "../../sandbox/start-sandbox.ts";
import { DemoQueue } from "./demo-queue.ts";
import { MusterProcess } from "./muster-process.ts";
import { Recorder } from "./recorder.ts";
import { type Summary, summarize } from "./summary.ts";
import type { View } from "./view.ts";
import { watchDeployment } from "./watch-deployment.ts";

const PACKAGE = fileURLToPath(new URL("../../../../", import.meta.url));
/** What the demo applies: the same files that a user applies to a cluster. */
const MANIFESTS = [
  "deploy/crds/k8s.practo.dev_workerpodautoscalers.yaml",
  "examples/deployment.yaml",
  "examples/worker-pod-autoscaler.yaml",
];
const DEPLOYMENT = "example-deployment";
const QUEUE = { name: "sms-sender", region: "ap-south-1" };
const MESSAGES = 200;
/** The default is ten minutes; nobody should wait that long for a demo. */
const SCALE_DOWN_DELAY_SECONDS = 5;
const LONGEST_MS = 80_000;
const READY_WITHIN_MS = 20_000;
const CALM_MS = 2000;
const LOOK_EVERY_MS = 200;

/** Plays the whole story, 0 -> N -> 0, on an embedded cluster and queue, and sums it up. */
export async function play(view: View, signal: AbortSignal): Promise<Summary> {
  const closers: (() => unknown)[] = [];
  try {
    const sqs = await startSqsServer({ region: QUEUE.region });
    closers.push(() => sqs.close());
    const sandbox = await startSandbox({ sqsEndpoint: sqs.url });
    closers.push(() => sandbox.close());
    const folder = await mkdtemp(join(tmpdir(), "muster-demo-"));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const kubeconfig = join(folder, "kubeconfig");
    sandbox.writeKubeconfig(kubeconfig);
    const queue = new DemoQueue(sqs.url, QUEUE.region);
    closers.push(() => queue.close());
    await queue.create(QUEUE.name);
    for (const file of MANIFESTS) sandbox.apply(await readFile(join(PACKAGE, file), "utf8"));

    const recorder = new Recorder();
    const muster = startMuster(kubeconfig, sqs.url, recorder);
    closers.push(() => muster.process.stop());
    const watching = new AbortController();
    closers.push(() => watching.abort());
    const watch = watchDeployment(sandbox.url, DEPLOYMENT, (seen) => recorder.sawReplicas(seen), watching.signal);
    const broken = Promise.race([muster.process.failure, failureOf(watch, watching.signal)]);
    const kubectl = `kubectl --kubeconfig ${kubeconfig} get wpa,deployments,pods`;
    const show = (scene: string) =>
      view.show({ scene, kubectl, observations: recorder.observations, turns: recorder.turns });

    show("Muster starts, beside an embedded cluster and queue. Nothing to do: no workers.");
    await Promise.race([broken, untilActing(muster.acting, signal)]);
    // The story begins with Muster waiting at an empty queue, as it would on any day.
    await Promise.race([broken, sleep(CALM_MS)]);
    const story = tellStory({ queue, recorder, show, signal });
    await Promise.race([broken, story]);
    return summarize(recorder.observations);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** The real program in a process of its own, set up as a user would. */
function startMuster(kubeconfig: string, endpoint: string, recorder: Recorder) {
  let begin: () => void;
  const acting = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const flags = [
    ...["--kube-config", kubeconfig, "--metrics-port", "127.0.0.1:0"],
    ...["--scale-down-delay-after-last-scale-activity", String(SCALE_DOWN_DELAY_SECONDS)],
  ];
  const environment = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "sandbox",
    AWS_SECRET_ACCESS_KEY: "sandbox",
  };
  const process = new MusterProcess(flags, environment, (line) => {
    if (line.message === "Acting") begin();
    recorder.readLog(line);
  });
  return { process, acting };
}

async function untilActing(acting: Promise<void>, signal: AbortSignal): Promise<void> {
  const late = sleep(READY_WITHIN_MS, undefined, { signal, ref: false }).then(() => {
    throw new Error(`expected muster run to act within ${READY_WITHIN_MS / 1000} s`);
  });
  await Promise.race([acting, late]);
}

interface Scene {
  readonly queue: DemoQueue;
  readonly recorder: Recorder;
  readonly show: (scene: string) => void;
  readonly signal: AbortSignal;
}

async function tellStory({ queue, recorder, show, signal }: Scene): Promise<void> {
  const sending = queue.send(MESSAGES, () => recorder.begin());
  while (!signal.aborted && recorder.elapsedMs < LONGEST_MS) {
    recorder.sawBacklog(await queue.backlog());
    show(sceneOf(recorder));
    if (isOver(recorder)) break;
    await sleep(LOOK_EVERY_MS);
  }
  await sending;
}

function sceneOf({ latest: { backlog, replicas, ready } }: Recorder): string {
  if (replicas === 0) return backlog > 0 ? `A burst of ${MESSAGES} messages arrives.` : "The work is done: no workers.";
  if (ready === 0) return "Workers are called; their pods start.";
  return backlog > 0 ? "Workers take messages off the queue." : "The queue is empty; workers are sent home.";
}

/** All the work done, and every worker gone that had come. */
function isOver({ observations, latest }: Recorder): boolean {
  return latest.backlog === 0 && latest.replicas === 0 && observations.some(({ ready }) => ready > 0);
}

/** A watch that ends before anybody asked it to has failed. */
async function failureOf(watch: Promise<void>, signal: AbortSignal): Promise<never> {
  try {
    await watch;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (!signal.aborted) throw new Error("the watch of the Deployment ended");
  return new Promise<never>(() => undefined);
}
