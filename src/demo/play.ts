import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { shippedPath } from "../shared/shipped.ts";
import { UserError } from "../shared/user-error.ts";
import { type Act, metricsAct, queueAct } from "./acts.ts";
import { type LogLine, metricsSummaryLines, Recorder, summarize, summaryLines, watchDeployment } from "./recorder.ts";
import { openView, type View } from "./view.ts";

/** What can be played: its world, and what is said of it in the end (undefined: it did not go as it should). */
const ACTS: Readonly<
  Record<string, { open(): Promise<Act>; linesOf(recorder: Recorder): readonly string[] | undefined }>
> = {
  queue: { open: queueAct, linesOf: ({ observations }) => summaryLines(summarize(observations)) },
  metrics: { open: metricsAct, linesOf: ({ observations }) => metricsSummaryLines(observations) },
};

/** The acts by name. */
const ACT_NAMES: readonly string[] = Object.keys(ACTS);

/** Plays one act on this terminal; it has failed where the workers did not come and go. */
export async function runDemo(name: string): Promise<void> {
  const act = Object.hasOwn(ACTS, name) ? ACTS[name] : undefined;
  if (act === undefined) throw new UserError(`expected an act of ${ACT_NAMES.join(", ")}, got ${name}`);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const view = openView(process.stdout);
  try {
    const recorder = await play(await act.open(), view, stop.signal);
    view.end();
    if (stop.signal.aborted) throw new UserError("stopped before the end");
    const lines = act.linesOf(recorder);
    if (lines === undefined) throw new UserError("expected the workers to come and go within 80 seconds: see above");
    process.stdout.write(`\n${lines.join("\n")}\n`);
  } finally {
    view.end();
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

const LONGEST_MS = 80_000;
const READY_WITHIN_MS = 20_000;
const CALM_MS = 2000;
const LOOK_EVERY_MS = 200;

/** Plays one act with the real program, shows it, and returns what was recorded. */
async function play(act: Act, view: View, signal: AbortSignal): Promise<Recorder> {
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
    await Promise.race([broken, playStory(act, recorder, show, signal)]);
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

async function playStory(
  act: Act,
  recorder: Recorder,
  show: (scene: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const begun = act.begin(recorder);
  while (!signal.aborted && recorder.elapsedMs < LONGEST_MS) {
    recorder.sawBacklog(await act.backlog(recorder));
    show(act.metricsScene(recorder));
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

const MUSTER = shippedPath("bin/muster.js");
const STOP_WITHIN_MS = 10_000;
const KEPT_LINES = 20;

/** `muster run` as a user starts it, in a process of its own, and its log as it is written. */
class MusterProcess {
  readonly #child: ChildProcess;
  readonly #last: string[] = [];
  /** Rejects when the process ends before it was told to; never resolves. */
  readonly failure: Promise<never>;
  #stopping = false;

  constructor(
    flags: readonly string[],
    environment: Readonly<Record<string, string>>,
    onLine: (line: LogLine) => void,
  ) {
    this.#child = spawn(process.execPath, [MUSTER, "run", ...flags], {
      stdio: ["ignore", "ignore", "pipe"],
      // Its queue is on this machine, also where that is a pod.
      env: { ...process.env, KUBERNETES_SERVICE_HOST: "", ...environment },
    });
    if (this.#child.stderr !== null) {
      createInterface({ input: this.#child.stderr }).on("line", (text) => this.#read(text, onLine));
    }
    this.failure = once(this.#child, "exit").then(([code, signal]) => {
      if (this.#stopping) return new Promise<never>(() => undefined);
      throw new Error(`muster run ended with ${code ?? signal}:\n${this.#last.join("\n")}`);
    });
    this.failure.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const force = setTimeout(() => this.#child.kill("SIGKILL"), STOP_WITHIN_MS);
    await gone;
    clearTimeout(force);
  }

  #read(text: string, onLine: (line: LogLine) => void): void {
    this.#last.push(text);
    if (this.#last.length > KEPT_LINES) this.#last.shift();
    const line = parseLogLine(text);
    if (line !== undefined) onLine(line);
  }
}

/** Not all that a process says is its log: Node's own warnings are text. */
function parseLogLine(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return undefined;
  }
}
