import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { hostname } from "node:os";
import type { Log } from "../../controller/log.ts";
import {
  type CallOutcome,
  type Connection,
  type FixedTiming,
  type Heartbeat,
  ThreadedLeadership,
} from "../../kubernetes/index.ts";
import { ALWAYS, type Leadership } from "../../kubernetes/ports.ts";
import { UserError } from "../../shared/user-error.ts";
import { shippedPath } from "../shared/shipped.ts";
import type { RunFlags } from "./run-flags.ts";

/** Where WorkerPodAutoscaler lives, and so Muster by default. */
const DEFAULT_NAMESPACE = "kube-system";
/** Of a lease whose times are not set, as far as one of them is. */
const USUAL_TIMING: FixedTiming = { leaseDurationSeconds: 15, renewDeadlineSeconds: 10, retryPeriodSeconds: 2 };

export interface LeadershipSurroundings {
  readonly connection: Connection;
  readonly heartbeat: Heartbeat;
  readonly userAgent: string;
  readonly log: Log;
  readonly observe: (outcome: CallOutcome) => void;
}

/** The election that the flags ask for; none in a dry run, which has nothing to protect and writes nothing. */
export async function leadershipOf(flags: RunFlags, around: LeadershipSurroundings): Promise<Leadership> {
  if (!flags.leaderElect || flags.dryRun) return { permit: ALWAYS, run: (elected, signal) => elected(signal) };
  const { log, ...surroundings } = around;
  const namespace = flags.leaseNamespace ?? process.env.POD_NAMESPACE ?? DEFAULT_NAMESPACE;
  const timing = timingOf(flags);
  const named = flags.identity === undefined ? await podHolder(`${namespace}/${flags.leaseName}`) : undefined;
  try {
    return new ThreadedLeadership({
      ...surroundings,
      namespace,
      name: flags.leaseName,
      holder: flags.identity ?? named ?? `${process.env.POD_NAME ?? hostname()}_${randomBytes(4).toString("hex")}`,
      mayTakeBack: named !== undefined,
      ...(timing === undefined ? {} : { timing }),
      file: shippedPath("build/muster/lease-thread.js"),
      onProblem: (problem) => log.warn("The lease could not be held", { kind: problem.kind, detail: problem.message }),
      onNoThread: (error) => log.warn("The main thread renews the lease, as no other can", { detail: error.message }),
    });
  } catch (error) {
    throw new UserError((error as Error).message);
  }
}

function timingOf({ leaseDuration, leaseRenewDeadline, leaseRetryPeriod }: RunFlags): FixedTiming | undefined {
  if (leaseDuration === undefined && leaseRenewDeadline === undefined && leaseRetryPeriod === undefined)
    return undefined;
  return {
    leaseDurationSeconds: leaseDuration ?? USUAL_TIMING.leaseDurationSeconds,
    renewDeadlineSeconds: leaseRenewDeadline ?? USUAL_TIMING.renewDeadlineSeconds,
    retryPeriodSeconds: leaseRetryPeriod ?? USUAL_TIMING.retryPeriodSeconds,
  };
}

/**
 * The pod's name and UID, so that a restarted container takes its own lease back. Undefined outside a pod, and where
 * another process of this pod lives: the containers of a pod share a network namespace, and so its abstract sockets, of
 * which the kernel gives each name to one process at a time.
 */
async function podHolder(lease: string): Promise<string | undefined> {
  const { POD_NAME: name, POD_UID: uid } = process.env;
  if (!name || !uid || process.platform !== "linux") return undefined;
  const lock = createServer().unref();
  // Hashed, as such a name has at most 107 bytes.
  lock.listen(`\0muster-${createHash("sha256").update(`${lease} ${uid}`).digest("hex")}`);
  try {
    await once(lock, "listening");
    return `${name}_${uid}`;
  } catch {
    // EADDRINUSE: it is alive.
    return undefined;
  }
}
