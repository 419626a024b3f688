import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { createServer } from "node:net";
import { hostname } from "node:os";
import type { Log } from "../controller/log.ts";
import { NOTIFICATION_TYPES, type NotificationType } from "../controller/notification.ts";
import type { NotifierOptions } from "../controller/notifier.ts";
import { WORKER_POD_AUTOSCALER_DEFAULTS, type WorkerPodAutoscalerDefaults } from "../formats/worker-pod-autoscaler.ts";
import { Journal } from "../journal/journal.ts";
import type { JournalEntry } from "../journal/journal-entry.ts";
import { JournalFile } from "../journal/journal-file.ts";
import { readJournal } from "../journal/read-journal.ts";
import {
  type CallOutcome,
  type Connection,
  type FixedTiming,
  type Heartbeat,
  ThreadedLeadership,
} from "../kubernetes/index.ts";
import { ALWAYS, type Leadership, type Reporter } from "../kubernetes/ports.ts";
import { parseNotifyTargets } from "../shared/notify-target.ts";
import { shippedPath } from "../shared/shipped.ts";
import { UserError } from "../shared/user-error.ts";
import { SOURCES } from "../sources/registry.generated.ts";
import type { SourceType } from "../sources/shared/source.ts";
import type { RunFlags } from "./run-flags.ts";

/** The namespace of practo's controller, and so Muster's default. */
const DEFAULT_NAMESPACE = "kube-system";

interface LeadershipTools {
  readonly connection: Connection;
  readonly heartbeat: Heartbeat;
  readonly userAgent: string;
  readonly log: Log;
  readonly observe: (outcome: CallOutcome) => void;
}

/** The election that the flags ask for; none in a dry run, which writes nothing. */
export async function createLeadership(flags: RunFlags, around: LeadershipTools): Promise<Leadership> {
  if (!flags.leaderElect || flags.dryRun) return { permit: ALWAYS, run: (elected, signal) => elected(signal) };
  const { log, ...surroundings } = around;
  const namespace = flags.leaseNamespace ?? process.env.POD_NAMESPACE ?? DEFAULT_NAMESPACE;
  const timing = parseTiming(flags);
  const named = flags.identity === undefined ? await claimPodIdentity(`${namespace}/${flags.leaseName}`) : undefined;
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

/** Undefined: adapts to the API server. Where one time is set, the others have the defaults of Kubernetes' components. */
function parseTiming({ leaseDuration, leaseRenewDeadline, leaseRetryPeriod }: RunFlags): FixedTiming | undefined {
  if ([leaseDuration, leaseRenewDeadline, leaseRetryPeriod].every((seconds) => seconds === undefined)) return undefined;
  return {
    leaseDurationSeconds: leaseDuration ?? 15,
    renewDeadlineSeconds: leaseRenewDeadline ?? 10,
    retryPeriodSeconds: leaseRetryPeriod ?? 2,
  };
}

/**
 * The pod's name and UID, so that a restarted container takes its own lease back. Undefined outside a pod, and where
 * another process of this pod lives: the containers of a pod share a network namespace, and so its abstract sockets, of
 * which the kernel gives each name to one process at a time.
 */
async function claimPodIdentity(lease: string): Promise<string | undefined> {
  const { POD_NAME: name, POD_UID: uid } = process.env;
  if (!name || !uid || process.platform !== "linux") return undefined;
  const lock = createServer().unref();
  // Hashed, as such a name has at most 107 bytes.
  lock.listen(`\0muster-${createHash("sha256").update(`${lease} ${uid}`).digest("hex")}`);
  try {
    await once(lock, "listening");
    return `${name}_${uid}`;
  } catch {
    // EADDRINUSE: another process is alive.
    return undefined;
  }
}

/** The journal of this process, also on disk where the flags name a file. */
export interface OpenJournal {
  readonly journal: Journal;
  /** Resolves once the journal has what earlier processes wrote. Their file is read on the first call. */
  past(): Promise<void>;
  /** Writes what is pending. */
  close(): Promise<void>;
}

/** Opens the journal that the flags ask for. */
export function openJournal(flags: RunFlags, log: Log): OpenJournal {
  const { dryRun, journal: path } = flags;
  const nothing = async () => undefined;
  if (path === undefined) return { journal: new Journal({ dryRun }), past: nothing, close: nothing };
  const startedAt = Date.now();
  const file = new JournalFile({
    path,
    maxBytes: flags.journalMaxBytes,
    files: flags.journalFiles,
    trouble: (because, lost) => {
      if (because === undefined) log.info("The journal is written again", { path, lost });
      else log.warn("The journal cannot be written", { path, detail: because });
    },
  });
  const journal = new Journal({ dryRun, write: (entry) => file.write(entry) });
  file.begin();
  let past: Promise<void> | undefined;
  return {
    journal,
    past() {
      past ??= readPast(journal, path, startedAt, log);
      return past;
    },
    async close() {
      await past;
      journal.close();
      await file.close();
    },
  };
}

/** How much of the file's end is read: 3 KB per decision, about half a second of work. */
const PAST = { most: 5_000, mostBytes: 16 * 1024 * 1024 };

/** Adds to the journal what was decided before this process started. */
async function readPast(journal: Journal, path: string, startedAt: number, log: Log): Promise<void> {
  try {
    const isPast = ({ at }: JournalEntry) => Date.parse(at) < startedAt;
    // A pipe has no past, and reading from it would never end.
    if (!(await stat(path)).isFile()) return;
    const { entries } = await readJournal(path, isPast, PAST);
    journal.remember(entries);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") log.warn("Earlier decisions cannot be read from the journal", { path, detail: message });
  }
}

/** The receivers and types that the flags name, in words for people where they are wrong. */
export function notifyTerms(flags: RunFlags): Pick<NotifierOptions, "targets" | "types" | "wording"> {
  const parsed = parseNotifyTargets(flags.notify ?? "");
  if ("problem" in parsed) throw new UserError(`--notify: ${parsed.problem}`);
  const { notifySource: source, notifySlackTemplate: slackTemplate } = flags;
  if (!URL.canParse(source, "https://muster.dev") || source.trim() === "") {
    throw new UserError(`--notify-source: expected a URI or a path such as /muster, got "${source}"`);
  }
  return { targets: parsed.targets, types: notifyTypes(flags.notifyTypes), wording: { source, slackTemplate } };
}

function notifyTypes(list: string | undefined): readonly NotificationType[] {
  if (list === undefined || list.trim() === "") return NOTIFICATION_TYPES;
  const written = list.split(",").map((name) => name.trim());
  const types = NOTIFICATION_TYPES.filter((type) => written.includes(type));
  const unknown = written.filter((name) => NOTIFICATION_TYPES.every((type) => type !== name));
  if (unknown.length === 0) return types;
  throw new UserError(`expected --notify-types of ${NOTIFICATION_TYPES.join(", ")}, got ${unknown.join(", ")}`);
}

/** A dry run writes nothing to the cluster: an event becomes a line of the log. */
export function dryRunReporter(log: Log): Reporter {
  return {
    report: () => undefined,
    tell: ({ kind, namespace, name }, { reason, message }) =>
      log.info("Would have reported", { kind, namespace, name, reason, detail: message }),
    forget: () => undefined,
    discard: () => undefined,
    flush: () => Promise.resolve(),
  };
}

/** The sources that --queue-services lets queueURIs name; an empty list means all of them. */
export function parseQueueServices(list: string): readonly SourceType[] {
  const names = list
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  const known = SOURCES.filter(({ fromQueueUri }) => fromQueueUri !== undefined);
  const unknown = names.filter((name) => !known.some(({ type }) => type === name));
  if (unknown.length > 0) {
    const kinds = known.map(({ type }) => type).join(", ");
    throw new UserError(`expected --queue-services of ${kinds}, got ${unknown.join(", ")}`);
  }
  return names.length === 0 ? known : known.filter(({ type }) => names.includes(type));
}

/** A reading stays fresh for this many polls, as in the defaults. */
const FRESH_POLLS = 6;

/** The defaults of WorkerPodAutoScalers from the flags. `isSet`: whether the user gave the flag or its variable. */
export function workerPodAutoscalerDefaults(
  flags: RunFlags,
  isSet: (flag: keyof RunFlags) => boolean,
): WorkerPodAutoscalerDefaults {
  const pollIntervalSeconds = {
    ...(isSet("sqsShortPollInterval") && { sqs: flags.sqsShortPollInterval }),
    ...(isSet("beanstalkShortPollInterval") && { beanstalkd: flags.beanstalkShortPollInterval }),
  };
  const slowest = Math.max(0, ...Object.values(pollIntervalSeconds));
  return {
    scaleDownDelaySeconds: flags.scaleDownDelayAfterLastScaleActivity,
    defaultMaxDisruption: flags.wpaDefaultMaxDisruption,
    freshnessSeconds: Math.max(WORKER_POD_AUTOSCALER_DEFAULTS.freshnessSeconds, slowest * FRESH_POLLS),
    sourceSettings: {
      sqs: { longPollSeconds: flags.sqsLongPollInterval, wake: flags.sqsWake },
      beanstalkd: { wake: flags.beanstalkWake },
    },
    pollIntervalSeconds,
  };
}
