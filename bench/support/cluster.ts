import { setTimeout as sleep } from "node:timers/promises";
import { Agent } from "undici";
import type { ControlPlane } from "../../test/support/control-plane.ts";

const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const AUTOSCALERS = "/apis/k8s.practo.dev/v1/namespaces/default/workerpodautoscalers";
/** More at once only makes the API server queue. */
const CREATED_AT_ONCE = 16;

/** One autoscaler of a benchmark, and the Deployment of the same name that it scales. */
export interface Pair {
  readonly name: string;
  readonly queueUri: string;
  readonly replicas: number;
  readonly messagesPerWorker: number;
}

interface List {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

interface WrittenDeployment {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly spec: { readonly replicas: number };
}

/** The benchmark's own, plain way to the API server: shares nothing with what is measured. */
export class Cluster {
  readonly #plane: ControlPlane;
  readonly #agent: Agent;

  constructor(plane: ControlPlane) {
    this.#plane = plane;
    this.#agent = new Agent({ connect: { ca: plane.ca }, connections: CREATED_AT_ONCE + 2, bodyTimeout: 0 });
  }

  async create(pairs: readonly Pair[]): Promise<void> {
    await eachOf(pairs, CREATED_AT_ONCE, async (pair) => {
      await this.request("POST", DEPLOYMENTS, deployment(pair));
      await this.request("POST", AUTOSCALERS, autoscaler(pair));
    });
  }

  /** Deployments without an autoscaler of their own. */
  createDeployments(names: readonly string[], replicas: number): Promise<void> {
    return eachOf(names, CREATED_AT_ONCE, (name) => this.request("POST", DEPLOYMENTS, deployment({ name, replicas })));
  }

  async deleteAll(): Promise<void> {
    for (const path of [AUTOSCALERS, DEPLOYMENTS]) await this.#deleteCollection(path);
  }

  /**
   * Calls back with each Deployment's replica count whenever it is written from now on, until stopped. An API server
   * ends the watch of a client that does not read for a tenth of a second, as happens on a machine with other work:
   * the watch then goes on where it was.
   */
  async watch(seen: (name: string, replicas: number) => void): Promise<{ stop(): void }> {
    const stopped = new AbortController();
    let version = (JSON.parse(await this.text(`${DEPLOYMENTS}?limit=1`)) as List).metadata.resourceVersion;
    const open = () => this.#open(`${DEPLOYMENTS}?watch=1&resourceVersion=${version}`, stopped.signal);
    const written = ({ metadata, spec }: WrittenDeployment) => {
      version = metadata.resourceVersion;
      seen(metadata.name, spec.replicas);
    };
    const followOn = async (body: AsyncIterable<Buffer>) => {
      for (let next = body; ; next = await open()) await follow(next, written);
    };
    void followOn(await open()).catch((error: unknown) => {
      if (!stopped.signal.aborted) throw error;
    });
    return { stop: () => stopped.abort() };
  }

  /** Writes that the API server has answered so far, by anybody, without those to Leases. */
  async writes(): Promise<number> {
    const text = await this.text("/metrics");
    return text
      .split("\n")
      .filter((line) => /^apiserver_request_total\{.*verb="(POST|PUT|PATCH|DELETE)"/.test(line))
      .filter((line) => !line.includes('resource="leases"') && !line.includes("accessreviews"))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }

  /** Resolves once the API server answers this path: a CRD takes a moment. */
  async served(path: string): Promise<void> {
    const deadline = Date.now() + 30_000;
    for (;;) {
      try {
        await this.text(path);
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await sleep(100);
      }
    }
  }

  async text(path: string): Promise<string> {
    const body = await this.#open(path, AbortSignal.timeout(60_000));
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  }

  async request(method: "POST" | "DELETE" | "PATCH", path: string, body?: unknown): Promise<void> {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const answer = await this.#agent.request({
      origin: this.#plane.url,
      path,
      method,
      headers: { authorization: `Bearer ${this.#plane.token}`, "content-type": type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 300)}`);
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  /** Of ten thousand objects one request does not get done in the time that a server gives it. */
  async #deleteCollection(path: string): Promise<void> {
    for (;;) {
      const names = (JSON.parse(await this.text(`${path}?limit=1000`)) as List).items.map((item) => item.metadata.name);
      if (names.length === 0) return;
      await eachOf(names, CREATED_AT_ONCE, (name) => this.request("DELETE", `${path}/${name}`));
    }
  }

  async #open(path: string, signal: AbortSignal) {
    const answer = await this.#agent.request({
      origin: this.#plane.url,
      path,
      method: "GET",
      headers: { authorization: `Bearer ${this.#plane.token}` },
      signal,
    });
    if (answer.statusCode !== 200) throw new Error(`GET ${path}: ${answer.statusCode} ${await answer.body.text()}`);
    return answer.body;
  }
}

async function follow(body: AsyncIterable<Buffer>, written: (deployment: WrittenDeployment) => void): Promise<void> {
  let rest = Buffer.alloc(0);
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const { type, object } = JSON.parse(rest.toString("utf8", 0, end));
      if (type === "ERROR") throw new Error(`the watch of Deployments failed: ${JSON.stringify(object)}`);
      written(object);
      rest = rest.subarray(end + 1);
    }
  }
}

/** Runs `work` for each item, `atOnce` at a time. */
export async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const lane = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

export function deployment({ name, replicas }: Pick<Pair, "name" | "replicas">) {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "worker", image: "worker:1" }] } },
    },
  };
}

function autoscaler({ name, queueUri, messagesPerWorker }: Pair) {
  return {
    apiVersion: "k8s.practo.dev/v1",
    kind: "WorkerPodAutoScaler",
    metadata: { name },
    spec: {
      minReplicas: 0,
      maxReplicas: 100,
      deploymentName: name,
      queueURI: queueUri,
      targetMessagesPerWorker: messagesPerWorker,
    },
  };
}
