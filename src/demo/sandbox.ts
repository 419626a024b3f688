import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Sandbox, type SqsServer, startSandbox, startSqsServer } from "kube-sandbox";
import { shippedPath } from "../shared/shipped.ts";
import { UserError } from "../shared/user-error.ts";
import { callSqs } from "./queue-consumers.ts";
import { simulatedWorkers } from "./simulated-workers.ts";

/** The options of `muster sandbox`, as text. */
export interface SandboxFlags {
  readonly port: string;
  readonly sqsPort: string;
  readonly kubeconfig?: string;
  readonly apply?: readonly string[];
  readonly queue?: readonly string[];
  readonly startSeconds: string;
  readonly secondsPerMessage: string;
}

const CRDS = shippedPath("deploy/crds");

/** Runs the sandbox and its queue server until a signal ends it. */
export async function runSandbox(flags: SandboxFlags): Promise<void> {
  const [port, sqsPort] = [portOf("--port", flags.port), portOf("--sqs-port", flags.sqsPort)];
  const startSeconds = secondsOf("--start-seconds", flags.startSeconds);
  const secondsPerMessage = secondsOf("--seconds-per-message", flags.secondsPerMessage);
  const manifests = (flags.apply ?? []).map((path) => ({ path, text: readManifest(path) }));
  const ended = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  const sqs = await listening("--sqs-port", startSqsServer({ port: sqsPort }));
  try {
    const pods = simulatedWorkers({ sqsEndpoint: sqs.url, startSeconds, secondsPerMessage });
    const sandbox = await listening("--port", startSandbox({ port, pods }));
    try {
      await prepare(sandbox, sqs, manifests, flags.queue ?? []);
      const path = flags.kubeconfig ?? join(tmpdir(), `muster-sandbox-${process.pid}`, "kubeconfig");
      sandbox.writeKubeconfig(path);
      process.stdout.write(greeting(sandbox.url, sqs.url, path));
      await ended;
    } finally {
      await sandbox.close();
    }
  } finally {
    await sqs.close();
  }
}

async function prepare(
  sandbox: Sandbox,
  sqs: SqsServer,
  manifests: readonly { readonly path: string; readonly text: string }[],
  queues: readonly string[],
): Promise<void> {
  // The subfolder has the same CRDs with rules that the sandbox cannot run.
  const definitions = readdirSync(CRDS).filter((name) => name.endsWith(".yaml"));
  for (const file of definitions.sort()) sandbox.apply(readFileSync(join(CRDS, file), "utf8"));
  for (const name of queues) await createQueue(sqs.url, name);
  for (const { path, text } of manifests) {
    try {
      sandbox.apply(text);
    } catch (error) {
      throw new UserError(`${path}: ${(error as Error).message}`);
    }
  }
}

async function createQueue(url: string, name: string): Promise<void> {
  const input = { QueueName: name, ...(name.endsWith(".fifo") && { Attributes: { FifoQueue: "true" } }) };
  await callSqs(url, "CreateQueue", input).catch((error: Error) => {
    throw new UserError(`--queue ${name}: ${error.message}`);
  });
}

function greeting(url: string, sqsUrl: string, kubeconfig: string): string {
  return `Kubernetes API: ${url}
SQS: ${sqsUrl}

  kubectl --kubeconfig ${kubeconfig} get deploy,wpa
  AWS_ENDPOINT_URL=${sqsUrl} AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any \\
    muster run --kube-config ${kubeconfig}

Ctrl-C ends it; nothing is kept.
`;
}

function readManifest(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`expected a manifest at ${path}: ${(error as Error).message}`);
  }
}

async function listening<Server>(flag: string, server: Promise<Server>): Promise<Server> {
  try {
    return await server;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
    throw new UserError(`expected ${flag} to be free, it is not (${code}): give another, or 0 for any`);
  }
}

function portOf(flag: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UserError(`expected ${flag} to be a port from 0 to 65535, got ${text}`);
}

function secondsOf(flag: string, text: string): number {
  const seconds = Number(text);
  if (text !== "" && Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw new UserError(`expected ${flag} to be seconds, 0 or more, got ${text}`);
}
