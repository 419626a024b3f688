import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { applyManifests } from "./apply-manifests.ts";
import type { PodBehavior } from "./kubelet.ts";
import type { KubeObject } from "./objects/kube-object.ts";
import { BUILTIN_RESOURCES } from "./resources/builtin-resources.ts";
import { ResourceRegistry } from "./resources/resource-registry.ts";
import { AppliedConfigurations } from "./rest/applied-configurations.ts";
import type { Cluster } from "./rest/call.ts";
import { BOOKMARK_SECONDS } from "./rest/watch.ts";
import { runControllers } from "./run-controllers.ts";
import { Faults } from "./server/faults.ts";
import { HttpServer, OpenWatches } from "./server/http-server.ts";
import { RequestAudit } from "./server/request-audit.ts";
import { handleRequest } from "./server/request-handler.ts";
import { Store } from "./store.ts";

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

/** Starts a sandbox on 127.0.0.1. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const store = new Store(options.historyLimit ?? 5_000);
  const registry = new ResourceRegistry();
  for (const type of BUILTIN_RESOURCES) registry.add(type);
  const applied = new AppliedConfigurations(store);
  const cluster: Cluster = { store, registry, applied, now: Date.now };
  const [audit, faults, watches] = [new RequestAudit(), new Faults(), new OpenWatches()];
  const bookmarkSeconds = options.bookmarkSeconds ?? BOOKMARK_SECONDS;
  const handling = { cluster, audit, faults, watches, bookmarkSeconds };
  const http = new HttpServer(options.port ?? 0, (request, response) => {
    void handleRequest(handling, request, response);
  });
  let controllers = runControllers(cluster, options);
  await http.listen();
  const url = `http://127.0.0.1:${http.port}`;

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
