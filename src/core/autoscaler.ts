import type { JobSizing } from "./jobs.ts";
import type { Instant } from "./reading.ts";

/** Where an autoscaler was written down, so that reports can go back there. */
export interface Origin {
  /** The format: "WorkerPodAutoScaler", "PHPAConfig", "WorkerAutoscaler" or "ScaledObject". */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Of a Kubernetes object; absent for a file. */
  readonly uid?: string;
  readonly generation?: number;
  readonly createdAt?: Instant;
  /** Of a file: its path. */
  readonly file?: string;
  /** Receivers of notifications that its author names. */
  readonly notify?: readonly NotifyTarget[];
}

/** Where notifications are sent, and in which form. */
export interface NotifyTarget {
  readonly format: "cloudevents" | "batch" | "slack";
  /** May hold a credential in its path, as Slack's do: never shown; `host` is. */
  readonly url: string;
  readonly host: string;
}

/** A workload with a scale subresource. */
export interface WorkloadReference {
  /** Such as "apps/v1". */
  readonly apiVersion: string;
  /** Such as "Deployment". */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Which system to read, and what to ask it. Autoscalers that ask the same share one poll. */
export interface SourceReference {
  /** The source's type, such as "sqs". */
  readonly type: string;
  /** Parsed and complete settings (defaults filled in), as the source declared them. JSON values only. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** How one signal's reading becomes a number of replicas. */
export type SignalRule =
  | {
      /** WPA's rule: unfinished messages / messagesPerReplica, rounded up. */
      readonly kind: "backlog";
      readonly messagesPerReplica: number;
      /** A change of at most this share of current replicas is not worth making. */
      readonly tolerance: number;
      /** Messages that a replica works on at once: as many replicas as what is in flight keeps busy stay. Absent: not. */
      readonly concurrency?: number;
    }
  | {
      /** The floor that keeps fast consumers alive: seconds of work that arrive per second, rounded up. */
      readonly kind: "throughput";
      readonly secondsPerMessage: number;
      /** Share of a replica's time that may be busy, in (0, 1]. */
      readonly utilization: number;
    }
  | {
      /** HPA's AverageValue: value / valuePerReplica, rounded up, both in whole thousandths. */
      readonly kind: "perReplica";
      readonly valuePerReplica: number;
      /** Above 0: at or below this value the signal asks for no replicas. */
      readonly activationValue: number;
      /** The number stays while value / (valuePerReplica x replicas) differs from 1 by at most this. */
      readonly tolerance: number;
      /** As of backlog. */
      readonly concurrency?: number;
    }
  | {
      /** PHPA's rule: inside [low, high], ends included, hold; outside, one step. */
      readonly kind: "band";
      readonly low: number;
      readonly high: number;
      /** HighIsBusy: above the band scale up (lag). HighIsIdle: above the band scale down (free capacity). */
      readonly direction: "HighIsBusy" | "HighIsIdle";
      readonly stepUp: number;
      readonly stepDown: number;
    }
  | {
      /** Enough replicas to begin what waits now within an objective, beside what is in flight and arrives. */
      readonly kind: "drain";
      /** The objective: this share of messages should begin within that many seconds. */
      readonly share: number;
      readonly withinSeconds: number;
      /** Cost: the fewest worker-hours that keep the objective. Wait: short waits, with replicas in reserve. */
      readonly prefer: "Cost" | "Wait";
      /** What one message takes, as the user states it; corrected by what is learned. Absent: learned alone. */
      readonly secondsPerMessage?: number;
      /** Messages that a replica works on at once. */
      readonly concurrency: number;
      /** Replicas in reserve, in square roots of the busy ones (square-root staffing). */
      readonly headroom: number;
      /** Seconds until a new replica is useful: how long the age guard waits for the effect of its last step. */
      readonly startUpSeconds: number;
      /** From arrivals of earlier days and weeks. Shadow: only watched. Raise: may raise the number. Absent: Off. */
      readonly forecast?: "Off" | "Shadow" | "Raise";
    };

export interface Signal {
  /** Unique within the autoscaler. */
  readonly name: string;
  readonly source: SourceReference;
  readonly rule: SignalRule;
  /** A reading older than this, in seconds, is stale. */
  readonly freshnessSeconds: number;
  /** What a signal without a trustworthy reading asks for. */
  readonly whenMissing: "Hold" | "Fallback" | "Zero";
  /** What an answer without data counts as. Absent: it is a failure. */
  readonly emptyValue?: number;
  /** With scaleToZero: above this value the signal is active. Absent: 0. */
  readonly activeAbove?: number;
}

/** The steps between zero and one replica, as KEDA takes them: by whether any signal is active, at once and all the way. */
export interface ScaleToZero {
  /** Seconds without an active signal before all replicas go. */
  readonly cooldownSeconds: number;
  /** Seconds after the object was made before all replicas go, where no signal was ever active. */
  readonly initialCooldownSeconds: number;
  /** Fewest replicas while a signal is active. */
  readonly activeReplicas: number;
  /** Whether these steps are taken in a direction that `behavior` disables, too. */
  readonly despiteDisabled: boolean;
}

/** How many replicas one scale-down may take: a share of current (percent, rounded up) or a count. */
export type MaxDisruption = { readonly percent: number } | { readonly count: number };

/** One direction of autoscaling/v2's `behavior`, with its exact meaning. */
export interface ScalingRules {
  /** In this direction, in place of the tolerance of signals with a perReplica rule. */
  readonly tolerance?: number;
  readonly stabilizationWindowSeconds: number;
  readonly selectPolicy: "Max" | "Min" | "Disabled";
  /** Empty: no limit on the rate. */
  readonly policies: readonly {
    readonly type: "Pods" | "Percent";
    readonly value: number;
    readonly periodSeconds: number;
  }[];
}

export interface Fallback {
  readonly replicas: number;
  /** Stepwise: one step (the band's step, else 1) at a time, from either side, never past `replicas`. */
  readonly approach: "Stepwise" | "AtOnce";
  /** Seconds without a trustworthy reading before the fallback begins. */
  readonly afterSeconds: number;
  /**
   * Each: a signal in doubt asks for `replicas` beside the others, and the result passes all other rules. All
   * (absent): only while no signal can be trusted, and past the other rules.
   */
  readonly appliesTo?: "All" | "Each";
  /** UpOnly: never below the present number. DownOnly: never above it. */
  readonly direction?: "Both" | "UpOnly" | "DownOnly";
}

/** How workers that are busy are kept from being stopped. */
export interface BusyWorkers {
  /** Always: a scale-down takes idle workers alone. Prefer: idle ones go first, then those with the youngest work. */
  readonly protect: "Always" | "Prefer";
  /** With Always: busy workers hold a scale-down up for at most this many seconds. Absent: without end. */
  readonly forceAfterSeconds?: number;
  /** The system that knows who works on what. Its settings are those of a signal of that type. */
  readonly source?: SourceReference;
  /** Asked of each pod that may go, where no source answers: 2xx with the body "busy" or "idle". */
  readonly probe?: WorkerProbe;
}

/** An HTTP request to a worker's pod. */
export interface WorkerProbe {
  readonly port: number;
  readonly path: string;
  readonly timeoutSeconds: number;
}

/** A window of the calendar with bounds of its own. */
export interface ScheduleWindow {
  readonly name: string;
  /** Cron expression of the window's start, in `timeZone`. */
  readonly start: string;
  /** Exactly one of the two. */
  readonly end?: string;
  readonly durationSeconds?: number;
  /** IANA name, such as "Europe/Berlin". */
  readonly timeZone: string;
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
}

/** Which rules decide, in which order (core/profiles.ts). One for each format. */
export type ProfileName =
  | "worker-pod-autoscaler"
  | "phpa"
  | "worker-autoscaler"
  | "worker-autoscaler-v1"
  | "worker-autoscaler-jobs";

/** One autoscaler, in any format. */
export interface Autoscaler {
  /** Unique in this process, such as "WorkerPodAutoScaler/shop/sms-sender". */
  readonly id: string;
  readonly origin: Origin;
  readonly profile: ProfileName;
  readonly target: WorkloadReference;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** At least one. */
  readonly signals: readonly Signal[];
  /** DryRun decides and reports but never scales. Paused holds the present number, or `pausedReplicas`. */
  readonly mode: "Active" | "DryRun" | "Paused";
  readonly pausedReplicas?: number;
  /** WPA: seconds of work in one message; 0 = the rate floor is off. */
  readonly secondsPerMessage?: number;
  readonly maxDisruption?: MaxDisruption;
  /** Seconds after a scaling before the next scale-down (WPA, own) or the next scaling at all (PHPA). */
  readonly coolDownSeconds: number;
  readonly behavior?: { readonly scaleUp?: ScalingRules; readonly scaleDown?: ScalingRules };
  readonly fallback?: Fallback;
  /** Has an effect while minReplicas is 0. */
  readonly scaleToZero?: ScaleToZero;
  readonly schedule?: readonly ScheduleWindow[];
  /** The target is this autoscaler's own Jobs: replicas are those that have not ended. Absent: it has replicas. */
  readonly jobs?: JobSizing;
  /** Absent: Kubernetes chooses which pods a scale-down stops, busy or not. */
  readonly busyWorkers?: BusyWorkers;
  /** Longest time between two polls, in seconds, where the format or the user sets one. */
  readonly pollIntervalSeconds?: number;
}
