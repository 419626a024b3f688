import { InvalidArgumentError, Option } from "commander";
import { USUAL_WORDING } from "../controller/notification.ts";

/** The parsed flags of `muster run`. The first ones have the names and defaults of practo's controller. */
export interface RunFlags {
  readonly awsRegions: string;
  readonly kubeConfig?: string;
  readonly resyncPeriod: number;
  readonly sqsLongPollInterval: number;
  readonly sqsShortPollInterval: number;
  readonly beanstalkLongPollInterval: number;
  readonly beanstalkShortPollInterval: number;
  readonly wpaThreads: number;
  readonly wpaDefaultMaxDisruption: string;
  readonly scaleDownDelayAfterLastScaleActivity: number;
  readonly queueServices: string;
  readonly metricsPort: string;
  readonly k8sApiQps: number;
  readonly k8sApiBurst: number;
  readonly statusAuth: "loopback" | "token" | "none";
  readonly allowSourceHosts?: string;
  readonly denySourceHosts?: string;
  readonly allowAwsEndpoints?: string;
  readonly namespace?: string;
  readonly phpaConfig?: string;
  readonly keda: boolean;
  readonly kedaTakeOver: boolean;
  readonly kedaNamespace: string;
  readonly protectBusyWorkers?: "Always" | "Prefer";
  readonly dryRun: boolean;
  readonly sqsWake: "receive" | "look";
  readonly beanstalkWake: "reserve" | "look";
  readonly logFormat: "json" | "text";
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly leaderElect: boolean;
  readonly leaseName: string;
  readonly leaseNamespace?: string;
  readonly leaseDuration?: number;
  readonly leaseRenewDeadline?: number;
  readonly leaseRetryPeriod?: number;
  readonly identity?: string;
  readonly maxAnswerBytes: number;
  readonly notify?: string;
  readonly notifyTypes?: string;
  readonly notifySource: string;
  readonly notifySlackTemplate: string;
  readonly journal?: string;
  readonly journalMaxBytes: number;
  readonly journalFiles: number;
}

const SECONDS = wholeNumber(1, 24 * 60 * 60, "seconds");

/** The flags of `muster run`, new for each command. Each can also come from the environment (see `environmentNames`). */
export const runFlags = (): readonly Option[] => [
  flag("--aws-regions <list>", "accepted for compatibility: the region comes from each queue's URL").default(
    "ap-south-1,ap-southeast-1",
  ),
  flag("--kube-config <path>", "kubeconfig file; left out: KUBECONFIG, ~/.kube/config, or the cluster it runs in"),
  flag("--resync-period <seconds>", "accepted for compatibility: Muster decides the moment something changes")
    .default(20)
    .argParser(SECONDS),
  flag("--sqs-long-poll-interval <seconds>", "how long one SQS receive waits for a first message, in seconds (1 to 20)")
    .default(20)
    .argParser(wholeNumber(1, 20, "seconds")),
  flag(
    "--sqs-short-poll-interval <seconds>",
    "time between two polls of an SQS queue, in seconds; not set: sooner while the backlog moves",
  )
    .default(20)
    .argParser(SECONDS),
  flag("--beanstalk-long-poll-interval <seconds>", "accepted for compatibility: a wait lasts until a job comes")
    .default(20)
    .argParser(SECONDS),
  flag(
    "--beanstalk-short-poll-interval <seconds>",
    "time between two polls of a tube, in seconds; not set: every second, and sooner while the backlog moves",
  )
    .default(20)
    .argParser(SECONDS),
  flag("--wpa-threads <count>", "accepted for compatibility: scalings go out at once, 16 at a time")
    .default(10)
    .argParser(wholeNumber(1, 1000, "threads")),
  flag("--wpa-default-max-disruption <limit>", "maxDisruption of objects that set none: a percentage or a count")
    .default("100%")
    .argParser(maxDisruption),
  flag(
    "--scale-down-delay-after-last-scale-activity <seconds>",
    "no scale-down until this long after the last scaling, in seconds",
  )
    .default(600)
    .argParser(wholeNumber(0, 7 * 24 * 60 * 60, "seconds")),
  flag("--queue-services <list>", "queue services in use; objects of another are refused with a condition").default(
    "sqs,beanstalkd",
  ),
  flag("--metrics-port <address>", "address of /metrics, /status, /healthz and /readyz").default(":8787"),
  flag(
    "--status-auth <how>",
    "who may read /api/v1 and /status?format=json. loopback: callers on this machine, such as a port-forward; token: callers with a token of the cluster that may list WorkerAutoscalers; none: everyone",
  )
    .choices(["loopback", "token", "none"])
    .default("loopback"),
  flag("--k8s-api-qps <rate>", "routine status writes a second (a scaling never waits for it)")
    .default(5)
    .argParser(positiveNumber),
  flag("--k8s-api-burst <count>", "routine status writes that may come at once")
    .default(10)
    .argParser(wholeNumber(1, 100_000, "writes")),
  flag(
    "--allow-source-hosts <list>",
    "hosts that sources may connect to (names, *.example.com, addresses, networks); link-local and loopback networks are allowed only if listed; left out: all others",
  ),
  flag("--deny-source-hosts <list>", "hosts that sources may not connect to, in the same forms"),
  flag(
    "--allow-aws-endpoints <list>",
    "hosts other than AWS's own to which objects may send requests with the controller's AWS signature",
  ),
  flag("--namespace <name>", "watch this namespace only; left out: all of them"),
  flag("--phpa-config <where>", "PHPA files: a folder, a glob or one file; edits are picked up"),
  flag(
    "--keda [boolean]",
    "scale by KEDA's ScaledObjects too, in place of KEDA's operator, which must not run beside this",
  )
    .default(false)
    .preset("true")
    .argParser(boolean),
  flag(
    "--keda-take-over [boolean]",
    "with --keda: delete each HorizontalPodAutoscaler that KEDA left behind for a ScaledObject that is scaled here",
  )
    .default(false)
    .preset("true")
    .argParser(boolean),
  flag("--keda-namespace <name>", "where the Secrets are that ClusterTriggerAuthentications name").default("keda"),
  flag(
    "--protect-busy-workers <how>",
    "busyWorkers.protect of autoscalers that say nothing of busy workers; left out: Kubernetes chooses which pods go",
  ).choices(["Always", "Prefer"]),
  flag("--dry-run [boolean]", "decide and log, write nothing at all, and never touch a queue")
    .default(false)
    .preset("true")
    .argParser(boolean),
  flag("--sqs-wake <how>", "receive: wait at empty queues (fastest); look: only read counts")
    .choices(["receive", "look"])
    .default("receive"),
  flag("--beanstalk-wake <how>", "reserve: block on idle tubes (fastest); look: only read counts")
    .choices(["reserve", "look"])
    .default("reserve"),
  flag("--log-format <format>", "one JSON object a line, or text").choices(["json", "text"]).default("json"),
  flag("--log-level <level>", "least severe line to print").choices(["debug", "info", "warn", "error"]).default("info"),
  flag("--leader-elect [boolean]", "act only while holding a Lease; false only where a single process runs")
    .default(true)
    .preset("true")
    .argParser(boolean),
  flag("--lease-name <name>", "name of the Lease that decides which process acts").default("muster"),
  flag("--lease-namespace <name>", "namespace of the Lease; left out: the pod's own, else kube-system"),
  flag(
    "--lease-duration <seconds>",
    "a silent leader is replaced after this long, in seconds; none of the three --lease-* times given: 4, and up to 60 where the API server is slow; one of them given: 15",
  ).argParser(SECONDS),
  flag(
    "--lease-renew-deadline <seconds>",
    "a leader that cannot renew for this long stops acting, in seconds; left out: a little less than the lease lasts; 10 where another of the three is given",
  ).argParser(SECONDS),
  flag(
    "--lease-retry-period <seconds>",
    "time between two tries to get or renew the lease, in seconds; left out: 1; 2 where another of the three is given",
  ).argParser(SECONDS),
  flag(
    "--identity <name>",
    "this process's unique name in the Lease; left out: name and UID of the pod, else host name and a random part",
  ),
  flag("--max-answer-bytes <bytes>", "a source's answer to one read may be this large, in bytes; larger ones fail")
    .default(1024 * 1024)
    .argParser(wholeNumber(1024, 8 * 1024 * 1024, "bytes")),
  flag(
    "--notify <list>",
    "tell these HTTP receivers of scalings and problems: addresses, after slack+ or batch+ where they do not take single CloudEvents",
  ),
  flag("--notify-types <list>", "what to tell of, such as scaled,at-max,unreadable; left out: everything"),
  flag("--notify-source <uri>", "source of the CloudEvents: tells clusters apart").default("/muster"),
  flag("--notify-slack-template <text>", "line of a message to Slack; {{field}} stands for a field").default(
    USUAL_WORDING.slackTemplate,
  ),
  flag(
    "--journal <file>",
    "write each decision to this file, as JSON lines; left out: decisions are kept in memory only",
  ),
  flag("--journal-max-bytes <bytes>", "begin a new file when the journal has grown to this size, in bytes")
    .default(16 * 1024 * 1024)
    .argParser(wholeNumber(4096, 2 ** 40, "bytes")),
  flag("--journal-files <count>", "files of the journal to keep in all; the oldest is deleted")
    .default(5)
    .argParser(wholeNumber(1, 1_000, "files")),
];

/** Flags whose variable has a name of its own in the replaced program. */
const ESTABLISHED: Readonly<Record<string, string>> = { "--phpa-config": "PHPA_CONFIG_PATH" };

/** The environment variables of a flag; the first that is set counts. The second is the replaced program's. */
export function environmentNames(long: string): readonly [own: string, compatible: string] {
  const name = long.slice(2).replaceAll("-", "_").toUpperCase();
  return [`MUSTER_${name}`, ESTABLISHED[long] ?? `WORKERPODAUTOSCALER_${name}`];
}

/** commander takes one variable per option: the one that is set, so that errors name it. */
function flag(flags: string, about: string): Option {
  const option = new Option(flags, about);
  const names = environmentNames(option.long ?? flags);
  return option.env(names.find((name) => name in process.env) ?? names[0]);
}

function wholeNumber(least: number, most: number, unit: string) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`expected a whole number of ${unit} from ${least} to ${most}, got "${text}"`);
  };
}

/** Reads words only: an environment variable set to "false" does not mean yes. */
function boolean(text: string): boolean {
  if (/^(true|1|yes)$/i.test(text)) return true;
  if (/^(false|0|no)$/i.test(text)) return false;
  throw new InvalidArgumentError(`expected true or false, got "${text}"`);
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError(`expected a number above 0, got "${text}"`);
}

function maxDisruption(text: string): string {
  if (/^[0-9]+%?$/.test(text)) return text;
  throw new InvalidArgumentError(`expected a percentage such as "50%" or a count such as "125", got "${text}"`);
}
