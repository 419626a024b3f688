import type { Dispatcher } from "undici";
import type { Account, Incident, NotifyTarget, Origin } from "../core/index.ts";
import type { Reporter, WorkloadObject, WritePermit } from "../kubernetes/ports.ts";
import { runWithin } from "../shared/async.ts";
import { makeDispatcher } from "../sources/shared/http-agent.ts";
import type { ConnectionTools } from "../sources/shared/source.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import { type Delivery, Mailbox } from "./mailbox.ts";
import { contentFor, type Notification, type NotificationType, notificationOf, type Wording } from "./notification.ts";

export interface NotifierOptions {
  /** Hears everything too: statuses and events. */
  readonly reporter: Reporter;
  /** The operator's receivers; those of an object are in its origin. */
  readonly targets: readonly NotifyTarget[];
  /** What to tell of. */
  readonly types: readonly NotificationType[];
  readonly wording: Wording;
  /** The network as objects may use it; that of the operator's receivers is made from it. */
  readonly tools: ConnectionTools;
  readonly permit: WritePermit;
  readonly clock: Clock;
  readonly log: Log;
  readonly counted: (outcome: "sent" | "failed" | "dropped", notifications: number) => void;
  readonly random?: () => number;
}

const TIMEOUT_MS = 10_000;
const LONGEST_ANSWER = 64 * 1024;
/** Receivers at once: objects name their own. */
const MOST_MAILBOXES = 200;
const LONGEST_WAIT_SECONDS = 600;
/** A receiver that cannot be reached, or is busy, may take it later. */
const LATER = [408, 425, 429];

/** A reporter that tells receivers over HTTP too. It makes its notifications of the same incidents and conditions. */
export class Notifier implements Reporter {
  readonly #options: NotifierOptions;
  readonly #mailboxes = new Map<string, Mailbox>();
  /** Objects at their upper bound. */
  readonly #atMax = new Set<string>();
  readonly #dispatchers = new Map<boolean, Promise<Dispatcher>>();
  /** Receivers that could not be told last, by the mailbox's key. */
  readonly #failing = new Set<string>();

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  report(origin: Origin, account: Account): void {
    this.#options.reporter.report(origin, account);
    const limited = account.conditions.find(({ type }) => type === "ScalingLimited");
    const key = keyOf(origin);
    const wasAtMax = this.#atMax.has(key);
    if (limited?.reason !== "TooManyReplicas") {
      this.#atMax.delete(key);
      return;
    }
    this.#atMax.add(key);
    if (!wasAtMax) this.#notify(origin, { type: "Warning", reason: limited.reason, message: limited.message });
  }

  tell(origin: Origin, incident: Incident, workload?: WorkloadObject): void {
    this.#options.reporter.tell(origin, incident, workload);
    this.#notify(origin, incident);
  }

  forget(origin: Origin): void {
    this.#atMax.delete(keyOf(origin));
    this.#options.reporter.forget(origin);
  }

  discard(): void {
    this.#options.reporter.discard();
    this.#atMax.clear();
    for (const mailbox of this.#mailboxes.values()) mailbox.discard();
  }

  async flush(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#options.reporter.flush(signal),
      ...[...this.#mailboxes.values()].map((mailbox) => mailbox.flush(signal)),
    ]);
  }

  async close(): Promise<void> {
    for (const mailbox of this.#mailboxes.values()) mailbox.close();
    await Promise.all([...this.#dispatchers.values()].map(async (dispatcher) => (await dispatcher).destroy()));
  }

  #notify(origin: Origin, incident: Incident): void {
    const { clock, targets, types } = this.#options;
    const notification = notificationOf(origin, incident, clock.wall());
    if (notification === undefined || !types.includes(notification.type)) return;
    for (const target of targets) this.#mailbox(target, true)?.add(notification);
    for (const target of origin.notify ?? []) this.#mailbox(target, false)?.add(notification);
  }

  #mailbox(target: NotifyTarget, isOperators: boolean): Mailbox | undefined {
    const key = `${isOperators ? "operator" : "object"} ${target.format} ${target.url}`;
    const known = this.#mailboxes.get(key);
    if (known !== undefined) return known;
    if (this.#mailboxes.size >= MOST_MAILBOXES) this.#forgetIdle();
    const { clock, permit, random, log, counted } = this.#options;
    if (this.#mailboxes.size >= MOST_MAILBOXES) {
      log.warn("A notification was dropped", { host: target.host, detail: `${MOST_MAILBOXES} receivers are in use` });
      counted("dropped", 1);
      return undefined;
    }
    const mailbox = new Mailbox({
      ...{ target, clock, ...(random && { random }) },
      mayAct: () => permit.leftMs() > 0,
      send: (notifications, signal) => this.#send(target, isOperators, notifications, signal),
      ended: (outcome, notifications, because) =>
        this.#ended(key, target, isOperators, outcome, notifications, because),
    });
    this.#mailboxes.set(key, mailbox);
    return mailbox;
  }

  #forgetIdle(): void {
    for (const [key, mailbox] of this.#mailboxes) {
      if (!mailbox.isIdle) continue;
      this.#mailboxes.delete(key);
      this.#failing.delete(key);
    }
  }

  #ended(
    key: string,
    { host }: NotifyTarget,
    isOperators: boolean,
    outcome: "sent" | "failed" | "dropped",
    notifications: readonly Notification[],
    detail?: string,
  ): void {
    const { log, counted, reporter } = this.#options;
    counted(outcome, notifications.length);
    if (outcome === "sent") {
      if (this.#failing.delete(key)) log.info("Notifications are delivered again", { host });
      return;
    }
    if (!this.#failing.has(key)) log.warn("Notifications could not be delivered", { host, detail });
    this.#failing.add(key);
    if (isOperators) return;
    // Its author reads events, not the log.
    const message = `${notifications.length} could not be delivered to ${host}: ${detail ?? outcome}`;
    const [first] = notifications;
    if (first !== undefined) reporter.tell(first.origin, { type: "Warning", reason: "NotificationFailed", message });
  }

  async #send(
    { format, url, host }: NotifyTarget,
    isOperators: boolean,
    notifications: readonly Notification[],
    signal: AbortSignal,
  ): Promise<Delivery> {
    const { contentType, body } = contentFor(format, notifications, this.#options.wording);
    const { origin, pathname, search } = new URL(url);
    const headers = { "content-type": contentType, "user-agent": "muster" };
    const limit = {
      ...{ milliseconds: TIMEOUT_MS, signal, timers: this.#options.clock },
      reason: () => new Error(`expected an answer within ${TIMEOUT_MS / 1000} s`),
    };
    try {
      return await runWithin(limit, async (within) => {
        const dispatcher = await this.#dispatcher(isOperators);
        const request = { origin, path: pathname + search, method: "POST", headers, body, signal: within } as const;
        const answer = await dispatcher.request(request);
        await answer.body.dump({ limit: LONGEST_ANSWER, signal: within });
        return deliveryOf(answer.statusCode, answer.headers["retry-after"]);
      });
    } catch (error) {
      // The message of a refusal by the network's rules or of a failed connection names the host at most.
      const { message, kind } = error as Error & { readonly kind?: string };
      return { because: message || `${host} could not be reached`, isFinal: kind === "Unauthorized" };
    }
  }

  #dispatcher(isOperators: boolean): Promise<Dispatcher> {
    const known = this.#dispatchers.get(isOperators);
    if (known !== undefined) return known;
    const { environment, network } = this.#options.tools;
    const tools = { environment, network: isOperators ? network.operators : network };
    const made = makeDispatcher(tools, { connections: 4, keepAliveTimeout: 30_000, connect: { timeout: 0 } });
    this.#dispatchers.set(isOperators, made);
    return made;
  }
}

/** Redirects are not followed: the receiver is the one that was written. */
function deliveryOf(status: number, retryAfter: string | string[] | undefined): Delivery {
  if (status >= 200 && status <= 299) return "ok";
  const seconds = Number(retryAfter);
  const isLater = status >= 500 || LATER.includes(status);
  return {
    because: `it answered ${status}`,
    isFinal: !isLater,
    ...(seconds > 0 && { retryAfterSeconds: Math.min(seconds, LONGEST_WAIT_SECONDS) }),
  };
}

function keyOf({ kind, namespace, name }: Origin): string {
  return `${kind}/${namespace}/${name}`;
}
