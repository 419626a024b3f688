import { createInterface } from "node:readline/promises";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";

/** One line of the controller's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** Records the demo's world on one time line, which begins with the first accepted message. */
export class Recorder {
  readonly observations: Observation[] = [];
  readonly turns: Turn[] = [];
  #startedAt: number | undefined;
  #now: Omit<Observation, "at"> = { backlog: 0, replicas: 0, ready: 0 };

  /** The first message was accepted now. Later calls change nothing. */
  begin(): void {
    if (this.#startedAt !== undefined) return;
    this.#startedAt = Date.now();
    this.#observe({});
  }

  sawBacklog(backlog: number): void {
    this.#observe({ backlog });
  }

  readonly sawReplicas = (replicas: Replicas): void => this.#observe(replicas);

  /** A line of Muster's log: those about scalings say why. */
  readLog({ time, from, to, reason }: LogLine): void {
    if (typeof from !== "number" || typeof to !== "number" || this.#startedAt === undefined) return;
    const at = Math.max(0, Date.parse(String(time)) - this.#startedAt);
    this.turns.push({ at, from, to, because: String(reason).replace(/^New size: .*?; reason: /, "") });
  }

  /** Milliseconds since the beginning; 0 before it. */
  get elapsedMs(): number {
    return this.#startedAt === undefined ? 0 : Date.now() - this.#startedAt;
  }

  get latest(): Omit<Observation, "at"> {
    return this.#now;
  }

  #observe(change: Partial<Observation>): void {
    this.#now = { ...this.#now, ...change };
    if (this.#startedAt !== undefined) this.observations.push({ at: this.elapsedMs, ...this.#now });
  }
}

/** The state of the demo's world at one time. */
export interface Observation {
  /** Milliseconds since the first message was accepted. */
  readonly at: number;
  /** Messages waiting and in flight. */
  readonly backlog: number;
  /** The Deployment's spec.replicas, and those that are ready. */
  readonly replicas: number;
  readonly ready: number;
}

/** A change of the replica count, with the reason that Muster gave. */
export interface Turn {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly because: string;
}

export interface Replicas {
  readonly replicas: number;
  readonly ready: number;
}

/** Tells of one Deployment's replicas until the signal aborts or the server goes. */
export async function watchDeployment(
  server: string,
  name: string,
  changed: (replicas: Replicas) => void,
  signal: AbortSignal,
): Promise<void> {
  const query = `fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
  for await (const { object } of watch(server, `/apis/apps/v1/namespaces/default/deployments`, query, signal)) {
    changed({ replicas: object.spec?.replicas ?? 0, ready: object.status?.readyReplicas ?? 0 });
  }
}

/** The same for the Jobs of one WorkerAutoscaler: replicas are those that have not ended. */
export async function watchJobs(
  server: string,
  name: string,
  changed: (replicas: Replicas) => void,
  signal: AbortSignal,
): Promise<void> {
  const query = `labelSelector=${encodeURIComponent(`muster.dev/worker-autoscaler=${name}`)}`;
  const ready = new Map<string, number>();
  for await (const { type, object } of watch(server, "/apis/batch/v1/namespaces/default/jobs", query, signal)) {
    const { name: job = "" } = object.metadata ?? {};
    const { conditions = [], ready: pods = 0 } = object.status ?? {};
    if (type === "DELETED" || conditions.some((one) => one.type !== "Suspended")) ready.delete(job);
    else ready.set(job, pods);
    changed({ replicas: ready.size, ready: [...ready.values()].reduce((sum, count) => sum + count, 0) });
  }
}

/** Follows a collection by a watch, as `kubectl get -w` does. */
async function* watch(server: string, path: string, query: string, signal: AbortSignal): AsyncGenerator<WatchEvent> {
  const answer = await fetch(new URL(`${path}?watch=true&${query}`, server), { signal });
  if (!answer.ok || answer.body === null) throw new Error(`expected a watch of ${path}, got ${answer.status}`);
  const lines = createInterface({ input: Readable.fromWeb(answer.body as ReadableStream) });
  for await (const line of lines) {
    const event = JSON.parse(line) as WatchEvent;
    if (event.type !== "BOOKMARK") yield event;
  }
}

interface WatchEvent {
  readonly type: string;
  readonly object: {
    readonly metadata?: { readonly name?: string };
    readonly spec?: { readonly replicas?: number };
    readonly status?: {
      readonly readyReplicas?: number;
      readonly ready?: number;
      readonly conditions?: readonly { readonly type: string }[];
    };
  };
}

/** What happened, in lines for a person; undefined where the workers did not come and go. Begins before the first scaling. */
export function summaryLines(observations: readonly Observation[]): string[] | undefined {
  const first = (wanted: (seen: Observation) => boolean, from = 0) =>
    observations.find((seen) => seen.at >= from && wanted(seen))?.at;
  const readyMs = first((seen) => seen.ready > 0);
  const emptyMs = readyMs === undefined ? undefined : first((seen) => seen.backlog === 0, readyMs);
  const zeroMs = emptyMs === undefined ? undefined : first((seen) => seen.replicas === 0, emptyMs);
  if (zeroMs === undefined) return undefined;
  const peak = (value: (seen: Observation) => number) => Math.max(0, ...observations.map(value));
  return [
    `time to the first worker asked for   ${duration(first((seen) => seen.replicas > 0))}`,
    `time to the first worker ready       ${duration(readyMs)}`,
    `peak                                 ${peak((seen) => seen.replicas)} workers, ${peak((seen) => seen.backlog)} messages`,
    `queue empty after                    ${duration(emptyMs)}`,
    `back to zero workers after           ${duration(zeroMs)}`,
  ];
}

/** The same for workers that never go to zero: up from where they stood, and back. */
export function metricsSummaryLines(observations: readonly Observation[]): string[] | undefined {
  const start = observations[0]?.replicas ?? 0;
  const up = observations.find(({ replicas }) => replicas > start);
  const back = up && observations.find(({ at, replicas }) => at > up.at && replicas <= start);
  if (up === undefined || back === undefined) return undefined;
  return [
    `time to the first step up   ${duration(up.at)}`,
    `peak                        ${Math.max(...observations.map(({ replicas }) => replicas))} workers, a lag of ${Math.max(...observations.map(({ backlog }) => backlog))}`,
    `back where it began after   ${duration(back.at)}`,
  ];
}

/** "38 ms", "4.2 s". */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return "not seen";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
