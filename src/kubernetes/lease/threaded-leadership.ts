import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { onAbort, pause } from "../../shared/async.ts";
import type { Connection, Identity } from "../connection/connection.ts";
import { KubernetesError, type Leadership, type WritePermit } from "../ports.ts";
import type { CallOutcome } from "../transport/api-client.ts";
import { type FromKeeper, keepLease, type LeaseWork, type ToKeeper } from "./keep-lease.ts";
import type { LeaseOptions } from "./lease-leadership.ts";
import { type Heartbeat, LeaseState, processTime } from "./lease-state.ts";
import { LeaseTiming } from "./lease-timing.ts";

export interface ThreadedLeadershipOptions extends LeaseOptions {
  readonly connection: Connection;
  readonly userAgent: string;
  /** Of the loop that acts. */
  readonly heartbeat: Heartbeat;
  /** The program of the thread. */
  readonly file: string;
  readonly observe: (outcome: CallOutcome) => void;
  readonly onProblem: (problem: KubernetesError) => void;
  /** Called when no thread can be started and the main thread keeps the lease. */
  readonly onNoThread: (error: Error) => void;
}

/** Where the lease is kept: a thread, or the main thread. */
interface Keeper {
  readonly port: { postMessage(message: ToKeeper): void };
  begin(work: LeaseWork): void;
  /** Resolves once it has ended; with an error if it should not have. */
  readonly ended: Promise<Error | undefined>;
  kill(): void;
}

/** The flags in bin/muster.js let the heap of each thread grow to 48 MiB before it is collected. */
const SMALL = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 };
/** For giving the lease back. */
const STOP_WITHIN_MS = 5_000;
const CREDENTIALS_WITHIN_MS = 30_000;
const CREDENTIALS_RETRY_MS = 1_000;

/** Leader election by a Lease that a thread of its own renews, so that a busy main loop loses it only when it is stuck. */
export class ThreadedLeadership implements Leadership {
  readonly permit: WritePermit;
  readonly #options: ThreadedLeadershipOptions;
  readonly #state = new LeaseState();
  readonly #granted = new Set<() => void>();
  #elected: ((leading: AbortSignal) => Promise<void>) | undefined;
  #leading: AbortController | undefined;
  #led: Promise<void> = Promise.resolve();
  #stopping: AbortSignal | undefined;
  #keeper: Keeper;
  #isRenewalAwaited = false;

  constructor(options: ThreadedLeadershipOptions) {
    // Refuses impossible times before anything runs.
    new LeaseTiming(options.timing);
    this.#options = options;
    // Loads its program while the main thread puts the rest together.
    this.#keeper = this.#inThread();
    this.permit = {
      leftMs: (decidedAt) => this.#leftMs(decidedAt),
      onGranted: (callback) => void this.#granted.add(callback),
    };
  }

  async run(elected: (leading: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    this.#elected = elected;
    this.#stopping = signal;
    const work = await this.#work(signal);
    if (work === undefined) return this.#keeper.kill();
    const failure = await this.#keep(work, signal);
    if (failure === undefined || signal.aborted) return;
    this.#options.onNoThread(failure);
    this.#keeper = this.#inMainThread();
    const another = await this.#keep(work, signal);
    if (another !== undefined && !signal.aborted) throw another;
  }

  /** Resolves when the keeper has ended and nothing acts any more; with an error if it should not have ended. */
  async #keep(work: LeaseWork, signal: AbortSignal): Promise<Error | undefined> {
    const keeper = this.#keeper;
    keeper.begin(work);
    let force: NodeJS.Timeout | undefined;
    const leave = onAbort(signal, () => {
      this.#leading?.abort();
      keeper.port.postMessage({ say: "stop" });
      void this.#led.then(() => {
        force = setTimeout(() => keeper.kill(), STOP_WITHIN_MS);
      });
    });
    const failure = await keeper.ended;
    leave();
    this.#lose();
    await this.#led;
    clearTimeout(force);
    return failure;
  }

  #leftMs(decidedAt = Number.POSITIVE_INFINITY): number {
    const gapEndedAt = this.#options.heartbeat.gapEndedAt();
    if (gapEndedAt > decidedAt) return 0;
    const left = this.#leading === undefined ? 0 : this.#state.leftMs(processTime(gapEndedAt));
    if (left === 0 && this.#leading !== undefined && !this.#isRenewalAwaited) {
      this.#isRenewalAwaited = true;
      this.#keeper.port.postMessage({ say: "renew" });
    }
    return left;
  }

  #receive(message: FromKeeper, port: Keeper["port"]): void {
    const { observe, onProblem } = this.#options;
    if (message.say === "elected") this.#led = this.#lead(port);
    else if (message.say === "lost") this.#lose();
    else if (message.say === "renewed") this.#grant();
    else if (message.say === "called") observe(message.outcome);
    else if (message.say === "problem") onProblem(new KubernetesError(message.kind, message.message));
    else if (message.say === "identity") void this.#identify(port, message.forget);
  }

  async #lead(port: Keeper["port"]): Promise<void> {
    const leading = new AbortController();
    this.#leading = leading;
    this.#isRenewalAwaited = false;
    if (this.#stopping?.aborted) leading.abort();
    try {
      await this.#elected?.(leading.signal);
    } finally {
      this.#leading = undefined;
      port.postMessage({ say: "released" });
    }
  }

  #lose(): void {
    this.#leading?.abort();
  }

  #grant(): void {
    this.#isRenewalAwaited = false;
    for (const callback of this.#granted) callback();
  }

  async #identify(port: Keeper["port"], forget: boolean): Promise<void> {
    const { credentials } = this.#options.connection;
    if (forget) credentials.forget();
    try {
      const identity = await credentials.current(AbortSignal.timeout(CREDENTIALS_WITHIN_MS));
      port.postMessage({ say: "identity", identity });
    } catch (error) {
      port.postMessage({ say: "no identity", because: (error as Error).message });
    }
  }

  #inThread(): Keeper {
    const worker = new Worker(this.#options.file, { resourceLimits: SMALL });
    let isStopped = false;
    const ended = new Promise<Error | undefined>((resolve) => {
      worker.on("message", (message: FromKeeper) => {
        if (message.say === "stopped") isStopped = true;
        else this.#receive(message, worker);
      });
      worker.once("error", resolve);
      worker.once("exit", (code) => {
        resolve(isStopped ? undefined : new Error(`the thread of the lease ended with status ${code}`));
      });
    });
    // A process that fails before it is to lead ends. (Listeners would take the thread into account again.)
    worker.unref();
    const begin = (work: LeaseWork) => {
      worker.ref();
      worker.postMessage(work);
    };
    return { port: worker, begin, ended, kill: () => void worker.terminate() };
  }

  #inMainThread(): Keeper {
    const { port1, port2 }: { port1: MessagePort; port2: MessagePort } = new MessageChannel();
    port1.on("message", (message: FromKeeper) => this.#receive(message, port1));
    const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));
    let end: (error: Error | undefined) => void = () => undefined;
    const ended = new Promise<Error | undefined>((resolve) => {
      end = resolve;
    });
    const begin = (work: LeaseWork) => {
      keepLease(port2, work).then(
        () => end(undefined),
        (error: unknown) => end(asError(error)),
      );
    };
    return { port: port1, begin, ended, kill: () => port1.close() };
  }

  /** Undefined once aborted. */
  async #work(signal: AbortSignal): Promise<LeaseWork | undefined> {
    const { credentials } = this.#options.connection;
    let identity: Identity | undefined;
    while (identity === undefined && !signal.aborted) {
      try {
        identity = await credentials.current(signal);
      } catch (error) {
        if (signal.aborted) break;
        this.#options.onProblem(new KubernetesError("Unavailable", (error as Error).message, { cause: error }));
        await pause(CREDENTIALS_RETRY_MS, signal);
      }
    }
    return identity === undefined ? undefined : this.#workAs(identity);
  }

  #workAs(identity: Identity): LeaseWork {
    const { connection, namespace, name, holder, mayTakeBack = false, timing, userAgent, heartbeat } = this.#options;
    const { server, proxy, serverName, skipVerification } = connection;
    return {
      lease: { namespace, name, holder, mayTakeBack, ...(timing === undefined ? {} : { timing }) },
      connection: { skipVerification, ...(serverName === undefined ? {} : { serverName }) },
      server: server.href,
      ...(proxy === undefined ? {} : { proxy: proxy.href }),
      userAgent,
      identity,
      heartbeat: heartbeat.cell,
      state: this.#state.buffer,
    };
  }
}
