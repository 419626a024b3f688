import { asKubernetesObject, type KubernetesObject, resourcePath } from "../objects.ts";
import { KubernetesError } from "../ports.ts";
import { malformed } from "../transport/answer-error.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { listPages } from "../watch/read-collection.ts";
import { countFailures, type Failures, limitAfter, MOST_FAILURES } from "./failing-jobs.ts";
import type { JobBook } from "./job-book.ts";
import { type Ledger, ledgerOf, readOwner, writeLedger } from "./job-ledger.ts";
import { AUTOSCALER_LABEL, JOBS, type JobTerms, jobName, jobOf, record } from "./job-objects.ts";

export interface JobTools {
  readonly client: ApiClient;
  /** What the object says of its Jobs; undefined: it has no jobTemplate that can be used. */
  readonly termsOf: (owner: KubernetesObject) => JobTerms | undefined;
  /** Takes in a Job that the API server shows, so that it is in the book at once. */
  readonly learn: (job: unknown) => void;
  readonly now: () => number;
}

/** One autoscaler's Jobs, and the last number that this process claimed for them. */
export interface JobAccount {
  readonly namespace: string;
  readonly name: string;
  readonly book: JobBook;
  claimed?: { readonly uid: string; readonly number: number };
}

/** Each status of the object that is written between the read and the claim makes a conflict. */
const CLAIM_ATTEMPTS = 8;
/** As many as the lane has connections. */
const AT_ONCE = 16;
const LONGEST_RETRY_SECONDS = 30;

interface Change {
  readonly from: number;
  readonly to: number;
}

/**
 * Creates so many Jobs, each of a number of its own that is claimed in the object's status first. A number that was
 * claimed and has no Job is used before a new one: whoever claimed it may still be creating that very Job, and the API
 * server takes a name only once. Rejects with a KubernetesError where not all were created.
 */
export async function createJobs(
  tools: JobTools,
  account: JobAccount,
  change: Change,
  signal: AbortSignal,
): Promise<void> {
  const { owner, terms, numbers, shortage } = await claim(tools, account, change, signal);
  await createAll(tools, owner, terms, numbers, signal);
  if (shortage !== undefined) throw shortage;
}

interface Claim {
  readonly owner: KubernetesObject;
  readonly terms: JobTerms;
  readonly numbers: readonly number[];
  /** Why they are fewer than were asked for. */
  readonly shortage?: KubernetesError;
}

async function claim(tools: JobTools, account: JobAccount, change: Change, signal: AbortSignal): Promise<Claim> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tryClaim(tools, account, change, signal);
    } catch (error) {
      const isConflict = error instanceof KubernetesError && error.kind === "Conflict" && error.status === 409;
      if (!isConflict || attempt === CLAIM_ATTEMPTS) throw error;
    }
  }
}

async function tryClaim(
  tools: JobTools,
  account: JobAccount,
  { from, to }: Change,
  signal: AbortSignal,
): Promise<Claim> {
  const { client, now } = tools;
  const { book } = account;
  const owner = await readOwner(client, account, signal);
  const terms = usableTerms(tools, owner);
  const ledger = ledgerOf(owner);
  const { uid, generation = 0 } = owner.metadata;
  // Another process has claimed, or an answer was lost: what the watch shows may not have those Jobs yet.
  if (account.claimed?.uid !== uid || account.claimed.number !== ledger.claimed) {
    await learnAll(tools, account, signal);
    account.claimed = { uid, number: ledger.claimed };
  }
  const wanted = Math.min(to - from, to - book.unfinished);
  if (wanted <= 0) {
    throw new KubernetesError("Conflict", `expected ${from} Jobs that have not ended, got ${book.unfinished}`);
  }
  const failures = countFailures(book.ended(), generation, ledger.failures);
  const { most, until } = limitAfter(failures, terms.retryAfterSeconds, now());
  const count = Math.min(wanted, most);
  const shortage = count < wanted ? failing(failures, { count, wanted, until, now: now() }) : undefined;
  if (count === 0 && shortage !== undefined) throw shortage;
  const { unused, settled } = openNumbers(owner, ledger, book);
  const again = unused.slice(0, count);
  const fresh = Array.from({ length: count - again.length }, (_, index) => ledger.claimed + 1 + index);
  const claimed = ledger.claimed + fresh.length;
  const written = fresh.length === 0 ? owner : await writeLedger(client, owner, { claimed, settled, failures }, signal);
  account.claimed = { uid, number: claimed };
  book.settled(settled);
  const numbers = [...again, ...fresh];
  return { owner: written, terms, numbers, ...(shortage !== undefined && { shortage }) };
}

function usableTerms({ termsOf }: JobTools, owner: KubernetesObject): JobTerms {
  const terms = termsOf(owner);
  if (terms?.isActive) return terms;
  throw new KubernetesError("Conflict", "expected a jobTemplate to create Jobs of, got an object that changed");
}

/** Numbers that were claimed and have no Job, and up to which number there is none. */
export function openNumbers(
  owner: KubernetesObject,
  { claimed, settled: from }: Ledger,
  book: JobBook,
): { readonly unused: readonly number[]; readonly settled: number } {
  const unused: number[] = [];
  for (let number = from + 1; number <= claimed; number += 1) {
    if (!book.hasNumber(number, (one) => jobName(owner, one))) unused.push(number);
  }
  return { unused, settled: unused[0] === undefined ? claimed : unused[0] - 1 };
}

async function learnAll({ client, learn }: JobTools, { namespace, name }: JobAccount, signal: AbortSignal) {
  const path = resourcePath(JOBS, { namespace });
  const what = "list jobs.batch";
  await listPages({ client, path, what, labelSelector: `${AUTOSCALER_LABEL}=${name}` }, learn, signal);
}

function failing(
  { count, lastAt, last }: Failures,
  { count: created, wanted, until, now }: { count: number; wanted: number; until: number; now: number },
): KubernetesError {
  const jobs = count === 1 ? "the last Job" : `the last ${count} Jobs`;
  const { reason = "", message = "" } = last?.job.end ?? {};
  const why = last === undefined ? "" : ` (${[last.name, reason, message].filter(Boolean).join(": ").slice(0, 300)})`;
  const when = new Date(Math.max(until, lastAt)).toISOString().slice(0, 19);
  const then = count < MOST_FAILURES ? "then some more" : "then one to try, or when the spec changes";
  const waits = created > 0 ? `${created} of ${wanted} are created to try` : `none is created before ${when}Z, ${then}`;
  const seconds = Math.min(LONGEST_RETRY_SECONDS, Math.max(1, (until - now) / 1000));
  return new KubernetesError("JobsFailing", `${jobs} failed at once${why}: ${waits}`, { retryAfterSeconds: seconds });
}

/** Creates them side by side; after a refusal no other one is begun. */
async function createAll(
  tools: JobTools,
  owner: KubernetesObject,
  terms: JobTerms,
  numbers: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  const left = [...numbers];
  let failure: unknown;
  const createSome = async () => {
    for (let number = left.shift(); number !== undefined && failure === undefined; number = left.shift()) {
      try {
        await createOne(tools, owner, terms, number, signal);
      } catch (error) {
        failure ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, numbers.length) }, createSome));
  if (failure !== undefined) throw failure;
}

async function createOne(
  { client, learn }: JobTools,
  owner: KubernetesObject,
  terms: JobTerms,
  number: number,
  signal: AbortSignal,
): Promise<void> {
  const { namespace } = owner.metadata;
  const path = resourcePath(JOBS, { namespace });
  const body = jobOf(owner, terms, number);
  try {
    learn(await client.call({ method: "POST", path, what: "create jobs", lane: "scale", body }, signal));
  } catch (error) {
    if (!(error instanceof KubernetesError) || error.status !== 409) throw error;
    learn(await readJob(client, namespace, jobName(owner, number), signal));
  }
}

/** A Job that was there already; undefined: it is gone again. */
async function readJob(client: ApiClient, namespace: string, name: string, signal: AbortSignal): Promise<unknown> {
  const what = "read jobs.batch";
  const path = `${resourcePath(JOBS, { namespace })}?${new URLSearchParams({ fieldSelector: `metadata.name=${name}` })}`;
  const { items } = record(await client.call({ method: "GET", path, what, lane: "scale" }, signal));
  if (!Array.isArray(items)) throw malformed(what, "something that is no list");
  return asKubernetesObject(items[0]);
}
