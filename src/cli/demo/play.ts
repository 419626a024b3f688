import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Act } from "./act.ts";
import { MusterProcess } from "./muster-process.ts";
import { Recorder } from "./recorder.ts";
import type { View } from "./view.ts";
import { watchDeployment } from "./watch-deployment.ts";

const LONGEST_MS = 80_000;
const READY_WITHIN_MS = 20_000;
const CALM_MS = 2000;
const LOOK_EVERY_MS = 200;

/** Plays one act with the real program, shows it, and returns what was recorded. */
export async function play(act: Act, view: View, signal: AbortSignal): Promise<Recorder> {
  const closers: (() => unknown)[] = [() => act.close()];
  try {
    const folder = await mkdtemp(join(tmpdir(), "muster-demo-"));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const kubeconfig = join(folder, "kubeconfig");
    act.sandbox.writeKubeconfig(kubeconfig);

    const recorder = new Recorder();
    const muster = startMuster(act, kubeconfig, recorder);
    closers.push(() => muster.process.stop());
    const watching = new AbortController();
    closers.push(() => watching.abort());
    const sawReplicas = (seen: { replicas: number; ready: number }) => recorder.sawReplicas(seen);
    const watch = watchDeployment(act.sandbox.url, act.deployment, sawReplicas, watching.signal);
    const broken = Promise.race([muster.process.failure, failureOf(watch, watching.signal)]);
    const kubectl = `kubectl --kubeconfig ${kubeconfig} get ${act.kinds}`;
    const { observations, turns } = recorder;
    const show = (scene: string) => view.show({ scene, kubectl, labels: act.labels, observations, turns });

    show(act.opening);
    await Promise.race([broken, untilActing(muster.acting, signal)]);
    // The story begins with Muster waiting for work, as it would on any day.
    await Promise.race([broken, sleep(CALM_MS)]);
    await Promise.race([broken, tellStory(act, recorder, show, signal)]);
    return recorder;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** The real program in a process of its own, set up as a user would. */
function startMuster(act: Act, kubeconfig: string, recorder: Recorder) {
  let begin: () => void;
  const acting = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const flags = ["--kube-config", kubeconfig, "--metrics-port", "127.0.0.1:0", ...act.flags];
  const process = new MusterProcess(flags, act.environment, (line) => {
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

async function tellStory(
  act: Act,
  recorder: Recorder,
  show: (scene: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const begun = act.begin(recorder);
  while (!signal.aborted && recorder.elapsedMs < LONGEST_MS) {
    recorder.sawBacklog(await act.backlog(recorder));
    show(act.scene(recorder));
    if (act.isOver(recorder)) break;
    await sleep(LOOK_EVERY_MS);
  }
  await begun;
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
