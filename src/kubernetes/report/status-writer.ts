import { createHash } from "node:crypto";
import { type Account, type Origin, printableDeep } from "../../core/index.ts";
import type { FedObject } from "../object-feed.ts";
import { type Resource, resourcePath } from "../objects.ts";
import { KubernetesError } from "../ports.ts";
import type { ApiClient } from "../transport/api-client.ts";
import type { WatchCache } from "../watch/watch-cache.ts";
import type { Prepare, WriteQueue } from "./write-queue.ts";

/** Where a status may not be written (forbidden, no status subresource), it is tried again after this long. */
const REFUSED_MS = 60_000;

/** What is remembered of an object between two writes; the account itself is the queue's until it is written. */
interface Reported {
  readonly uid: string | undefined;
  /** Digest of what makes a status urgent. */
  urgent: string;
  /** Digest of the last status written and what the server made of it, where it dropped fields: they are not written again and again. */
  dropped: string | undefined;
  /** The generation whose status the server calls invalid. */
  invalidGeneration: number | undefined;
  refusedUntil: number;
}

/** Writes accounts into the status of their objects, where that changes the status. */
export class StatusWriter {
  readonly #client: ApiClient;
  readonly #queue: WriteQueue;
  readonly #onProblem: (problem: KubernetesError, origin: Origin) => void;
  readonly #reported = new Map<string, Reported>();

  constructor(client: ApiClient, queue: WriteQueue, onProblem: (problem: KubernetesError, origin: Origin) => void) {
    this.#client = client;
    this.#queue = queue;
    this.#onProblem = onProblem;
  }

  report(format: StatusFormat, origin: Origin, account: Account): void {
    const key = keyOf(origin);
    const urgent = digestOf(urgentPartOf(account));
    const before = this.#reported.get(key);
    const reported =
      before !== undefined && before.uid === origin.uid
        ? before
        : { uid: origin.uid, urgent: "", dropped: undefined, invalidGeneration: undefined, refusedUntil: 0 };
    const urgency = reported.urgent === urgent ? "routine" : "urgent";
    reported.urgent = urgent;
    this.#reported.set(key, reported);
    this.#queue.add(key, urgency, () => this.#prepare(format, reported, origin, account));
  }

  forget(origin: Origin): void {
    this.#reported.delete(keyOf(origin));
    this.#queue.remove(keyOf(origin));
  }

  #prepare(format: StatusFormat, reported: Reported, origin: Origin, account: Account): ReturnType<Prepare> {
    const known = format.objects.get(origin.namespace, origin.name);
    if (known === undefined || isAnother(known.uid, origin) || performance.now() < reported.refusedUntil)
      return undefined;
    const { invalidGeneration, dropped } = reported;
    if (invalidGeneration !== undefined && invalidGeneration === origin.generation) return undefined;
    const stored = known.value.status.toString();
    const previous = JSON.parse(stored) as Record<string, unknown>;
    const status = printableDeep(format.statusOf(origin, account, previous));
    const patch = status && mergePatchBetween(previous, status);
    if (status === undefined || patch === undefined) return undefined;
    if (dropped !== undefined && dropped === digestOf(status, stored)) return undefined;
    return (signal) => this.#write(format, reported, origin, { status, patch }, signal);
  }

  async #write(
    format: StatusFormat,
    reported: Reported,
    origin: Origin,
    { status, patch }: { readonly status: Fields; readonly patch: Fields },
    signal: AbortSignal,
  ): Promise<void> {
    const { namespace, name } = origin;
    const path = resourcePath(format.resource, { namespace, name, subresource: "status" });
    const what = `patch ${format.resource.plural}/status`;
    try {
      const call = { method: "PATCH", path, what, lane: "write", body: { status: patch } } as const;
      format.objects.learnObject(await this.#client.call(call, signal));
      const stored = format.objects.get(namespace, name)?.value.status.toString() ?? "{}";
      const isKept = mergePatchBetween(JSON.parse(stored), status) === undefined;
      reported.dropped = isKept ? undefined : digestOf(status, stored);
    } catch (error) {
      if (error instanceof KubernetesError) this.#handleRefusal(format, reported, origin, error);
      else throw error;
    }
  }

  /** Throws again what may go better the next time. */
  #handleRefusal(format: StatusFormat, reported: Reported, origin: Origin, error: KubernetesError): void {
    const { namespace, name, generation } = origin;
    const known = format.objects.get(namespace, name);
    const isGone = known === undefined || isAnother(known.uid, origin);
    if (error.kind === "Invalid") reported.invalidGeneration = generation;
    else if (error.kind === "NotFound" || error.kind === "Forbidden") {
      reported.refusedUntil = performance.now() + REFUSED_MS;
    } else if (error.kind !== "Conflict" || !isGone) throw error;
    // An object that is gone or replaced needs no report: the new one gets its own.
    if (!isGone) this.#onProblem(error, origin);
  }
}

/** What is said of an object must not land on another that took its place. */
function isAnother(uid: string, origin: Origin): boolean {
  return origin.uid !== undefined && origin.uid !== uid;
}

function keyOf({ kind, namespace, name }: Origin): string {
  return ["status", kind, namespace, name].join("/");
}

function urgentPartOf({ decision, observedGeneration, lastScaleAt, conditions }: Account): unknown {
  const states = conditions.map(({ type, status, reason }) => [type, status, reason]);
  return [decision?.desiredReplicas, observedGeneration, lastScaleAt, states];
}

function digestOf(...what: readonly unknown[]): string {
  return createHash("sha1").update(JSON.stringify(what)).digest("base64");
}

/** How accounts of one format (Origin.kind) are written down. */
export interface StatusFormat {
  readonly resource: Resource;
  /** The feed's objects: what a status is compared with, so that a restart writes nothing. */
  readonly objects: WatchCache<FedObject>;
  /** The whole status wanted; `previous` is what the object has. Undefined: leave it as it is. */
  readonly statusOf: (
    origin: Origin,
    account: Account,
    previous: Readonly<Record<string, unknown>>,
  ) => Readonly<Record<string, unknown>> | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** The JSON merge patch (RFC 7386) that makes `before` into `after`; undefined where they are equal. */
export function mergePatchBetween(before: Fields, after: Fields): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(before)) {
    if (after[key] === undefined) patch[key] = null;
  }
  for (const [key, value] of Object.entries(after)) {
    if (value === undefined) continue;
    const old = before[key];
    const change =
      isFields(old) && isFields(value) ? mergePatchBetween(old, value) : isEqual(old, value) ? undefined : value;
    if (change !== undefined) patch[key] = change;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEqual(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isEqual(item, other[index]));
  }
  return isFields(one) && isFields(other) && mergePatchBetween(one, other) === undefined;
}
