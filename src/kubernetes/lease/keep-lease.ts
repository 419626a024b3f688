import type { MessagePort } from "node:worker_threads";
import { untilAborted } from "../../shared/async.ts";
import type { Connection, Credentials, Identity } from "../connection/connection.ts";
import type { KubernetesErrorKind } from "../ports.ts";
import type { CallOutcome } from "../transport/api-client.ts";
import { ConnectedClient } from "../transport/connected-client.ts";
import { LeaseLeadership, type LeaseOptions } from "./lease-leadership.ts";
import { LeaseState, sinceLastBeat } from "./lease-state.ts";

/** What a thread must know to keep a lease: only what can be sent to it. */
export interface LeaseWork {
  readonly lease: LeaseOptions;
  readonly connection: Pick<Connection, "skipVerification" | "serverName">;
  readonly server: string;
  readonly proxy?: string;
  readonly userAgent: string;
  readonly identity: Identity;
  /** Of the main thread's Heartbeat. */
  readonly heartbeat: SharedArrayBuffer;
  /** Of the LeaseState that both threads use. */
  readonly state: SharedArrayBuffer;
}

type IdentityAnswer =
  | { readonly say: "identity"; readonly identity: Identity }
  | { readonly say: "no identity"; readonly because: string };

/** From the main thread to the one that keeps the lease. */
export type ToKeeper = { readonly say: "stop" | "released" | "renew" } | IdentityAnswer;

/** From the thread that keeps the lease to the main thread. */
export type FromKeeper =
  | { readonly say: "elected" | "lost" | "renewed" | "stopped" }
  | { readonly say: "problem"; readonly kind: KubernetesErrorKind; readonly message: string }
  | { readonly say: "called"; readonly outcome: CallOutcome }
  /** `forget`: the server refused the last one. */
  | { readonly say: "identity"; readonly forget: boolean };

/**
 * Keeps a lease with a connection of its own, wherever it runs: in a thread that a busy main loop cannot starve, or where
 * there is none, in the main thread. Ends after "stop".
 */
export async function keepLease(port: MessagePort, work: LeaseWork): Promise<void> {
  const tell = (message: FromKeeper) => port.postMessage(message);
  const stop = new AbortController();
  const credentials = new RelayedCredentials(work.identity, tell);
  const observe = (outcome: CallOutcome) => tell({ say: "called", outcome });
  const client = new ConnectedClient(connectionOf(work, credentials), { userAgent: work.userAgent, observe });
  let release: () => void = () => undefined;
  const leadership = new LeaseLeadership({
    ...work.lease,
    client,
    state: new LeaseState(work.state),
    sinceLastBeat: () => sinceLastBeat(work.heartbeat),
    onProblem: ({ kind, message }) => tell({ say: "problem", kind, message }),
    onRenewed: () => tell({ say: "renewed" }),
  });
  port.on("message", (message: ToKeeper) => {
    if (message.say === "identity" || message.say === "no identity") credentials.receive(message);
    else if (message.say === "stop") stop.abort();
    else if (message.say === "released") release();
    else leadership.renewNow();
  });
  await leadership.run(async (leading) => {
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    leading.addEventListener("abort", () => tell({ say: "lost" }), { once: true });
    tell({ say: "elected" });
    await released;
  }, stop.signal);
  await client.close();
  tell({ say: "stopped" });
  port.close();
}

function connectionOf({ connection, lease, server, proxy }: LeaseWork, credentials: Credentials): Connection {
  return {
    ...connection,
    origin: "",
    namespace: lease.namespace,
    server: new URL(server),
    ...(proxy === undefined ? {} : { proxy: new URL(proxy) }),
    credentials,
  };
}

const FRESH_MS = 10_000;

/** Credentials that the main thread reads: files that rotate, plugins. The last ones do while it is busy. */
class RelayedCredentials implements Credentials {
  readonly #tell: (message: FromKeeper) => void;
  #identity: Identity;
  #askedAt = performance.now();
  #refused = false;
  #waiting: { resolve(identity: Identity): void; reject(error: Error): void }[] = [];

  constructor(identity: Identity, tell: (message: FromKeeper) => void) {
    this.#identity = identity;
    this.#tell = tell;
  }

  current(signal: AbortSignal): Promise<Identity> {
    if (performance.now() - this.#askedAt > FRESH_MS) this.#ask(false);
    if (!this.#refused) return Promise.resolve(this.#identity);
    const fresh = new Promise<Identity>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    return untilAborted(fresh, signal);
  }

  forget(): void {
    this.#refused = true;
    this.#ask(true);
  }

  receive(message: IdentityAnswer): void {
    const waiting = this.#waiting.splice(0);
    if (message.say === "identity") {
      this.#identity = message.identity;
      this.#refused = false;
      for (const { resolve } of waiting) resolve(message.identity);
    } else for (const { reject } of waiting) reject(new Error(message.because));
  }

  #ask(forget: boolean): void {
    this.#askedAt = performance.now();
    this.#tell({ say: "identity", forget });
  }
}
