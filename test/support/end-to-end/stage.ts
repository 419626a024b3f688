import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { ConnectedClient } from "../../../src/kubernetes/transport/connected-client.ts";
import { BeanstalkdServer } from "../beanstalkd-server.ts";
import { clusterClient, deployment, type Objects, objectsOf } from "../cluster-client.ts";
import { DEFINITIONS_PATH } from "../gadgets.ts";
import { eventually } from "../waiting.ts";
import { ApiProxy } from "./api-proxy.ts";
import { MusterProcess } from "./muster-process.ts";
import { type Autoscaler, type AutoscalerSpec, autoscaler, groupPath } from "./objects.ts";
import type { ClusterKind, TestCluster } from "./test-cluster.ts";

const DEFINITION = "deploy/crds/k8s.practo.dev_workerpodautoscalers.yaml";

/** What a test needs besides the program: a cluster behind a proxy that can be told to misbehave. */
export class Stage {
  readonly cluster: TestCluster;
  readonly proxy: ApiProxy;
  readonly client: ConnectedClient;
  readonly objects: Objects;
  /** For files of this test. */
  readonly folder = mkdtempSync(join(tmpdir(), "muster-e2e-"));
  readonly #processes: MusterProcess[] = [];
  readonly #after: (() => unknown)[] = [];

  private constructor(cluster: TestCluster, proxy: ApiProxy, client: ConnectedClient) {
    this.cluster = cluster;
    this.proxy = proxy;
    this.client = client;
    this.objects = objectsOf(client);
  }

  /** With the CRD, unless a test is about its absence. */
  static async open(kind: ClusterKind, { crd = true } = {}): Promise<Stage> {
    const cluster = await kind.start();
    const proxy = new ApiProxy(cluster);
    await proxy.open();
    const stage = new Stage(cluster, proxy, await clusterClient(cluster));
    if (crd) await stage.installCrd();
    return stage;
  }

  /** Of a user who goes through this proxy. */
  kubeconfigPath(proxy = this.proxy): string {
    const path = join(this.folder, `kubeconfig-${new URL(proxy.url).port}`);
    writeFileSync(path, kubeconfig(proxy.url));
    return path;
  }

  /** One more way to the cluster, for one more process. */
  async anotherProxy(): Promise<ApiProxy> {
    const proxy = new ApiProxy(this.cluster);
    await proxy.open();
    this.after(() => proxy.close());
    return proxy;
  }

  /** For things that are made once for all tests of a file, as a test's own context does it for one. */
  after(undo: () => unknown): void {
    this.#after.push(undo);
  }

  /** `change` makes another CRD of ours. */
  async installCrd(change: (definition: Definition) => void = () => undefined): Promise<void> {
    const definition = parse(readFileSync(DEFINITION, "utf8")) as Definition;
    change(definition);
    await this.objects.create(DEFINITIONS_PATH, definition);
    await eventually(() => this.objects.get(groupPath("default")));
  }

  /** Starts `muster run`, by default alone and through the proxy; ends with the stage at the latest. */
  run(flags: readonly string[] = [], { direct = false, env = {}, proxy = this.proxy }: RunOptions = {}): MusterProcess {
    const kubeconfigPath = direct ? this.cluster.kubeconfigPath : this.kubeconfigPath(proxy);
    const fixed = ["--kube-config", kubeconfigPath, "--metrics-port", "127.0.0.1:0"];
    const elect = flags.some((flag) => flag.startsWith("--leader-elect")) ? [] : ["--leader-elect=false"];
    const muster = new MusterProcess([...fixed, ...elect, ...flags], env);
    this.#processes.push(muster);
    return muster;
  }

  beanstalkd(): Promise<BeanstalkdServer> {
    return BeanstalkdServer.start(this);
  }

  /** A Deployment and the autoscaler of the same name that scales it. */
  async pair(name: string, spec: AutoscalerSpec, replicas = 0): Promise<void> {
    await this.deployment(name, replicas);
    await this.autoscaler(name, spec);
  }

  async deployment(name: string, replicas = 0, { namespace = "default", more = {} } = {}): Promise<void> {
    await this.objects.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, deployment(name, replicas, more));
  }

  async autoscaler(name: string, spec: AutoscalerSpec, namespace = "default"): Promise<void> {
    await this.objects.create(groupPath(namespace), autoscaler(name, spec));
  }

  async remove(path: string): Promise<void> {
    const lane = "read";
    await this.client.call({ method: "DELETE", path, what: "test DELETE", lane }, new AbortController().signal);
  }

  async replicas(name: string, namespace = "default"): Promise<number> {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
    return ((await this.objects.get(path)) as { spec: { replicas: number } }).spec.replicas;
  }

  async found(name: string, namespace = "default"): Promise<Autoscaler> {
    return (await this.objects.get(`${groupPath(namespace)}/${name}`)) as Autoscaler;
  }

  async close(): Promise<void> {
    for (const muster of this.#processes) if (!muster.hasEnded) await muster.stop("SIGKILL");
    for (const undo of this.#after.reverse()) await undo();
    await this.client.close();
    await this.proxy.close();
    await this.cluster.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface RunOptions {
  /** Past the proxy, over TLS and HTTP/2. */
  readonly direct?: boolean;
  /** Default: the stage's own. */
  readonly proxy?: ApiProxy;
  readonly env?: Readonly<Record<string, string>>;
}

/** As much of a CustomResourceDefinition as tests change. */
export interface Definition {
  readonly spec: { versions: { schema: { openAPIV3Schema: { properties: Record<string, unknown> } } }[] };
}

function kubeconfig(server: string): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "proxy", cluster: { server } }],
    users: [{ name: "proxy", user: {} }],
    contexts: [{ name: "proxy", context: { cluster: "proxy", user: "proxy" } }],
    "current-context": "proxy",
  });
}
