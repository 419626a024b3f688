import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { untilAborted } from "../shared/async.ts";
import { shippedPath } from "../shared/shipped.ts";
import { UserError } from "../shared/user-error.ts";
import { type Act, jobsAct, metricsAct, queueAct } from "./acts.ts";
import { type LogLine, metricsSummaryLines, Recorder, summaryLines } from "./recorder.ts";
import { openView, type View } from "./view.ts";

/** The acts: their worlds, and what is printed at the end (undefined: the workers did not come and go). */
const ACTS = new Map([
  ["queue", { open: queueAct, linesOf: ({ observations }: Recorder) => summaryLines(observations) }],
  ["jobs", { open: jobsAct, linesOf: ({ observations }: Recorder) => summaryLines(observations) }],
  ["metrics", { open: metricsAct, linesOf: ({ observations }: Recorder) => metricsSummaryLines(observations) }],
]);

/**
 * Plays one act on this terminal; it has failed where the workers did not come and go. `stays`: its world is there until
 * Ctrl-C, to be looked at.
 */
export async function runDemo(name: string, stays: boolean): Promise<void> {
  const act = ACTS.get(name);
  if (act === undefined) throw new UserError(`expected an act of ${[...ACTS.keys()].join(", ")}, got ${name}`);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const view = openView(process.stdout);
  try {
    await play(await act.open(), view, stop.signal, async (recorder, address) => {
      view.end();
      if (stop.signal.aborted) throw new UserError("stopped before the end");
      const lines = act.linesOf(recorder);
      if (lines === undefined) throw new UserError("expected the workers to come and go within 80 seconds: see above");
      process.stdout.write(`\n${lines.join("\n")}\n`);
      if (!stays) return;
      process.stdout.write(`\nStill up: see it live at ${address}/. Ctrl-C ends it.\n`);
      await untilAborted(new Promise(() => undefined), stop.signal).catch(() => undefined);
    });
  } finally {
    view.end();
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

const KUBECONFIG = "demo.kubeconfig";

/** In the working folder, where the command that names it is short; elsewhere if that is not possible, or already there. */
async function reserveKubeconfig(closers: (() => unknown)[]): Promise<string> {
  try {
    await (await open(KUBECONFIG, "wx", 0o600)).close();
    closers.push(() => rm(KUBECONFIG, { force: true }));
    return KUBECONFIG;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    const folder = await mkdtemp(join(tmpdir(), "muster-demo-"));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    return join(folder, KUBECONFIG);
  }
}

const LONGEST_MS = 80_000;
const READY_WITHIN_MS = 20_000;
const CALM_MS = 2000;
const POLL_EVERY_MS = 200;

/** Plays one act with the real program and shows it. `after` is called at the end of its course, with what was recorded. */
async function play(
  act: Act,
  view: View,
  signal: AbortSignal,
  after: (recorder: Recorder, address: string) => Promise<void>,
): Promise<void> {
  const closers: (() => unknown)[] = [() => act.close()];
  try {
    const kubeconfig = await reserveKubeconfig(closers);
    act.sandbox.writeKubeconfig(kubeconfig);

    const recorder = new Recorder();
    const muster = startMuster(act, kubeconfig, (line) => recorder.readLog(line));
    closers.push(() => muster.stop());
    const watching = new AbortController();
    closers.push(() => watching.abort());
    const watch = act.follow(recorder.sawReplicas, watching.signal);
    const failure = Promise.race([muster.failure, failureOf(watch, watching.signal)]);
    const kubectl = `kubectl --kubeconfig ${kubeconfig} get ${act.kinds}`;
    const { observations, turns } = recorder;
    const show = (scene: string) => view.show({ ...act, scene, kubectl, observations, turns });

    show(act.opening);
    const late = sleep(READY_WITHIN_MS, undefined, { signal, ref: false }).then(() => {
      throw new Error(`expected muster run to act within ${READY_WITHIN_MS / 1000} s`);
    });
    await Promise.race([failure, muster.acting, late]);
    // The story begins with Muster waiting for work, as it would on any day.
    await Promise.race([failure, sleep(CALM_MS)]);
    await Promise.race([failure, playStory(act, recorder, show, signal)]);
    await Promise.race([failure, after(recorder, muster.address())]);
  } finally {
    for (const close of closers.reverse()) await close();
  }
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
    show(act.scene(recorder));
    if (act.isOver(recorder)) break;
    await sleep(POLL_EVERY_MS);
  }
  await begun;
}

/** Rejects when the watch ends although it was not aborted. */
async function failureOf(watch: Promise<void>, signal: AbortSignal): Promise<never> {
  try {
    await watch;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (!signal.aborted) throw new Error("the watch of what is scaled ended");
  return new Promise<never>(() => undefined);
}

const STOP_WITHIN_MS = 10_000;
const KEPT_LINES = 20;

/**
 * Starts `muster run` as a user would, in a process of its own. `acting` resolves once it may scale; `failure` rejects
 * when the process ends before `stop` was called.
 */
function startMuster({ flags, environment }: Act, kubeconfig: string, onLine: (line: LogLine) => void) {
  const words = ["run", "--kube-config", kubeconfig, "--metrics-port", "127.0.0.1:0", ...flags];
  const child = spawn(process.execPath, [shippedPath("bin/muster.js"), ...words], {
    stdio: ["ignore", "ignore", "pipe"],
    // Its queue is on this machine, even where that is a pod.
    env: { ...process.env, KUBERNETES_SERVICE_HOST: "", ...environment },
  });
  const acting = Promise.withResolvers<void>();
  const last: string[] = [];
  let address = "";
  let isStopping = false;
  createInterface({ input: child.stderr }).on("line", (text) => {
    last.push(text);
    if (last.length > KEPT_LINES) last.shift();
    const line = parseLogLine(text);
    if (line?.message === "Acting") acting.resolve();
    if (line?.message === "Started") address = String(line.address);
    if (line !== undefined) onLine(line);
  });
  const exit = once(child, "exit");
  const failure = exit.then(([code, signal]) => {
    if (isStopping) return new Promise<never>(() => undefined);
    throw new Error(`muster run ended with ${code ?? signal}:\n${last.join("\n")}`);
  });
  failure.catch(() => undefined);
  return {
    acting: acting.promise,
    address: () => address,
    failure,
    async stop() {
      isStopping = true;
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
      await exit;
      clearTimeout(force);
    },
  };
}

/** Node's own warnings are on standard error too, as text. */
function parseLogLine(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return undefined;
  }
}
