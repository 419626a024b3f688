import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../src/controller/clock.ts";
import { Controller } from "../../src/controller/controller.ts";
import type { Telemetry } from "../../src/controller/telemetry.ts";
import { WorkerProtection } from "../../src/controller/worker-protection.ts";
import type { Autoscaler, BusyWorkers, Memory, WorkerPod, WorkloadReference } from "../../src/core/index.ts";
import { ClusterPods } from "../../src/kubernetes/pods/cluster-pods.ts";
import { pacedClient } from "../../src/kubernetes/pods/paced-client.ts";
import type { CallOutcome } from "../../src/kubernetes/transport/api-client.ts";
import type { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";
import { ClusterWorkloads } from "../../src/kubernetes/workloads/cluster-workloads.ts";
import { SOURCES } from "../../src/sources/registry.generated.ts";
import { clusterClient, deployment, type Objects, objectsOf } from "./cluster-client.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { parsedAutoscaler } from "./controller-world.ts";
import { FakeKubelet, type KubeletTerms } from "./fake-kubelet.ts";
import { MemoryReporter } from "./memory-reporter.ts";
import { scriptedSource } from "./scripted-source.ts";
import { sourceTools } from "./source-tools.ts";
import { eventually } from "./waiting.ts";

const APPS = "/apis/apps/v1/namespaces/default";
const PODS = "/api/v1/namespaces/default/pods";
const SIGNAL = new AbortController().signal;
export const COST = "controller.kubernetes.io/pod-deletion-cost";

/** What a worker's probe answers. */
type Says = "busy" | "idle" | "hang";

/**
 * Workers on a real control plane, whose kubelets are played: each pod has an address of its own on the loopback
 * interface and answers a probe as the test says. It is noted who was busy when it was told to stop.
 */
export class BusyStage {
  readonly plane: ControlPlane;
  readonly objects: Objects;
  readonly pods: ClusterPods;
  readonly port: number;
  /** By pod; a pod that is missing here is idle. */
  readonly says = new Map<string, Says>();
  /** Whether pods that start now become ready. */
  startsReady = true;
  /** Pods that were told to stop while they were busy. */
  readonly #interrupted: string[] = [];
  /** Pods that were probed, in order. */
  readonly probed: string[] = [];
  readonly #client: ConnectedClient;
  readonly #kubelet: FakeKubelet;
  readonly #byAddress: Map<string, string>;
  readonly #undo: (() => unknown)[] = [];

  private constructor(
    plane: ControlPlane,
    client: ConnectedClient,
    server: ReturnType<typeof createServer>,
    more: Partial<Pick<KubeletTerms, "start" | "stop">>,
  ) {
    this.plane = plane;
    this.#client = client;
    this.objects = objectsOf(client);
    this.pods = new ClusterPods(client);
    this.port = (server.address() as AddressInfo).port;
    this.#byAddress = new Map();
    server.on("request", ({ socket }, answer) => {
      const pod = this.#byAddress.get(socket.localAddress ?? "") ?? "";
      this.probed.push(pod);
      const says = this.says.get(pod) ?? "idle";
      if (says !== "hang") answer.end(says);
    });
    let started = 0;
    this.#kubelet = new FakeKubelet({
      client,
      start: (pod) => {
        started += 1;
        const address = `127.0.${1 + Math.floor(started / 250)}.${1 + (started % 250)}`;
        this.#byAddress.set(address, pod);
        return address;
      },
      stop: async (pod) => {
        if (this.says.get(pod) === "busy") this.#interrupted.push(pod);
      },
      isReady: () => this.startsReady,
      ...more,
    });
    this.#undo.push(
      () => server.close().closeAllConnections(),
      () => this.#kubelet.close(),
    );
  }

  /** By default pods are no more than an address; with `start` and `stop` they are what these do. */
  static async open(more: Partial<Pick<KubeletTerms, "start" | "stop">> = {}): Promise<BusyStage> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "0.0.0.0", done));
    const plane = await startControlPlane({ controllerManager: true, users: ["limited-token,limited,limited"] });
    return new BusyStage(plane, await clusterClient(plane), server, more);
  }

  async close(): Promise<void> {
    for (const undo of this.#undo.reverse()) await undo();
    await this.#client.close();
    await this.plane.stop();
  }

  /** A Deployment (or StatefulSet) all of whose pods are ready. */
  async workers(name: string, replicas: number, kind = "Deployment"): Promise<readonly WorkerPod[]> {
    const made = deployment(name, replicas) as { spec: object };
    const more = { serviceName: name, podManagementPolicy: "Parallel" };
    const object = kind === "Deployment" ? made : { ...made, kind, spec: { ...made.spec, ...more } };
    await this.objects.create(`${APPS}/${kind.toLowerCase()}s`, object);
    return this.ready(name, replicas, kind);
  }

  ready(name: string, replicas: number, kind = "Deployment"): Promise<readonly WorkerPod[]> {
    return eventually(
      async () => {
        const pods = await this.present(name, kind);
        assert.equal(pods.filter((pod) => pod.isReady).length, replicas);
        return pods;
      },
      { patienceMs: 120_000, pauseMs: 200 },
    );
  }

  /** Those that do not end. */
  async present(name: string, kind = "Deployment"): Promise<readonly WorkerPod[]> {
    const { pods } = await this.pods.list(reference(name, kind), "storage", SIGNAL);
    return pods.filter(({ isEnding }) => !isEnding);
  }

  /** Resolves once that many pods are there, and none of them has a mark. */
  settled(name: string, replicas: number, kind = "Deployment"): Promise<readonly WorkerPod[]> {
    return eventually(async () => {
      const pods = await this.present(name, kind);
      assert.equal(pods.length, replicas);
      assert.deepEqual(marked(pods), []);
      return pods;
    });
  }

  /** Pods that were told to stop while they were busy, once all that were told have gone. */
  async interrupted(name: string, kind = "Deployment"): Promise<readonly string[]> {
    await eventually(async () => {
      const { pods } = await this.pods.list(reference(name, kind), "storage", SIGNAL);
      assert.ok(pods.every(({ isEnding }) => !isEnding));
    });
    return this.#interrupted.filter((pod) => pod.startsWith(`${name}-`)).sort();
  }

  async annotate(pod: string, annotations: Readonly<Record<string, string | null>>): Promise<void> {
    await this.objects.patch(`${PODS}/${pod}`, { metadata: { annotations } });
  }

  async replicas(name: string, kind = "Deployment"): Promise<number> {
    return (await this.pods.list(reference(name, kind), "storage", SIGNAL)).replicas;
  }

  async patchDeployment(name: string, spec: object): Promise<void> {
    await this.objects.patch(`${APPS}/deployments/${name}`, { spec });
  }

  /** A controller of one workload, whose queue asks for `wanted` workers. */
  async control(name: string, wanted: number, busyWorkers: Partial<BusyWorkers> | "none", more: ControlOptions = {}) {
    const calls: (CallOutcome & { readonly at: number })[] = [];
    const observe = (outcome: CallOutcome) => void calls.push({ ...outcome, at: performance.now() });
    const { kind = "Deployment", token, memory = {} } = more;
    const client = await clusterClient(this.plane, { observe, ...(token === undefined ? {} : { token }) });
    const workloads = new ClusterWorkloads({ client: this.#client, namespace: "default" });
    const source = scriptedSource({ movingSeconds: 0.5, steadySeconds: 0.5 });
    const reporter = new MemoryReporter();
    const lines: string[] = [];
    const note = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`);
    const log = { debug: note, info: note, warn: note, error: note };
    let stoppedBusy = 0;
    const nothing = () => undefined;
    const telemetry: Telemetry = {
      ...{ looked: nothing, putOff: nothing, scaled: nothing, acted: nothing, decided: nothing, failed: nothing },
      stoppedBusy: (workers) => {
        stoppedBusy += workers;
      },
    };
    const tools = sourceTools();
    const sourceType = (type: string) => SOURCES.find((one) => one.type === type) ?? source.type;
    const pods = new ClusterPods(pacedClient(client, 60));
    const workers = new WorkerProtection({ pods, sourceType, tools, clock: systemClock, log, telemetry });
    const controller = new Controller({ sourceType, tools, workloads, workers, reporter, log, telemetry });
    const probe = { port: this.port, path: "/busy", timeoutSeconds: 1 };
    const whom = busyWorkers === "none" || busyWorkers.source !== undefined ? {} : { probe };
    const asked =
      busyWorkers === "none" ? {} : { busyWorkers: { protect: "Always", ...whom, ...busyWorkers } as const };
    const fields: Partial<Autoscaler> = {
      ...{ profile: "worker-autoscaler", maxReplicas: 1_000, coolDownSeconds: 0, pollIntervalSeconds: 0.5 },
      target: reference(name, kind),
      ...asked,
    };
    const queue = source.queue(name);
    queue.answer = wanted * 10;
    const parsed = parsedAutoscaler(name, { ...fields, memory, signal: { freshnessSeconds: 60 } });
    controller.keep(parsed);
    const leading = new AbortController();
    const stopping = new AbortController();
    const ran = controller.run(leading.signal, stopping.signal);
    let isClosed = false;
    const close = async () => {
      if (isClosed) return;
      isClosed = true;
      stopping.abort();
      leading.abort();
      await ran;
      workloads.close();
      await client.close();
    };
    this.#undo.push(close);
    return {
      ...{ calls, lines, reporter, close, controller },
      /** The queue asks for another number. */
      want: (workersWanted: number) => {
        queue.answer = workersWanted * 10;
      },
      /** What the newest decision says. */
      said: () => reporter.accounts.get(name)?.decision?.steps.map(({ because }) => because) ?? [],
      stoppedBusy: () => stoppedBusy,
    };
  }
}

interface ControlOptions {
  readonly kind?: string;
  /** Of another user. */
  readonly token?: string;
  readonly memory?: Memory;
}

export function marked(pods: readonly WorkerPod[]): readonly string[] {
  return pods.filter(({ deletionCost }) => deletionCost?.isOurs === true).map(({ name }) => name);
}

function reference(name: string, kind: string): WorkloadReference {
  return { apiVersion: "apps/v1", kind, namespace: "default", name };
}
