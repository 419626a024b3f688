import { MODE_ANNOTATION } from "../../formats/worker-pod-autoscaler.ts";
import { UserError } from "../../shared/user-error.ts";
import { type ClusterOptions, findAutoscaler, type ListedObject, pathOf, withCluster } from "./cluster-objects.ts";
import { parseNumberOption } from "./parse-numbers.ts";
import { print } from "./print.ts";

/** The options of `muster pause` and `muster resume`. */
export interface PauseOptions extends ClusterOptions {
  readonly replicas?: string;
  readonly output: "text" | "json";
}

/** What a pause took the place of, in case it was not Active. */
const MODE_BEFORE = "muster.dev/mode-before-pause";

const KEDA_PAUSED = "autoscaling.keda.sh/paused";
const KEDA_PAUSED_AT = "autoscaling.keda.sh/paused-replicas";

/** `muster pause`. Pausing twice changes nothing but the number of replicas. */
export function pauseAutoscaler(written: string, options: PauseOptions): Promise<void> {
  const replicas =
    options.replicas === undefined
      ? undefined
      : parseNumberOption("--replicas", options.replicas, { from: 0, to: 1_000_000, whole: true });
  return change(written, options, (object) => {
    const mode = modeOf(object);
    const before = mode === "Active" || mode === "Paused" ? {} : { [MODE_BEFORE]: mode };
    const held = replicas === undefined ? "the present number" : `${replicas} replicas`;
    if (object.kind === "WorkerAutoscaler") {
      const spec = { mode: "Paused", pausedReplicas: replicas ?? null };
      return { said: `paused: holds ${held}`, patch: { metadata: { annotations: before }, spec } };
    }
    if (object.kind === "ScaledObject") {
      return { said: `paused: holds ${held}`, patch: { metadata: { annotations: pausedByKeda(replicas) } } };
    }
    if (replicas !== undefined) {
      const { name } = object.metadata;
      throw new UserError(
        `--replicas: expected a WorkerAutoscaler or ScaledObject, got ${object.kind} ${name}: pause it, then kubectl scale its workload`,
      );
    }
    const annotations = { ...before, [MODE_ANNOTATION]: "Paused" };
    return { said: `paused: holds ${held}`, patch: { metadata: { annotations } } };
  });
}

/** `muster resume`. One that is not paused stays as it is. */
export function resumeAutoscaler(written: string, options: PauseOptions): Promise<void> {
  return change(written, options, (object) => {
    const mode = modeOf(object);
    if (mode !== "Paused") return { said: `is not paused: mode ${mode}` };
    if (object.kind === "ScaledObject") {
      const annotations = { [KEDA_PAUSED]: null, [KEDA_PAUSED_AT]: null };
      return { said: "resumed: mode Active", patch: { metadata: { annotations } } };
    }
    const { [MODE_BEFORE]: before = "Active" } = object.metadata.annotations;
    const said = `resumed: mode ${before}`;
    if (object.kind === "WorkerAutoscaler") {
      const metadata = { annotations: { [MODE_BEFORE]: null } };
      return { said, patch: { metadata, spec: { mode: before, pausedReplicas: null } } };
    }
    const annotations = { [MODE_BEFORE]: null, [MODE_ANNOTATION]: before === "Active" ? null : before };
    return { said, patch: { metadata: { annotations } } };
  });
}

/** KEDA holds the present number, or sets one and holds that. */
function pausedByKeda(replicas: number | undefined): Readonly<Record<string, string | null>> {
  return replicas === undefined
    ? { [KEDA_PAUSED]: "true", [KEDA_PAUSED_AT]: null }
    : { [KEDA_PAUSED]: null, [KEDA_PAUSED_AT]: String(replicas) };
}

function modeOf({ kind, spec, metadata }: ListedObject): string {
  if (kind === "ScaledObject") {
    const { [KEDA_PAUSED]: paused, [KEDA_PAUSED_AT]: at } = metadata.annotations;
    return at !== undefined || (paused !== undefined && paused !== "false") ? "Paused" : "Active";
  }
  return (kind === "WorkerAutoscaler" ? spec.mode : metadata.annotations[MODE_ANNOTATION]) ?? "Active";
}

interface Plan {
  readonly said: string;
  /** A merge patch; absent: nothing is to be written. */
  readonly patch?: object;
}

function change(written: string, options: PauseOptions, plan: (object: ListedObject) => Plan): Promise<void> {
  return withCluster(options, async (cluster) => {
    const object = await findAutoscaler(cluster, written, options);
    const { said, patch } = plan(object);
    if (patch !== undefined) await cluster.patch(pathOf(object), `patch ${object.plural}`, patch);
    const { kind, metadata } = object;
    const { namespace, name } = metadata;
    const result = { kind, namespace, name, changed: patch !== undefined, message: said };
    print(options.output === "json" ? `${JSON.stringify(result)}\n` : `${kind} ${namespace}/${name} ${said}\n`);
  });
}
