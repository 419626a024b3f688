import { randomBytes } from "node:crypto";
import { type Incident, type Origin, printable } from "../../core/index.ts";
import { resourcePath } from "../objects.ts";
import { KubernetesError } from "../ports.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { BoundedMap } from "./bounded-map.ts";
import { TokenBucket } from "./lanes.ts";
import type { WriteQueue } from "./write-queue.ts";

/** client-go's windows and sizes, but for the refill: it gives one event back in five minutes. */
const SAME_WITHIN_MS = 600_000;
const MOST_REMEMBERED = 4_096;
const OBJECT_BURST = 25;
const OBJECT_PER_SECOND = 1 / 60;

const EVENTS = { group: "", version: "v1", plural: "events" };

interface Remembered extends Occurrence {
  /** The count that the server has; 0: no event yet. */
  writtenCount: number;
}

/** Writes incidents as events; the same one again within ten minutes raises its event's count. */
export class EventWriter {
  readonly #client: ApiClient;
  readonly #queue: WriteQueue;
  readonly #instance: string;
  readonly #now: () => number;
  readonly #events: BoundedMap<Remembered>;
  readonly #budgets = new BoundedMap<TokenBucket>(MOST_REMEMBERED);

  /** `instance` names this process in the events. */
  constructor(client: ApiClient, queue: WriteQueue, instance: string, now: () => number = Date.now) {
    this.#client = client;
    this.#queue = queue;
    this.#instance = instance;
    this.#now = now;
    this.#events = new BoundedMap<Remembered>(MOST_REMEMBERED, (key) => queue.remove(key));
  }

  tell(apiVersion: string, origin: Origin, incident: Incident): void {
    const { kind, namespace, name, uid } = origin;
    const key = `event ${JSON.stringify([kind, namespace, name, uid, incident.type, incident.reason, incident.message])}`;
    const now = this.#now();
    const before = this.#events.get(key);
    // A clock that was set back makes an old incident look like one of the future: then it is the same still.
    const isSame = before !== undefined && now - before.lastAt < SAME_WITHIN_MS;
    const event: Remembered = isSame
      ? before
      : { name: eventName(origin, now), firstAt: now, lastAt: now, count: 0, writtenCount: 0 };
    event.count += 1;
    event.lastAt = now;
    this.#events.set(key, event);
    const urgency = event.writtenCount === 0 ? "urgent" : "routine";
    this.#queue.add(key, urgency, () => this.#prepare(apiVersion, origin, incident, event));
  }

  #prepare(
    apiVersion: string,
    origin: Origin,
    incident: Incident,
    event: Remembered,
  ): ((signal: AbortSignal) => Promise<void>) | undefined {
    if (event.writtenCount === event.count || !this.#budget(origin).take()) return undefined;
    const object = () => eventObject(origin, apiVersion, incident, event, this.#instance);
    return async (signal) => {
      const { count } = event;
      if (event.writtenCount === 0 || !(await this.#raised(origin, event, signal))) {
        await this.#created(origin, object(), signal);
      }
      event.writtenCount = count;
    };
  }

  /** False where the server has forgotten the event (it does, after an hour). */
  async #raised({ namespace }: Origin, event: Remembered, signal: AbortSignal): Promise<boolean> {
    const path = resourcePath(EVENTS, { namespace, name: event.name });
    try {
      const call = { method: "PATCH", path, what: "patch events", lane: "write", body: eventPatch(event) } as const;
      await this.#client.call(call, signal);
      return true;
    } catch (error) {
      if (error instanceof KubernetesError && error.kind === "NotFound") return false;
      throw error;
    }
  }

  async #created({ namespace }: Origin, body: Record<string, unknown>, signal: AbortSignal): Promise<void> {
    const path = resourcePath(EVENTS, { namespace });
    try {
      await this.#client.call({ method: "POST", path, what: "create events", lane: "write", body }, signal);
    } catch (error) {
      // It exists: an attempt before this one arrived, though its answer did not.
      if (!(error instanceof KubernetesError && error.kind === "Conflict")) throw error;
    }
  }

  #budget({ kind, namespace, name }: Origin): TokenBucket {
    const key = `${kind}/${namespace}/${name}`;
    const budget = this.#budgets.get(key) ?? new TokenBucket(OBJECT_PER_SECOND, OBJECT_BURST);
    this.#budgets.set(key, budget);
    return budget;
  }
}

/** What the API server accepts. */
const LONGEST_MESSAGE = 1024;
const LONGEST_REASON = 128;
const LONGEST_NAME = 253;

/** An incident that came up once or more. */
interface Occurrence {
  readonly name: string;
  readonly firstAt: number;
  lastAt: number;
  count: number;
}

/** A name no other event has, chosen before the first attempt to write it, so that a repeated attempt is harmless. */
function eventName({ name }: Origin, at: number): string {
  const suffix = `.${at.toString(16)}${randomBytes(4).toString("hex")}`;
  return `${name.slice(0, LONGEST_NAME - suffix.length)}${suffix}`;
}

/** The core/v1 Event, as `kubectl describe` shows it. */
function eventObject(
  origin: Origin,
  apiVersion: string,
  incident: Incident,
  occurrence: Occurrence,
  instance: string,
): Record<string, unknown> {
  const { kind, namespace, name, uid } = origin;
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: occurrence.name, namespace },
    involvedObject: { apiVersion, kind, namespace, name, ...(uid ? { uid } : {}) },
    type: incident.type,
    reason: incident.reason.slice(0, LONGEST_REASON),
    message: cut(printable(incident.message)),
    source: { component: "muster" },
    reportingComponent: "muster",
    reportingInstance: instance.slice(0, LONGEST_REASON),
    firstTimestamp: seconds(occurrence.firstAt),
    lastTimestamp: seconds(occurrence.lastAt),
    count: occurrence.count,
  };
}

/** What changes when the same incident comes up again. */
function eventPatch({ lastAt, count }: Occurrence): Record<string, unknown> {
  return { count, lastTimestamp: seconds(lastAt) };
}

function cut(message: string): string {
  return message.length <= LONGEST_MESSAGE ? message : `${message.slice(0, LONGEST_MESSAGE - 1)}…`;
}

/** metav1.Time has whole seconds. */
function seconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
