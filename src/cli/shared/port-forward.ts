import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { UserError } from "../../shared/user-error.ts";
import { type Cluster, type ClusterOptions, withCluster } from "./cluster-objects.ts";

/** What `muster ui` and `muster why --port-forward` are told of the controller. */
export interface ForwardOptions extends ClusterOptions {
  /** NAMESPACE/NAME:PORT of its Service; left out: where its Lease is, in `muster` or `kube-system`. */
  readonly service?: string;
  /** Port on this machine; left out: any. */
  readonly port?: string;
}

/** A way to the controller's HTTP server through `kubectl port-forward`, which is encrypted and uses the user's own rights. */
export interface Forward {
  readonly url: string;
  /** Resolves when the way is no more. */
  readonly ended: Promise<unknown>;
  close(): void;
}

const PATIENCE_MS = 20_000;
const PORT = "8787";
const LEASE = "muster";
const NAMESPACES = ["muster", "kube-system"];

interface Place {
  readonly namespace: string;
  /** As kubectl names it: "pod/muster-abc" or "service/muster". */
  readonly object: string;
  readonly port: string;
}

/** Opens a way to the controller that acts, as only that one has readings. Rejects with a UserError. */
export async function forwardToController(options: ForwardOptions): Promise<Forward> {
  let found: Place | undefined;
  await withCluster(options, async (cluster) => {
    found = await findController(cluster, options.service);
  });
  if (found === undefined) throw new UserError("expected a cluster that answers, got none (see above)");
  const { kubeConfig, kubeconfig = kubeConfig, context, port = "" } = options;
  const child = spawn(
    "kubectl",
    [
      ...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]),
      ...(context === undefined ? [] : ["--context", context]),
      ...["--namespace", found.namespace, "port-forward", "--address", "127.0.0.1"],
      ...[found.object, `${port}:${found.port}`],
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const close = () => void child.kill();
  const ended = once(child, "close").catch(() => undefined);
  try {
    return { url: await addressOf(child, found), ended, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function findController(cluster: Cluster, service: string | undefined): Promise<Place> {
  if (service !== undefined) {
    const match = /^(?<namespace>[^/:]+)\/(?<name>[^/:]+)(?::(?<port>\d+))?$/.exec(service)?.groups;
    if (match === undefined) throw new UserError(`--service: expected NAMESPACE/NAME:PORT, got "${service}"`);
    const { namespace = "", name = "", port = PORT } = match;
    return { namespace, port, object: (await leader(cluster, namespace)) ?? `service/${name}` };
  }
  for (const namespace of NAMESPACES) {
    const object = await leader(cluster, namespace);
    if (object !== undefined) return { namespace, object, port: PORT };
  }
  throw new UserError(
    `expected a Lease named ${LEASE} that a pod holds in namespace ${NAMESPACES.join(" or ")}, found none: no controller acts there, or you may not read leases; name its Service with --service NAMESPACE/NAME:PORT`,
  );
}

/** The pod that holds the Lease; undefined where that is not known. */
async function leader(cluster: Cluster, namespace: string): Promise<string | undefined> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases/${LEASE}`;
  // Without it, or without the right to read it, the Service does, or another namespace.
  const lease = await cluster.get(path, "get leases").catch(() => undefined);
  const holder = (lease as { spec?: { holderIdentity?: unknown } } | undefined)?.spec?.holderIdentity;
  // NAME_UID of a pod; names have no underscore.
  const pod = typeof holder === "string" ? /^([a-z0-9.-]+)_/.exec(holder)?.[1] : undefined;
  return pod === undefined ? undefined : `pod/${pod}`;
}

/** What kubectl says it listens on. */
async function addressOf(child: ChildProcess, { namespace, object }: Place): Promise<string> {
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = `${complaint}${text}`.slice(-1_000);
  });
  const failed = (because: string) =>
    new UserError(`kubectl port-forward to ${object} in namespace ${namespace}: ${because.trim()}`);
  return new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(failed(`expected it to listen within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
    const end = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    child.on("error", ({ message }: NodeJS.ErrnoException) => end(failed(`expected kubectl in PATH, got ${message}`)));
    child.on("close", (status) => end(failed(complaint || `ended with status ${status}`)));
    if (child.stdout === null) return;
    createInterface(child.stdout).on("line", (line) => {
      const port = /^Forwarding from 127\.0\.0\.1:(\d+) /.exec(line)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(`http://127.0.0.1:${port}`);
    });
  });
}
