import { execFile } from "node:child_process";
import * as z from "zod";
import { untilAborted } from "../../shared/async.ts";
import type { Credentials, Identity } from "./connection.ts";
import { checkPem } from "./credentials.ts";
import type { KubeconfigExec } from "./kubeconfig.ts";

/** Renewed this long before it ends, so that no request is sent with a credential that ends on the way. */
const SKEW_MS = 60_000;

/** Credentials of an exec plugin, kept until shortly before they end. */
export class ExecCredentials implements Credentials {
  readonly #call: ExecCall;
  readonly #stop = new AbortController();
  #kept: { readonly identity: Identity; readonly until: number } | undefined;
  #running: Promise<Identity> | undefined;

  constructor(call: ExecCall) {
    this.#call = call;
  }

  async current(signal: AbortSignal): Promise<Identity> {
    if (this.#kept !== undefined && Date.now() < this.#kept.until) return this.#kept.identity;
    // One run serves all who wait. The plugin has its own time limit, so one waiter's end does not end it for the others.
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return untilAborted(this.#running, signal);
  }

  forget(): void {
    this.#kept = undefined;
  }

  close(): void {
    this.#stop.abort();
  }

  async #run(): Promise<Identity> {
    const { what } = this.#call;
    const { token, clientCertificateData, clientKeyData, expirationTimestamp } = await runExecPlugin(
      this.#call,
      this.#stop.signal,
    );
    const identity: Identity = {
      headers: token ? { authorization: `Bearer ${token}` } : {},
      ...(clientCertificateData && clientKeyData
        ? {
            certificate: checkPem(clientCertificateData, `status.clientCertificateData from ${what}`),
            key: checkPem(clientKeyData, `status.clientKeyData from ${what}`),
          }
        : {}),
    };
    this.#kept = { identity, until: renewalTime(expirationTimestamp ?? "", Date.now()) };
    return identity;
  }
}

function renewalTime(expirationTimestamp: string, now: number): number {
  const end = Date.parse(expirationTimestamp);
  // A credential that lives less than two minutes is kept for half its life.
  return Number.isNaN(end) ? Number.POSITIVE_INFINITY : Math.max(end - SKEW_MS, now + (end - now) / 2);
}

/** A plugin may ask a person or a slow identity service; client-go would wait without end. */
const PLUGIN_TIMEOUT_MS = 60_000;
const PLUGIN_OUTPUT_BYTES = 1024 * 1024;

const execCredential = z.looseObject({
  apiVersion: z.string(),
  kind: z.literal("ExecCredential"),
  status: z.looseObject({
    token: z.string().min(1).nullish(),
    clientCertificateData: z.string().min(1).nullish(),
    clientKeyData: z.string().min(1).nullish(),
    expirationTimestamp: z.string().nullish(),
  }),
});

type ExecStatus = z.output<typeof execCredential>["status"];

interface ExecCall {
  /** "exec of user dev in FILE". */
  readonly what: string;
  readonly exec: KubeconfigExec;
  /** Absolute, or a name to look up in PATH. */
  readonly command: string;
  /** ExecCredential.spec.cluster, where the kubeconfig asks for it. */
  readonly cluster?: Readonly<Record<string, unknown>>;
}

/** Runs a client.authentication.k8s.io plugin once. What it prints on standard output is never shown. */
async function runExecPlugin(call: ExecCall, signal: AbortSignal): Promise<ExecStatus> {
  const { what, exec } = call;
  const parsed = execCredential.safeParse(jsonOrUndefined(await output(call, signal)));
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join(".") || "document").join(", ");
    throw new Error(`expected an ExecCredential from ${what}, got something else (at ${fields})`);
  }
  if (parsed.data.apiVersion !== exec.apiVersion) {
    throw new Error(`expected apiVersion ${exec.apiVersion} from ${what}, got ${parsed.data.apiVersion.slice(0, 80)}`);
  }
  const { token, clientCertificateData, clientKeyData } = parsed.data.status;
  if (!token && !(clientCertificateData && clientKeyData)) {
    throw new Error(`expected a token or a client certificate with its key from ${what}, got neither`);
  }
  return parsed.data.status;
}

function output({ what, exec, command, cluster }: ExecCall, signal: AbortSignal): Promise<string> {
  const information = {
    apiVersion: exec.apiVersion,
    kind: "ExecCredential",
    spec: { interactive: false, ...(cluster === undefined ? {} : { cluster }) },
  };
  const env = { ...process.env, KUBERNETES_EXEC_INFO: JSON.stringify(information) };
  for (const { name, value } of exec.env ?? []) Object.assign(env, { [name]: value });
  const limits = { timeout: PLUGIN_TIMEOUT_MS, maxBuffer: PLUGIN_OUTPUT_BYTES, encoding: "utf8" as const };
  return new Promise((resolve, reject) => {
    const child = execFile(command, [...(exec.args ?? [])], { env, signal, ...limits }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`expected ${what} to give a credential: ${whyFailed(error, stderr, exec)}`));
    });
    child.stdin?.end();
    // A plugin that ignores SIGTERM must not keep this process from ending.
    signal.addEventListener("abort", () => child.unref(), { once: true });
  });
}

function whyFailed(error: Error & { code?: unknown; killed?: boolean }, stderr: string, exec: KubeconfigExec): string {
  if (error.code === "ENOENT")
    return `command ${exec.command} was not found${exec.installHint ? ` (${exec.installHint})` : ""}`;
  if (error.killed) return `it did not end within ${PLUGIN_TIMEOUT_MS / 1000} s`;
  const said = stderr.trim().split("\n").at(-1)?.slice(0, 200);
  return `it ended with ${String(error.code ?? error.name)}${said ? `: ${said}` : ""}`;
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
