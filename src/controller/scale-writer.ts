import type { WorkloadReference } from "../core/index.ts";
import { type Backoff, pauseAfter } from "../engine/backoff.ts";
import { KubernetesError, type KubernetesErrorKind } from "../kubernetes/ports/kubernetes-error.ts";
import type { WorkloadState, Workloads } from "../kubernetes/ports/workloads.ts";
import type { Clock } from "./clock.ts";
import type { WriteFailure } from "./standing.ts";

export interface Change {
  readonly from: number;
  readonly to: number;
  readonly resourceVersion?: string;
}

const WRITE_TIMEOUT_MILLISECONDS = 30_000;
/** A watch shows our own write within milliseconds; after this long what it shows counts again, whatever it is. */
const ECHO_MILLISECONDS = 2_000;
const RETRY: Backoff = { firstMilliseconds: 1_000, longestMilliseconds: 30_000 };
/** A conflict only says that a newer state is on its way. */
const CONFLICT_RETRY: Backoff = { firstMilliseconds: 50, longestMilliseconds: 5_000 };
/** So many conflicts in a row are no longer normal. */
const NORMAL_CONFLICTS = 5;

/** Writes one workload's scale: never twice at once, and after a failure not before its pause is over. */
export class ScaleWriter {
  readonly #ports: { readonly workloads: Workloads; readonly clock: Clock; readonly random: () => number };
  #cancel: ((kind: "called-off") => void) | undefined;
  #failures = 0;
  #failure: WriteFailure | undefined;
  #retryAt = 0;
  #underWay: Change | undefined;
  #echo: { readonly replicas: number; readonly until: number } | undefined;

  constructor(ports: { readonly workloads: Workloads; readonly clock: Clock; readonly random: () => number }) {
    this.#ports = ports;
  }

  /** What the last write failed with; a few conflicts are no failure. */
  get failure(): WriteFailure | undefined {
    return this.#failure?.kind === "Conflict" && this.#failures <= NORMAL_CONFLICTS ? undefined : this.#failure;
  }

  /** Monotonic milliseconds of the moment from which there is something to do again; undefined: now. */
  blockedUntil(direction: "up" | "down"): number | undefined {
    const now = this.#ports.clock.monotonic();
    const until = Math.max(this.#retryAt, direction === "down" ? (this.#echo?.until ?? 0) : 0);
    return until > now ? until : undefined;
  }

  /**
   * The workload as the watch shows it; while our write has no answer, as it was before; and for the moment until the
   * watch shows our own write, as that left it.
   */
  seen(workload: WorkloadState): WorkloadState {
    // Nobody must report the new number before the memory has the scaling that made it.
    if (workload.state === "present" && workload.replicas === this.#underWay?.to) {
      return { ...workload, replicas: this.#underWay.from };
    }
    if (this.#echo === undefined) return workload;
    const over = this.#ports.clock.monotonic() >= this.#echo.until;
    if (over || workload.state !== "present" || workload.replicas === this.#echo.replicas) {
      this.#echo = undefined;
      return workload;
    }
    return { ...workload, replicas: this.#echo.replicas };
  }

  /** Another workload, or a new try after the object changed: old failures do not count. */
  reset(): void {
    this.#failures = 0;
    this.#failure = undefined;
    this.#retryAt = 0;
    this.#echo = undefined;
  }

  /** Ends the write that is under way; whether it took effect is then unknown. */
  callOff(): void {
    this.#cancel?.("called-off");
  }

  /** `confirm` is asked before anything is written; false calls the write off. */
  async write(
    target: WorkloadReference,
    change: Change,
    confirm: (signal: AbortSignal) => Promise<boolean>,
  ): Promise<"ok" | "called-off" | KubernetesErrorKind> {
    const { clock } = this.#ports;
    this.#underWay = change;
    const outcome = await this.#attempt(target, change, confirm);
    this.#underWay = undefined;
    if (outcome === "called-off") return outcome;
    // Nothing was sent: the write is decided on again when this process may write.
    if (outcome !== "ok" && outcome.kind === "NotLeading") return "called-off";
    if (outcome === "ok") {
      this.reset();
      this.#echo = { replicas: change.to, until: clock.monotonic() + ECHO_MILLISECONDS };
      return "ok";
    }
    this.#failures = outcome.kind === this.#failure?.kind ? this.#failures + 1 : 1;
    this.#failure = { kind: outcome.kind, message: outcome.message };
    const asked = (outcome.retryAfterSeconds ?? 0) * 1000;
    const pause = pauseAfter(this.#failures, outcome.kind === "Conflict" ? CONFLICT_RETRY : RETRY, this.#ports.random);
    this.#retryAt = clock.monotonic() + Math.max(pause, asked);
    return outcome.kind;
  }

  #attempt(
    target: WorkloadReference,
    change: Change,
    confirm: (signal: AbortSignal) => Promise<boolean>,
  ): Promise<"ok" | "called-off" | KubernetesError> {
    const { clock, workloads } = this.#ports;
    const abort = new AbortController();
    return new Promise((resolve) => {
      const settle = (outcome: "ok" | "called-off" | KubernetesError) => {
        timer.cancel();
        this.#cancel = undefined;
        resolve(outcome);
        abort.abort();
      };
      const seconds = WRITE_TIMEOUT_MILLISECONDS / 1000;
      const late = () => settle(new KubernetesError("TimedOut", `expected an answer within ${seconds} s, got none`));
      const timer = clock.after(WRITE_TIMEOUT_MILLISECONDS, late);
      this.#cancel = settle;
      const write = async () => {
        const isCurrent = await confirm(abort.signal);
        if (!isCurrent || abort.signal.aborted) return "called-off";
        await workloads.scale(target, change, abort.signal);
        return "ok";
      };
      write().then(settle, (error: unknown) => settle(asKubernetesError(error)));
    });
  }
}

function asKubernetesError(error: unknown): KubernetesError {
  if (error instanceof KubernetesError) return error;
  return new KubernetesError("Unavailable", `writing the scale failed unexpectedly: ${String(error)}`, {
    cause: error,
  });
}
