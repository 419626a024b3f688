import { orAborted } from "../transport/or-aborted.ts";
import type { Credentials, Identity } from "./connection.ts";
import { checkedPem } from "./pem.ts";
import { type ExecCall, type ExecStatus, runExecPlugin } from "./run-exec-plugin.ts";

/** Renewed this long before it ends, so that no request is sent with a credential that ends on the way. */
const SKEW_MS = 60_000;

/** Credentials of an exec plugin, kept until shortly before they end. */
export class ExecCredentials implements Credentials {
  readonly #call: ExecCall;
  readonly #now: () => number;
  readonly #stop = new AbortController();
  #kept: { readonly identity: Identity; readonly until: number } | undefined;
  #running: Promise<Identity> | undefined;

  constructor(call: ExecCall, now: () => number = Date.now) {
    this.#call = call;
    this.#now = now;
  }

  async current(signal: AbortSignal): Promise<Identity> {
    if (this.#kept !== undefined && this.#now() < this.#kept.until) return this.#kept.identity;
    // One run for all who wait. The plugin has its own time limit: one waiter's end must not take it from the others.
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return orAborted(this.#running, signal);
  }

  forget(): void {
    this.#kept = undefined;
  }

  close(): void {
    this.#stop.abort();
  }

  async #run(): Promise<Identity> {
    const status = await runExecPlugin(this.#call, this.#stop.signal);
    const identity = identityOf(status, this.#call.what);
    this.#kept = { identity, until: endOf(status, this.#now()) };
    return identity;
  }
}

function endOf(status: ExecStatus, now: number): number {
  const end = Date.parse(status.expirationTimestamp ?? "");
  if (Number.isNaN(end)) return Number.POSITIVE_INFINITY;
  // A credential that lives less than two minutes is kept for half its life.
  return Math.max(end - SKEW_MS, now + (end - now) / 2);
}

function identityOf(status: ExecStatus, what: string): Identity {
  return {
    headers: status.token ? { authorization: `Bearer ${status.token}` } : {},
    ...(status.clientCertificateData && status.clientKeyData
      ? {
          certificate: checkedPem(status.clientCertificateData, `status.clientCertificateData from ${what}`),
          key: checkedPem(status.clientKeyData, `status.clientKeyData from ${what}`),
        }
      : {}),
  };
}
