import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Log } from "../../controller/log.ts";
import { type ApiClient, LeaseLeadership } from "../../kubernetes/index.ts";
import type { Leadership } from "../../kubernetes/ports/leadership.ts";
import { UserError } from "../shared/user-error.ts";
import type { RunFlags } from "./run-flags.ts";

/** Where WorkerPodAutoscaler lives, and so Muster by default. */
const DEFAULT_NAMESPACE = "kube-system";

/** The election that the flags ask for; none in a dry run, which has nothing to protect and writes nothing. */
export function leadershipOf(flags: RunFlags, client: ApiClient, log: Log): Leadership {
  if (!flags.leaderElect || flags.dryRun) return { run: (elected, signal) => elected(signal) };
  const pod = process.env.POD_NAME ?? hostname();
  try {
    return new LeaseLeadership({
      client,
      namespace: flags.leaseNamespace ?? process.env.POD_NAMESPACE ?? DEFAULT_NAMESPACE,
      name: flags.leaseName,
      identity: flags.identity ?? `${pod}_${randomBytes(4).toString("hex")}`,
      leaseDurationSeconds: flags.leaseDuration,
      renewDeadlineSeconds: flags.leaseRenewDeadline,
      retryPeriodSeconds: flags.leaseRetryPeriod,
      onProblem: (problem) => log.warn("The lease could not be held", { kind: problem.kind, detail: problem.message }),
    });
  } catch (error) {
    throw new UserError((error as Error).message);
  }
}
