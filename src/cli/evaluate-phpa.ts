import { setTimeout as sleep } from "node:timers/promises";
import {
  type Autoscaler,
  type Decision,
  decide,
  judge,
  type Parsed,
  type Signal,
  type SignalState,
} from "../core/index.ts";
import { parsePhpaFile } from "../feeds/phpa-feed.ts";
import { describeProblem } from "../formats/problems.ts";
import {
  type ApiClient,
  ClusterWorkloads,
  ConnectedClient,
  findConnection,
  readWorkloadScale,
} from "../kubernetes/index.ts";
import { KubernetesError } from "../kubernetes/ports.ts";
import { readVersion } from "../shared/shipped.ts";
import { asUserError, UserError } from "../shared/user-error.ts";
import type { SharedThings } from "../sources/shared/share.ts";
import { pollAll, pollOnce } from "./shared/poll-once.ts";
import { print, printError } from "./shared/print.ts";
import { readText } from "./shared/read-text.ts";

/** What commander makes of the options of `muster phpa`. */
export interface PhpaOptions {
  readonly file?: string;
  readonly kubeConfig?: string;
  readonly dryRun: boolean;
  readonly output: string;
  readonly quit: boolean;
}

/** Pauses before the metric is read again, in milliseconds: short, as a Job should end. */
const RETRY_PAUSES_MS = [1000, 3000];
const WRITE_TIMEOUT_MS = 10_000;

/** The result of one evaluation, as `-o json` prints it. */
interface Outcome {
  readonly deployment: string;
  readonly currentReplicas: number;
  readonly desiredReplicas: number;
  readonly direction: Decision["direction"];
  /** Whether the Deployment was scaled. */
  readonly acted: boolean;
  readonly steps: Decision["steps"];
}

/** Makes one evaluation of a PHPA file. Returns the exit status: 0, or 1 where the cluster or the metric failed. */
export async function evaluateOnce(options: PhpaOptions): Promise<number> {
  if (options.quit) return 0;
  if (options.file === undefined) throw new UserError("expected -f FILE, got none");
  if (options.output !== "text" && options.output !== "json") {
    throw new UserError(`expected -o text or -o json, got ${options.output}`);
  }
  const { autoscaler } = requireUsable(parsePhpaFile(readText(options.file), options.file));
  const connection = await asUserError(() => findConnection({ path: options.kubeConfig }));
  const client = new ConnectedClient(connection, { userAgent: `muster/${readVersion()}` });
  try {
    const mayAct = !options.dryRun && autoscaler.mode === "Active";
    const { outcome, failure } = await evaluate(autoscaler, client, mayAct);
    print(options.output === "json" ? `${JSON.stringify(outcome)}\n` : formatOutcome(outcome));
    if (failure !== undefined) printError(`muster: ${failure}\n`);
    return failure === undefined ? 0 : 1;
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    printError(`muster: ${error.message}\n`);
    return 1;
  } finally {
    await client.close();
  }
}

function requireUsable(parsed: Parsed): Extract<Parsed, { autoscaler: unknown }> {
  for (const problem of parsed.problems) printError(`${describeProblem(problem)}\n`);
  if ("autoscaler" in parsed) {
    if (parsed.autoscaler.busyWorkers === undefined) return parsed;
    throw new UserError(
      "busyWorkers: one evaluation cannot wait for busy workers: use muster run --phpa-config, or leave it out",
    );
  }
  throw new UserError("the file is not usable: see above");
}

async function evaluate(autoscaler: Autoscaler, client: ApiClient, mayAct: boolean) {
  const { target } = autoscaler;
  const limit = () => AbortSignal.timeout(WRITE_TIMEOUT_MS);
  const scale = await readWorkloadScale(client, target, limit());
  const { replicas: currentReplicas, resourceVersion } = scale;
  const signals = await pollAll(autoscaler, pollPatiently);
  const decision = decide({ autoscaler, currentReplicas, signals, memory: {}, now: Date.now() });
  const { desiredReplicas, direction, steps } = decision;
  const acted = mayAct && direction !== "none";
  if (acted) {
    const workloads = new ClusterWorkloads({ client, namespace: target.namespace });
    await workloads.scale(target, { from: currentReplicas, to: desiredReplicas, resourceVersion }, limit());
    workloads.close();
  }
  const deployment = `${target.namespace}/${target.name}`;
  const outcome: Outcome = { deployment, currentReplicas, desiredReplicas, direction, acted, steps };
  // Where the fallback acted, the evaluation succeeded.
  const failure = acted
    ? undefined
    : autoscaler.signals.map((signal) => findDoubt(signal, signals[signal.name])).find(Boolean);
  return { outcome, ...(failure !== undefined && { failure }) };
}

/** Why the metric cannot be trusted. */
function findDoubt(signal: Signal, state: SignalState | undefined): string | undefined {
  const { failure } = state ?? {};
  if (failure !== undefined) return `the metric cannot be read: ${failure.kind}: ${failure.message}`;
  return judge(signal, state, Date.now()).doubt;
}

/** Polls a signal again while it is in doubt; if it stays so, its doubt is old enough for any fallback. */
async function pollPatiently(signal: Signal, things: SharedThings): Promise<SignalState> {
  let state = await pollOnce(signal, things);
  for (const pause of RETRY_PAUSES_MS) {
    if (findDoubt(signal, state) === undefined) break;
    await sleep(pause);
    state = await pollOnce(signal, things);
  }
  return { ...state, doubtSince: 0 };
}

function formatOutcome({ deployment, currentReplicas, desiredReplicas, direction, acted, steps }: Outcome): string {
  const change = `${currentReplicas} -> ${desiredReplicas} replicas`;
  const head =
    direction === "none" ? `${currentReplicas} replicas stay` : acted ? `scaled ${change}` : `would scale ${change}`;
  const reasons = steps.map(({ rule, from, to, because }) => `  ${rule}: ${from} -> ${to}: ${because}\n`);
  return `${deployment}: ${head}\n${reasons.join("")}`;
}
