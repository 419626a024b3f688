import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseAllDocuments, stringify } from "yaml";
import { deployments } from "./controllers/deployment-controller.ts";
import { collectGarbage, runNamespaces } from "./controllers/garbage-collector.ts";
import { jobs } from "./controllers/job-controller.ts";
import { replicaSets, statefulSets } from "./controllers/pod-controllers.ts";
import { retainEvents, runWorkloadController } from "./controllers/workload-controller.ts";
import { establishCrds } from "./crds.ts";
import { Kubelet, NODE_NAME, type PodBehavior, sandboxNode } from "./kubelet.ts";
import { type Fields, isFields, type KubeObject, textAt } from "./objects.ts";
import { applyPatch } from "./patch/patch-object.ts";
import { BUILTIN_RESOURCES } from "./resources/builtin-resources.ts";
import { present, ResourceRegistry } from "./resources/resource-type.ts";
import type { Cluster } from "./rest/call.ts";
import { BOOKMARK_SECONDS } from "./rest/watch.ts";
import { createObject, updateObject, type WriteOptions } from "./rest/write-object.ts";
import { Faults, RequestAudit } from "./server/faults.ts";
import { HttpServer } from "./server/http-server.ts";
import { handleRequest, OpenWatches } from "./server/request-handler.ts";
import { AppliedConfigurations, Store } from "./store.ts";

export interface SandboxOptions {
  /** The default, 0, takes a free one. */
  readonly port?: number;
  /** Writes that are kept so that watches can resume (default 5,000). */
  readonly historyLimit?: number;
  /** Events that are kept (default 2,000). */
  readonly eventLimit?: number;
  /** How often quiet watches get a bookmark (default 60). */
  readonly bookmarkSeconds?: number;
  /** False for an API server alone, as in envtest: no ReplicaSets, no pods, no garbage collection. */
  readonly controllers?: boolean;
  /** How all pods, or each pod, start, run and stop; false leaves them Pending, as without a kubelet. */
  readonly pods?: PodBehavior | ((pod: KubeObject) => PodBehavior) | false;
}

/** A Kubernetes API, its controllers and its pods, in this process. */
export interface Sandbox {
  readonly url: string;
  /** Text of a kubeconfig. */
  readonly kubeconfig: string;
  writeKubeconfig(path: string): void;
  /** Applies YAML documents, as `kubectl apply` does, without a request. */
  apply(manifests: string): readonly KubeObject[];
  readonly audit: RequestAudit;
  readonly faults: Faults;
  readonly watches: OpenWatches;
  /** All objects, for assertions without a request. */
  readonly store: Store;
  /** Forgets all history: every watch that resumes from an earlier revision gets 410. */
  compact(): void;
  /** Cuts all connections and refuses new ones until `comeBack`. */
  goDown(): Promise<void>;
  comeBack(): Promise<void>;
  /** Goes down and comes back on the same port, with or without its objects. */
  restart(options?: { readonly keepState?: boolean; readonly downMs?: number }): Promise<void>;
  close(): Promise<void>;
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const store = new Store(options.historyLimit ?? 5_000);
  const registry = new ResourceRegistry();
  for (const type of BUILTIN_RESOURCES) registry.add(type);
  const applied = new AppliedConfigurations(store);
  const cluster: Cluster = { store, registry, applied, now: Date.now };
  const [audit, faults, watches] = [new RequestAudit(), new Faults(), new OpenWatches()];
  const bookmarkSeconds = options.bookmarkSeconds ?? BOOKMARK_SECONDS;
  const handling = { cluster, audit, faults, watches, bookmarkSeconds };
  const http = new HttpServer((request, response) => void handleRequest(handling, request, response), options.port);
  let controllers = runControllers(cluster, options);
  await http.listen();
  const { url } = http;

  async function loseEverything(): Promise<void> {
    await controllers.stop();
    for (const type of registry.all()) if (type.custom) registry.remove(type.id);
    store.clear();
    controllers = runControllers(cluster, options);
  }

  return {
    url,
    kubeconfig: kubeconfig(url),
    writeKubeconfig: (path) => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, kubeconfig(url), { mode: 0o600 });
    },
    apply: (manifests) => applyManifests(cluster, manifests),
    audit,
    faults,
    watches,
    store,
    compact: () => store.history.compact(store.revision),
    goDown: () => http.close(),
    comeBack: () => http.listen(),
    restart: async ({ keepState = true, downMs = 0 } = {}) => {
      await http.close();
      if (!keepState) await loseEverything();
      await sleep(downMs);
      await http.listen();
    },
    close: async () => {
      await http.close();
      await controllers.stop();
    },
  };
}

/** The kubeconfig with which clients reach the sandbox. */
function kubeconfig(url: string): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "sandbox", cluster: { server: url } }],
    users: [{ name: "sandbox", user: {} }],
    contexts: [{ name: "sandbox", context: { cluster: "sandbox", user: "sandbox", namespace: "default" } }],
    "current-context": "sandbox",
  });
}

interface ControllerOptions {
  /** False leaves the API alone: no ReplicaSets, no pods, no garbage collection. */
  readonly controllers?: boolean;
  readonly eventLimit?: number;
  readonly pods?: PodBehavior | ((pod: KubeObject) => PodBehavior) | false;
}

interface RunningControllers {
  stop(): Promise<void>;
}

const WORKLOAD_CONTROLLERS = [deployments, replicaSets, statefulSets, jobs];

/** Starts every controller, and the simulated node unless `pods` is false. */
function runControllers(cluster: Cluster, options: ControllerOptions): RunningControllers {
  const stops = [
    establishCrds(cluster.store, cluster.registry, cluster.now),
    retainEvents(cluster.store, options.eventLimit ?? 2_000),
    runNamespaces(cluster),
    ...(options.controllers === false ? [] : runWorkloads(cluster)),
  ];
  const { pods = {} } = options;
  const kubelet = new Kubelet(cluster, typeof pods === "function" ? pods : () => pods || {});
  if (pods !== false && options.controllers !== false) {
    const node = cluster.store.get("nodes", undefined, NODE_NAME);
    if (node === undefined) cluster.store.put("nodes", sandboxNode(cluster.now()));
    kubelet.start();
  }
  return {
    stop: async () => {
      for (const stop of stops) stop();
      await kubelet.stop();
    },
  };
}

function runWorkloads(cluster: Cluster): (() => void)[] {
  const runs = WORKLOAD_CONTROLLERS.map((controller) => runWorkloadController(cluster, controller));
  return [...runs, collectGarbage(cluster)];
}

/** Applies the documents of a YAML or JSON text in their order, without a request. Throws an Error with the position of a problem. */
function applyManifests(cluster: Cluster, text: string): readonly KubeObject[] {
  const documents = parseAllDocuments(text);
  return documents.flatMap((document, index) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw new Error(`expected YAML in document ${index + 1}: ${problem.message}`);
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (value === null || value === undefined) return [];
    if (!isFields(value)) throw new Error(`expected an object in document ${index + 1}, got ${typeof value}`);
    const items = textAt(value, "kind").endsWith("List") && Array.isArray(value.items) ? value.items : [value];
    return items.filter(isFields).map((item) => applyOne(cluster, item));
  });
}

function applyOne(cluster: Cluster, object: Fields): KubeObject {
  const [apiVersion, kind] = [textAt(object, "apiVersion"), textAt(object, "kind")];
  const served = cluster.registry.findKind(apiVersion, kind);
  if (served === undefined) throw new Error(`expected a kind that the sandbox serves, got ${apiVersion} ${kind}`);
  const name = textAt(object, "metadata", "name");
  const namespace = served.type.namespaced ? textAt(object, "metadata", "namespace") || "default" : undefined;
  const options: WriteOptions = { dryRun: false, validation: "Strict", fieldManager: "kube-sandbox", warnings: [] };
  const existing = cluster.store.get(served.type.id, namespace, name);
  if (existing !== undefined) {
    const merged = applyPatch(present(served, existing), object, undefined, served.version.schema);
    return updateObject(cluster, served, existing, isFields(merged) ? merged : object, "all", options);
  }
  const target = { served, name, watches: false, ...(namespace !== undefined && { namespace }) };
  return createObject(cluster, target, object, options);
}
