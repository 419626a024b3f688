import { type IncomingMessage, request } from "node:http";
import { isIPv6 } from "node:net";
import type { WorkerPod, WorkerProbe } from "../core/index.ts";
import { runWithin, type Timers } from "../shared/async.ts";
import type { Network } from "../sources/shared/network.ts";

/** What a worker's probe said; `unknown`: why it said nothing of use, as a clause. */
export type ProbeAnswer = "busy" | "idle" | { readonly unknown: string };

export interface ProbeTerms {
  readonly probe: WorkerProbe;
  readonly network: Network;
  readonly timers: Timers;
}

const AT_ONCE = 50;
/** Of an answer's body: the word is at its beginning. */
const READ_BYTES = 64;

/** Asks each of these pods, at most 50 at a time. Never rejects. By the pods' names. */
export async function probeWorkers(
  pods: readonly WorkerPod[],
  terms: ProbeTerms,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ProbeAnswer>> {
  const answers = new Map<string, ProbeAnswer>();
  const waiting = pods.values();
  const askInTurn = async () => {
    for (const { name, ip } of waiting) answers.set(name, await probeWorker(ip, terms, signal));
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, pods.length) }, askInTurn));
  return answers;
}

/** Asks the worker at its pod's own address; a redirect is not followed. Never rejects. */
async function probeWorker(
  ip: string | undefined,
  { probe, network, timers }: ProbeTerms,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  if (ip === undefined) return { unknown: "it has no address yet" };
  const { timeoutSeconds } = probe;
  const milliseconds = timeoutSeconds * 1000;
  const reason = (isExpired: boolean) =>
    new Error(isExpired ? `its probe did not answer within ${timeoutSeconds} s` : "its probe was called off");
  try {
    return await runWithin({ milliseconds, signal, timers, reason }, (ending) => ask(ip, probe, network, ending));
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return { unknown: code === undefined ? message : `its probe failed (${message || code})` };
  }
}

async function ask(
  ip: string,
  { port, path }: WorkerProbe,
  network: Network,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  // Node 22 does not hear of a socket that was refused before the request had it.
  network.check(ip);
  const host = isIPv6(ip) ? `[${ip}]` : ip;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request({
      ...{ host: ip, port, path, signal },
      headers: { host: `${host}:${port}`, "user-agent": "muster", connection: "close" },
      createConnection: () => network.connect({ host: ip, port }),
    })
      .once("response", resolve)
      // Stays: what fails while the answer is read is an event of the request, too.
      .on("error", reject)
      .end();
  });
  try {
    return await understand(answer);
  } finally {
    answer.destroy();
  }
}

/** 2xx with "busy" or "idle", as the header muster-worker or at the beginning of the body. */
async function understand(answer: IncomingMessage): Promise<ProbeAnswer> {
  const { statusCode = 0, headers } = answer;
  if (statusCode < 200 || statusCode > 299) return { unknown: `its probe answered ${statusCode}` };
  const said = headers["muster-worker"] ?? (await beginningOf(answer));
  const [word] = /^(busy|idle)\b/i.exec(String(said).trimStart()) ?? [];
  if (word === undefined) return { unknown: `its probe answered ${statusCode} with neither "busy" nor "idle"` };
  return word.toLowerCase() === "busy" ? "busy" : "idle";
}

async function beginningOf(answer: AsyncIterable<Buffer>): Promise<string> {
  let beginning = Buffer.alloc(0);
  for await (const chunk of answer) {
    beginning = Buffer.concat([beginning, chunk]);
    if (beginning.length >= READ_BYTES) break;
  }
  return beginning.subarray(0, READ_BYTES).toString("latin1");
}
