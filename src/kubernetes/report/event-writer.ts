import { randomBytes } from "node:crypto";
import { type Incident, type Origin, printable } from "../../core/index.ts";
import { resourcePath } from "../objects.ts";
import { KubernetesError, type KubernetesErrorKind } from "../ports.ts";
import type { ApiCall, ApiClient } from "../transport/api-client.ts";
import { TokenBucket, type WriteQueue } from "./write-queue.ts";

/** client-go's windows and sizes, but for the refill: it gives one event back in five minutes. */
const SAME_WITHIN_MS = 600_000;
const MOST_REMEMBERED = 4_096;
const OBJECT_BURST = 25;
const OBJECT_PER_SECOND = 1 / 60;

const EVENTS = { group: "", version: "v1", plural: "events" };

/** What the API server accepts. */
const LONGEST_MESSAGE = 1024;
const LONGEST_REASON = 128;
const LONGEST_NAME = 253;

interface Occurrence {
  readonly name: string;
  readonly firstAt: number;
  lastAt: number;
  count: number;
  /** The count that the server has; 0: no event yet. */
  writtenCount: number;
}

/** Writes incidents as events; the same one again within ten minutes raises its event's count. */
export class EventWriter {
  readonly #client: ApiClient;
  readonly #queue: WriteQueue;
  readonly #instance: string;
  readonly #now: () => number;
  readonly #events: BoundedMap<Occurrence>;
  readonly #budgets = new BoundedMap<TokenBucket>();

  /** `instance` names this process in the events. */
  constructor(client: ApiClient, queue: WriteQueue, instance: string, now: () => number = Date.now) {
    this.#client = client;
    this.#queue = queue;
    this.#instance = instance;
    this.#now = now;
    this.#events = new BoundedMap<Occurrence>((key) => queue.remove(key));
  }

  tell(apiVersion: string, origin: Origin, incident: Incident): void {
    const { kind, namespace, name, uid } = origin;
    const key = `event ${JSON.stringify([kind, namespace, name, uid, incident.type, incident.reason, incident.message])}`;
    const now = this.#now();
    const before = this.#events.get(key);
    // After the clock was set back an old incident seems to lie in the future: it is still the same.
    const isSame = before !== undefined && now - before.lastAt < SAME_WITHIN_MS;
    const event: Occurrence = isSame
      ? before
      : { name: eventName(name, now), firstAt: now, lastAt: now, count: 0, writtenCount: 0 };
    event.count += 1;
    event.lastAt = now;
    this.#events.set(key, event);
    this.#queue.add(key, event.writtenCount === 0 ? "urgent" : "routine", () => {
      if (event.writtenCount === event.count || !this.#budget(`${kind}/${namespace}/${name}`).take()) return undefined;
      const body = { ...this.#eventOf(apiVersion, origin, incident), metadata: { name: event.name, namespace } };
      return (signal) => this.#write(event, namespace, body, signal);
    });
  }

  async #write(event: Occurrence, namespace: string, body: object, signal: AbortSignal): Promise<void> {
    const { count } = event;
    const times = { firstTimestamp: metaTime(event.firstAt), lastTimestamp: metaTime(event.lastAt), count };
    const patch = { count, lastTimestamp: times.lastTimestamp };
    const path = resourcePath(EVENTS, { namespace, name: event.name });
    // The server forgets events after an hour.
    const isThere =
      event.writtenCount > 0 &&
      (await this.#call({ method: "PATCH", path, what: "patch events", body: patch }, "NotFound", signal));
    if (!isThere) {
      // A conflict: an attempt before this one arrived, though its answer did not.
      const collection = resourcePath(EVENTS, { namespace });
      const call = { method: "POST", path: collection, what: "create events", body: { ...body, ...times } } as const;
      await this.#call(call, "Conflict", signal);
    }
    event.writtenCount = count;
  }

  /** False where it fails with the kind of error that is expected. */
  async #call(call: Omit<ApiCall, "lane">, expected: KubernetesErrorKind, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#client.call({ ...call, lane: "write" }, signal);
      return true;
    } catch (error) {
      if (error instanceof KubernetesError && error.kind === expected) return false;
      throw error;
    }
  }

  /** The core/v1 Event, as `kubectl describe` shows it, less its name, times and count. */
  #eventOf(apiVersion: string, { kind, namespace, name, uid }: Origin, { type, reason, message }: Incident): object {
    const text = printable(message);
    return {
      apiVersion: "v1",
      kind: "Event",
      involvedObject: { apiVersion, kind, namespace, name, ...(uid ? { uid } : {}) },
      type,
      reason: reason.slice(0, LONGEST_REASON),
      message: text.length <= LONGEST_MESSAGE ? text : `${text.slice(0, LONGEST_MESSAGE - 1)}…`,
      source: { component: "muster" },
      reportingComponent: "muster",
      reportingInstance: this.#instance.slice(0, LONGEST_REASON),
    };
  }

  #budget(key: string): TokenBucket {
    const budget = this.#budgets.get(key) ?? new TokenBucket(OBJECT_PER_SECOND, OBJECT_BURST);
    this.#budgets.set(key, budget);
    return budget;
  }
}

/** A name that no other event has, chosen before the first attempt to write it, so that a repeated attempt is harmless. */
function eventName(object: string, at: number): string {
  const suffix = `.${at.toString(16)}${randomBytes(4).toString("hex")}`;
  return `${object.slice(0, LONGEST_NAME - suffix.length)}${suffix}`;
}

/** metav1.Time has whole seconds. */
function metaTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** A map that forgets what was not used for the longest time. */
class BoundedMap<Value> extends Map<string, Value> {
  readonly #onForget: (key: string) => void;

  constructor(onForget: (key: string) => void = () => undefined) {
    super();
    this.#onForget = onForget;
  }

  override get(key: string): Value | undefined {
    const value = super.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  override set(key: string, value: Value): this {
    this.delete(key);
    super.set(key, value);
    const [oldest] = this.size > MOST_REMEMBERED ? this.keys() : [];
    if (oldest === undefined) return this;
    this.delete(oldest);
    this.#onForget(oldest);
    return this;
  }
}
