import * as z from "zod";
import { ConnectedClient, type Connection, findConnection } from "../../kubernetes/index.ts";
import { KubernetesError } from "../../kubernetes/ports.ts";
import { readVersion } from "../../shared/shipped.ts";
import { asUserError, UserError } from "../../shared/user-error.ts";
import { printError } from "./print.ts";

/** What commander makes of addClusterOptions. */
export interface ClusterOptions {
  readonly namespace?: string;
  readonly context?: string;
  readonly kubeConfig?: string;
  readonly kubeconfig?: string;
}

const PATIENCE_MS = 15_000;

/** Speaks to the cluster with the user's own rights. */
export class Cluster {
  readonly connection: Connection;
  readonly #client: ConnectedClient;

  constructor(connection: Connection) {
    this.connection = connection;
    this.#client = new ConnectedClient(connection, { userAgent: `muster/${readVersion()}` });
  }

  get(path: string, what: string): Promise<unknown> {
    return this.#client.call({ method: "GET", path, what, lane: "read" }, AbortSignal.timeout(PATIENCE_MS));
  }

  patch(path: string, what: string, body: object): Promise<unknown> {
    const call = { method: "PATCH", path, what, body, lane: "write" } as const;
    return this.#client.call(call, AbortSignal.timeout(PATIENCE_MS));
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

/** Runs `use` with the cluster that the options mean. What the API server refuses is printed, with exit status 1. */
export async function withCluster(options: ClusterOptions, use: (cluster: Cluster) => Promise<void>): Promise<void> {
  const path = options.kubeConfig ?? options.kubeconfig;
  const { context } = options;
  const connection = await asUserError(() => findConnection({ path, ...(context === undefined ? {} : { context }) }));
  const cluster = new Cluster(connection);
  try {
    await use(cluster);
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    printError(`muster: ${connection.origin}: ${error.message}\n`);
    process.exitCode = 1;
  } finally {
    await cluster.close();
  }
}

const KINDS = [
  { kind: "WorkerAutoscaler", short: "wa", path: "muster.dev/v1alpha1", plural: "workerautoscalers" },
  { kind: "WorkerPodAutoScaler", short: "wpa", path: "k8s.practo.dev/v1", plural: "workerpodautoscalers" },
  { kind: "ScaledObject", short: "so", path: "keda.sh/v1alpha1", plural: "scaledobjects" },
] as const;
/** As messages name an object where several kinds have the name. */
const SHORT_FORMS = KINDS.map(({ short }) => `${short}/NAME`).join(", ");

const count = z.number().optional().catch(undefined);
const text = z.string().optional().catch(undefined);
/** KEDA leaves out the message that it has none for. */
const condition = z.object({
  ...{ type: z.string(), status: z.string(), reason: z.string().default(""), message: z.string().default("") },
});

/** As much of an object as is printed or changed; what has another shape counts as left out. */
const listedObject = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    creationTimestamp: text,
    annotations: z.record(z.string(), z.string()).catch({}).default({}),
  }),
  spec: z.object({
    mode: text,
    minReplicas: count,
    maxReplicas: count,
    minReplicaCount: count,
    maxReplicaCount: count,
    deploymentName: text,
    replicaSetName: text,
    scaleTargetRef: z.object({ kind: text, name: text }).optional().catch(undefined),
    jobTemplate: z.unknown().optional(),
  }),
  status: z
    .object({
      conditions: z.array(condition).catch([]).default([]),
      currentReplicas: count,
      CurrentReplicas: count,
      desiredReplicas: count,
      DesiredReplicas: count,
      minReplicas: count,
      maxReplicas: count,
      CurrentMessages: count,
      signals: z
        .array(z.object({ name: z.string(), value: count, trust: text }))
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
});

/** An autoscaler of the cluster, of any kind. */
export type ListedObject = z.output<typeof listedObject> & (typeof KINDS)[number];

const listAnswer = z.object({
  metadata: z.object({ continue: text }).optional().catch(undefined),
  items: z.array(listedObject),
});

/** The autoscalers of a namespace, or (undefined) of all of them. */
export async function listAutoscalers(
  cluster: Cluster,
  namespace: string | undefined,
): Promise<readonly ListedObject[]> {
  const lists = await Promise.all(KINDS.map((kind) => listKind(cluster, namespace, kind)));
  if (lists.every((list) => list === undefined)) {
    throw new UserError(
      `expected a cluster with ${KINDS.map(({ kind }) => kind).join(" or ")} objects, got ${cluster.connection.origin}, which knows none of them: install Muster first`,
    );
  }
  const placeOf = ({ metadata: { namespace, name }, kind }: ListedObject) => `${namespace}/${name}/${kind}`;
  return lists.flatMap((list) => list ?? []).sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1));
}

/** For a shell that completes a word: NAMESPACE/NAME of each autoscaler; none where the cluster does not answer. */
export async function namesOfAutoscalers(): Promise<readonly string[]> {
  let names: readonly string[] = [];
  try {
    await withCluster({}, async (cluster) => {
      names = (await listAutoscalers(cluster, undefined)).map(
        ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
      );
    });
  } catch (error) {
    // A shell that completes a word shows no errors, but for those of a person who debugs it.
    if (process.env.MUSTER_DEBUG) printError(`${(error as Error).stack}\n`);
  }
  return names;
}

/** Undefined: the cluster does not know the kind. */
async function listKind(
  cluster: Cluster,
  namespace: string | undefined,
  kind: (typeof KINDS)[number],
): Promise<readonly ListedObject[] | undefined> {
  const found: ListedObject[] = [];
  for (let from: string | undefined = ""; from !== undefined; ) {
    const query = new URLSearchParams({ limit: "500", ...(from !== "" && { continue: from }) });
    const answer = await cluster
      .get(`${collectionPath(kind, namespace)}?${query}`, `list ${kind.plural}`)
      .catch((error: unknown) => {
        if (!(error instanceof KubernetesError)) throw error;
        if (error.kind === "NotFound") return undefined;
        // Whoever looks at Muster's own objects need not have a right to KEDA's.
        if (error.kind !== "Forbidden" || kind.kind !== "ScaledObject") throw error;
        printError(`muster: without ScaledObjects: ${error.message}\n`);
        return undefined;
      });
    if (answer === undefined) return undefined;
    const { items, metadata } = listAnswer.parse(answer);
    found.push(...items.map((item) => ({ ...item, ...kind })));
    from = metadata?.continue || undefined;
  }
  return found;
}

function collectionPath({ path, plural }: (typeof KINDS)[number], namespace: string | undefined): string {
  const inside = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/apis/${path}${inside}/${plural}`;
}

/** The path of one object. */
export function pathOf(object: ListedObject): string {
  const { namespace, name } = object.metadata;
  return `${collectionPath(object, namespace)}/${encodeURIComponent(name)}`;
}

/** Finds the autoscaler that is called `written`: NAME, NAMESPACE/NAME, or KIND/NAME as kubectl has it. */
export async function findAutoscaler(
  cluster: Cluster,
  written: string,
  options: ClusterOptions,
): Promise<ListedObject> {
  const parts = written.split("/");
  const name = parts.at(-1);
  const [before] = parts.length === 2 ? parts : [];
  if (!name || before === "" || parts.length > 2) {
    throw new UserError(`expected NAME, NAMESPACE/NAME, or one of ${SHORT_FORMS}, got "${written}"`);
  }
  const kind = KINDS.find((one) =>
    [one.short, one.kind.toLowerCase(), one.plural].includes(before?.toLowerCase() ?? ""),
  );
  const stated = kind === undefined ? before : undefined;
  const namespace = stated ?? options.namespace ?? cluster.connection.namespace;
  const all = await listAutoscalers(cluster, namespace);
  const found = all.filter(
    ({ metadata, plural }) => metadata.name === name && [plural, undefined].includes(kind?.plural),
  );
  const [first, second] = found;
  if (second !== undefined) {
    const each = found.map(({ short }) => `${short}/${name}`).join(" or ");
    throw new UserError(`expected one autoscaler named ${namespace}/${name}, got ${found.length}: say ${each}`);
  }
  if (first !== undefined) return first;
  const there = all.map(({ metadata }) => metadata.name).slice(0, 10);
  throw new UserError(
    `expected an autoscaler of namespace ${namespace}, got "${name}"; there ${there.length === 0 ? "is none" : `are ${there.join(", ")}`}`,
  );
}

/** What `kubectl get` cannot print in one column: the mode or trouble of an autoscaler in one word. */
export function stateOf({ status }: ListedObject): string {
  const find = (wanted: string) => status?.conditions.find(({ type }) => type === wanted);
  const ready = find("Ready");
  if (ready === undefined) return "NotSeen";
  if (ready.status !== "True" || ready.reason === "Paused") return ready.reason || "NotReady";
  if (find("Paused")?.status === "True") return "Paused";
  if ([find("FallbackActive"), find("Fallback")].some((one) => one?.status === "True")) return "Fallback";
  if (ready.reason === "ScaledObjectReady") return "Ready";
  const active = find("ScalingActive");
  if (active?.status === "False") return active.reason;
  const limited = find("ScalingLimited");
  if (["Stalled", "HeldByBusyWorkers", "WorkersUnknown"].includes(limited?.reason ?? "")) return limited?.reason ?? "";
  return ready.reason === "ReadyForNewScale" ? "Ready" : ready.reason;
}
