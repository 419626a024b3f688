import type { Account, Incident, Origin } from "../../core/index.ts";
import type { KubernetesError, Reporter, WorkloadObject } from "../ports.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { EventWriter } from "./event-writer.ts";
import { type StatusFormat, StatusWriter } from "./status-writer.ts";
import { WriteQueue } from "./write-queue.ts";

export interface ClusterReporterOptions {
  readonly client: ApiClient;
  /** By Origin.kind. What comes from elsewhere (a file) has no status. */
  readonly formats: ReadonlyMap<string, StatusFormat>;
  /** Whether scalings are under way, which go first. */
  readonly isScaling?: () => boolean;
  readonly instance: string;
  /** --k8s-api-qps and --k8s-api-burst: how fast statuses of which only counts moved may be written. */
  readonly routinePerSecond?: number;
  readonly routineBurst?: number;
  /** Told once of each status or event that cannot be written. */
  readonly onProblem?: (problem: KubernetesError, origin?: Origin) => void;
}

/** Decisions and changed conditions must be seen at once, but a thousand at a time need not stop all else. */
const URGENT_PER_SECOND = 100;
const CONCURRENCY = 8;
/**
 * Workloads are scaled before statuses are written: both take as much of the API server's time. A decision and its write a
 * moment later are one status.
 */
const HOLD_MS = 250;

/** Writes accounts to the status of their objects, and incidents as events. */
export class ClusterReporter implements Reporter {
  readonly #formats: ReadonlyMap<string, StatusFormat>;
  readonly #queue: WriteQueue;
  readonly #statuses: StatusWriter;
  readonly #events: EventWriter;

  constructor(options: ClusterReporterOptions) {
    const { client, formats, instance, routinePerSecond = 5, routineBurst = 10, onProblem = () => undefined } = options;
    this.#formats = formats;
    this.#queue = new WriteQueue({
      urgentPerSecond: URGENT_PER_SECOND,
      routinePerSecond,
      routineBurst,
      concurrency: CONCURRENCY,
      holdMs: HOLD_MS,
      ...(options.isScaling ? { givesWay: options.isScaling } : {}),
      onProblem,
    });
    this.#statuses = new StatusWriter(client, this.#queue, onProblem);
    this.#events = new EventWriter(client, this.#queue, instance);
  }

  get pending(): number {
    return this.#queue.size;
  }

  report(origin: Origin, account: Account): void {
    const format = this.#formats.get(origin.kind);
    if (format !== undefined) this.#statuses.report(format, origin, account);
  }

  tell(origin: Origin, incident: Incident, workload?: WorkloadObject): void {
    const format = this.#formats.get(origin.kind);
    if (format !== undefined) {
      const { group, version } = format.resource;
      this.#events.tell(group === "" ? version : `${group}/${version}`, origin, incident);
    } else if (workload !== undefined) {
      const message = `${origin.file ?? origin.name}: ${incident.message}`;
      this.#events.tell(workload.apiVersion, workload, { ...incident, message });
    }
  }

  forget(origin: Origin): void {
    this.#statuses.forget(origin);
  }

  flush(signal: AbortSignal): Promise<void> {
    return this.#queue.flush(signal);
  }

  discard(): void {
    this.#queue.discard();
  }

  /** What is not written by now is dropped: `flush` first. */
  close(): void {
    this.#queue.close();
  }
}
