import type { Instant } from "../../core/index.ts";
import type { ManagedFields } from "../objects.ts";

/** What the API server notes as the manager of the fields that we write. */
export const FIELD_MANAGER = "muster";

/** Who set a workload's replicas last, as far as the API server notes it. */
export interface ReplicasOwner {
  readonly manager: string;
  /** "Apply" or "Update". */
  readonly operation: string;
  readonly isUs: boolean;
  /** To the second. Absent for writes of the scale subresource: no version of Kubernetes notes their time. */
  readonly at?: Instant;
}

/**
 * The owner of spec.replicas, where that can be trusted. Undefined: before Kubernetes 1.22 writes of the scale
 * subresource leave no trace, and the field seems to belong to the client that set it in another way.
 */
export function replicasOwner(fields: readonly ManagedFields[] | undefined): ReplicasOwner | undefined {
  const owners = (fields ?? []).filter(({ subresource, fieldsV1 }) => {
    return subresource === "scale" || fieldsV1?.["f:spec"]?.["f:replicas"] !== undefined;
  });
  const us = owners.find(({ manager, subresource }) => manager === FIELD_MANAGER && subresource === "scale");
  const newest = us ?? owners.sort((one, other) => timeOf(other) - timeOf(one))[0];
  if (newest === undefined) return undefined;
  const { manager = "", operation = "" } = newest;
  const at = timeOf(newest);
  return { manager, operation, isUs: us !== undefined, ...(at === 0 ? {} : { at }) };
}

/** Whether the API server notes who writes a subresource, as it does from 1.22 on. */
export function notesSubresources(fields: readonly ManagedFields[] | undefined): boolean {
  return fields?.some(({ subresource }) => subresource !== undefined && subresource !== "") ?? false;
}

function timeOf({ time }: ManagedFields): Instant {
  return Date.parse(time ?? "") || 0;
}

/** All that is kept of a workload, beside its version. */
export interface Replicas {
  readonly replicas: number;
  readonly available?: number;
  readonly owner?: ReplicasOwner;
  /** The API server notes all who set the replicas, so that `owner` is who did it last. */
  readonly isOwnerKnown?: true;
}

/** A workload as its kind's watch knows it. */
export type KnownWorkload =
  | { readonly state: "unknown"; readonly because: string }
  | { readonly state: "missing" }
  | ({ readonly state: "present"; readonly uid: string; readonly resourceVersion: string } & Replicas);

/** This many rewrites within the window are a rival and no person. */
const ENOUGH = 3;
/** A GitOps controller or a job that applies a manifest comes back within minutes. */
const WINDOW_MS = 600_000;
/** managedFields have whole seconds. */
const SECOND_MS = 1_000;

interface Rewrite {
  readonly seenAt: Instant;
  /** As the API server notes it, or else when it was seen. */
  readonly at: Instant;
  /** Undefined: the API server did not note who. */
  readonly by: string | undefined;
  readonly replicas: number;
}

interface Written {
  /** What may be seen of our last write: the number before it and the one that it sets. */
  expected: readonly number[];
  /** Who owned the replicas when we wrote, and when that was. */
  ownerBefore: ReplicasOwner | undefined;
  writtenAt: Instant;
  rewrites: readonly Rewrite[];
  timer?: NodeJS.Timeout;
}

/** Who sets replicas again after we did: of workloads that we scaled, the last times that another client changed our number. */
export class Rewrites {
  readonly #changed: (key: string) => void;
  readonly #now: () => number;
  readonly #written = new Map<string, Written>();

  /** `changed` is called when a client is no longer a rival, as time has passed. */
  constructor(changed: (key: string) => void, now: () => number = Date.now) {
    this.#changed = changed;
    this.#now = now;
  }

  /** A write of ours begins; until it ends either number may be seen. */
  beginWrite(key: string, from: number, to: number, owner: ReplicasOwner | undefined): void {
    const rewrites = this.#written.get(key)?.rewrites ?? [];
    const timer = this.#written.get(key)?.timer;
    const written: Written = { expected: [from, to], ownerBefore: owner, writtenAt: this.#now(), rewrites };
    this.#written.set(key, timer === undefined ? written : { ...written, timer });
  }

  endWrite(key: string, replicas: number): void {
    const written = this.#written.get(key);
    // If another client was faster than the answer to our write, that was counted.
    if (written !== undefined && written.expected.length > 0) written.expected = [replicas];
  }

  /** The API server shows this number. */
  observe(key: string, { replicas, owner, isOwnerKnown }: Pick<Replicas, "replicas" | "owner" | "isOwnerKnown">): void {
    const written = this.#written.get(key);
    if (written === undefined || written.expected.length === 0 || written.expected.includes(replicas)) return;
    written.expected = [];
    if (owner?.isUs) return;
    const { ownerBefore, writtenAt } = written;
    const isNew =
      isOwnerKnown ||
      owner?.manager !== ownerBefore?.manager ||
      owner?.operation !== ownerBefore?.operation ||
      (owner?.at ?? 0) > Math.min(ownerBefore?.at ?? 0, writtenAt - SECOND_MS);
    const by = owner !== undefined && isNew ? `${owner.manager} (${owner.operation})` : undefined;
    const seenAt = this.#now();
    const at = (isNew ? owner?.at : undefined) ?? seenAt;
    written.rewrites = [...written.rewrites, { seenAt, at, by, replicas }].slice(-ENOUGH);
    this.#tellWhenOver(key, written);
  }

  /** Who rewrote the replicas again and again, what to and when, as a clause; undefined: no client did. */
  describe(key: string): string | undefined {
    const rewrites = this.#written.get(key)?.rewrites ?? [];
    const [first] = rewrites;
    const last = rewrites.at(-1);
    const isRival = rewrites.length === ENOUGH && first !== undefined && this.#now() - first.seenAt < WINDOW_MS;
    if (!isRival || last === undefined) return undefined;
    const who = [...new Set(rewrites.map(({ by }) => by ?? "a client that the API server does not name"))].join(
      " and ",
    );
    const seconds = Math.max(1, Math.round((last.seenAt - first.seenAt) / 1000));
    const span = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
    const time = `${new Date(last.at).toISOString().slice(0, 19)}Z`;
    return `${who}, which set spec.replicas ${ENOUGH} times in ${span} (last at ${time}, to ${last.replicas}),`;
  }

  forget(key: string): void {
    clearTimeout(this.#written.get(key)?.timer);
    this.#written.delete(key);
  }

  close(): void {
    for (const key of [...this.#written.keys()]) this.forget(key);
  }

  #tellWhenOver(key: string, written: Written): void {
    clearTimeout(written.timer);
    const [first] = written.rewrites;
    if (first === undefined || written.rewrites.length < ENOUGH) return;
    const remaining = Math.max(0, first.seenAt + WINDOW_MS - this.#now());
    written.timer = setTimeout(() => this.#changed(key), remaining + 1);
  }
}
