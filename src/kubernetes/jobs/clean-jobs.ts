import { resourcePath } from "../objects.ts";
import { KubernetesError } from "../ports.ts";
import { type JobAccount, type JobTools, openNumbers } from "./create-jobs.ts";
import type { BookedJob, JobBook } from "./job-book.ts";
import { ledgerOf, readOwner, writeLedger } from "./job-ledger.ts";
import { JOBS, type JobTerms, LEAST_TTL_SECONDS, timeToLive } from "./job-objects.ts";

const KEPT_AT_LEAST_MS = LEAST_TTL_SECONDS * 1000;
const AT_ONCE = 4;

/** Jobs that ended and are no longer to be kept, and when the next one may be. */
export interface Surplus {
  readonly jobs: readonly BookedJob[];
  /** Milliseconds since the epoch; Infinity: not by time alone. */
  readonly nextAt: number;
}

export function findSurplus(book: JobBook, terms: JobTerms, now: number): Surplus {
  const ended = book.ended().filter(({ isGone, job }) => !isGone && job.number !== undefined);
  const newestFirst = [...ended].sort((a, b) => (b.seen.endedAt ?? 0) - (a.seen.endedAt ?? 0));
  const beyond = (isFailed: boolean, limit: number) =>
    newestFirst.filter(({ job }) => (job.end?.isFailed ?? true) === isFailed).slice(limit);
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = terms;
  const tooMany = new Set([...beyond(false, successfulJobsHistoryLimit), ...beyond(true, failedJobsHistoryLimit)]);
  const lives = timeToLive(terms);
  const dueAt = (one: BookedJob) => {
    const byAge = lives === undefined ? Number.POSITIVE_INFINITY : (one.seen.endedAt ?? 0) + lives * 1000;
    const since = tooMany.has(one) ? 0 : byAge;
    return Math.max(since, one.seen.createdAt + KEPT_AT_LEAST_MS);
  };
  const jobs = ended.filter((one) => dueAt(one) <= now);
  const later = ended.map(dueAt).filter((at) => at > now);
  return { jobs, nextAt: Math.min(Number.POSITIVE_INFINITY, ...later) };
}

/** Removes Jobs that ended, by the limits that the object has now. Returns when to look again. */
export async function cleanJobs(tools: JobTools, account: JobAccount, signal: AbortSignal): Promise<number> {
  const { client, now, termsOf } = tools;
  const { book } = account;
  const owner = await readOwner(client, account, signal);
  const terms = termsOf(owner);
  if (!terms?.isActive) return Number.POSITIVE_INFINITY;
  const ledger = ledgerOf(owner);
  const { jobs, nextAt } = findSurplus(book, terms, now());
  // Of a Job that is not settled the name must stay taken.
  const { settled } = openNumbers(owner, ledger, book);
  if (settled > ledger.settled && jobs.some(({ job }) => (job.number ?? 0) > ledger.settled)) {
    await writeLedger(client, owner, { ...ledger, settled }, signal);
    book.settled(settled);
  }
  const left = jobs.filter(({ job }) => (job.number ?? 0) <= settled);
  const removeSome = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await remove(tools, account, one, signal);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, removeSome));
  return nextAt;
}

async function remove({ client }: JobTools, { namespace }: JobAccount, { name, uid }: BookedJob, signal: AbortSignal) {
  const path = resourcePath(JOBS, { namespace, name });
  const body = {
    kind: "DeleteOptions",
    apiVersion: "v1",
    propagationPolicy: "Background",
    preconditions: { uid },
  };
  try {
    await client.call({ method: "DELETE", path, what: "delete jobs", lane: "write", body }, signal);
  } catch (error) {
    // It is gone, or another one has its name.
    if (!(error instanceof KubernetesError && (error.kind === "NotFound" || error.kind === "Conflict"))) throw error;
  }
}
