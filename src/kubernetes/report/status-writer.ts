import { createHash } from "node:crypto";
import { type Account, type Origin, printableDeep } from "../../core/index.ts";
import { resourcePath } from "../objects/resource.ts";
import { KubernetesError } from "../ports/kubernetes-error.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { mergePatchBetween } from "./merge-patch-between.ts";
import type { StatusFormat } from "./status-format.ts";
import type { WriteQueue } from "./write-queue.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Where a status may not be written (forbidden, no status subresource), it is tried again after this long. */
const REFUSED_MS = 60_000;

/** What is remembered of each object between two writes; the account itself is the queue's until it is written. */
interface Told {
  readonly uid: string | undefined;
  /** Digest of what makes a status urgent. */
  gist: string;
  /** Digest of what we wrote last and what the server made of it, where it dropped fields: they are not written for ever. */
  unheard: string | undefined;
  /** The generation whose status the server calls invalid. */
  invalidGeneration: number | undefined;
  refusedUntil: number;
}

/** Writes accounts into the status of their objects, and only where the status changes by it. */
export class StatusWriter {
  readonly #client: ApiClient;
  readonly #queue: WriteQueue;
  readonly #onProblem: (problem: KubernetesError, origin: Origin) => void;
  readonly #told = new Map<string, Told>();

  constructor(client: ApiClient, queue: WriteQueue, onProblem: (problem: KubernetesError, origin: Origin) => void) {
    this.#client = client;
    this.#queue = queue;
    this.#onProblem = onProblem;
  }

  report(format: StatusFormat, origin: Origin, account: Account): void {
    const key = keyOf(origin);
    const gist = gistOf(account);
    const before = this.#told.get(key);
    const isSame = before !== undefined && before.uid === origin.uid;
    const told = isSame ? before : toldNothing(origin.uid);
    const urgency = told.gist === gist ? "routine" : "urgent";
    told.gist = gist;
    this.#told.set(key, told);
    this.#queue.add(key, urgency, () => this.#prepare(format, told, origin, account));
  }

  forget(origin: Origin): void {
    this.#told.delete(keyOf(origin));
    this.#queue.remove(keyOf(origin));
  }

  #prepare(
    format: StatusFormat,
    told: Told,
    origin: Origin,
    account: Account,
  ): ((signal: AbortSignal) => Promise<void>) | undefined {
    const known = format.objects.get(origin.namespace, origin.name);
    if (known === undefined || isAnother(known.uid, origin) || performance.now() < told.refusedUntil) return undefined;
    if (told.invalidGeneration !== undefined && told.invalidGeneration === origin.generation) return undefined;
    const stored = known.value.status.toString();
    const previous = JSON.parse(stored) as Record<string, unknown>;
    const status = printableDeep(format.statusOf(origin, account, previous));
    const patch = status && mergePatchBetween(previous, status);
    if (status === undefined || patch === undefined) return undefined;
    if (told.unheard !== undefined && told.unheard === digestOf(status, stored)) return undefined;
    return (signal) => this.#write(format, told, origin, { status, patch }, signal);
  }

  async #write(
    format: StatusFormat,
    told: Told,
    origin: Origin,
    { status, patch }: { readonly status: Fields; readonly patch: Fields },
    signal: AbortSignal,
  ): Promise<void> {
    const { namespace, name } = origin;
    const path = resourcePath(format.resource, { namespace, name, subresource: "status" });
    const what = `patch ${format.resource.plural}/status`;
    try {
      format.objects.learnObject(
        await this.#client.call({ method: "PATCH", path, what, lane: "write", body: { status: patch } }, signal),
      );
      const stored = format.objects.get(namespace, name)?.value.status.toString() ?? "{}";
      const isHeard = mergePatchBetween(JSON.parse(stored), status) === undefined;
      told.unheard = isHeard ? undefined : digestOf(status, stored);
    } catch (error) {
      if (error instanceof KubernetesError) this.#refused(format, told, origin, error);
      else throw error;
    }
  }

  /** Throws again what may go better the next time. */
  #refused(format: StatusFormat, told: Told, origin: Origin, error: KubernetesError): void {
    const { namespace, name, generation } = origin;
    const known = format.objects.get(namespace, name);
    const isGone = known === undefined || isAnother(known.uid, origin);
    if (error.kind === "Invalid") told.invalidGeneration = generation;
    else if (error.kind === "NotFound" || error.kind === "Forbidden")
      told.refusedUntil = performance.now() + REFUSED_MS;
    else if (error.kind !== "Conflict" || !isGone) throw error;
    // An object that is gone or was made anew needs no word: what is to be said of the new one comes by itself.
    if (!isGone) this.#onProblem(error, origin);
  }
}

/** What is said of an object must not land on another that was made in its place. */
function isAnother(uid: string, origin: Origin): boolean {
  return origin.uid !== undefined && origin.uid !== uid;
}

function toldNothing(uid: string | undefined): Told {
  return { uid, gist: "", unheard: undefined, invalidGeneration: undefined, refusedUntil: 0 };
}

function keyOf({ kind, namespace, name }: Origin): string {
  return ["status", kind, namespace, name].join("/");
}

function gistOf({ decision, observedGeneration, lastScaleAt, conditions }: Account): string {
  const said = conditions.map(({ type, status, reason }) => [type, status, reason]);
  return digestOf([decision?.desiredReplicas, observedGeneration, lastScaleAt, said]);
}

function digestOf(...what: readonly unknown[]): string {
  return createHash("sha1").update(JSON.stringify(what)).digest("base64");
}
