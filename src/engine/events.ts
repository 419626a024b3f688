import type {
  Account,
  Autoscaler,
  Decision,
  Incident,
  Instant,
  Origin,
  Parsed,
  Reading,
  ReadingFailure,
  Situation,
  WorkersSeen,
  WorkloadReference,
  WorkloadState,
} from "../core/index.ts";
import type { Activity } from "./poller.ts";
import type { Change, WriteOutcome } from "./scaler.ts";
import type { SharedPoller } from "./shared-polls.ts";
import type { WaitEnd } from "./work-wait.ts";

/** What this process may do: nothing, poll so that it knows what it may soon act on, or poll and act. */
export type Duty = "rest" | "observe" | "act";

/** The answer to one poll. */
export interface Answer {
  /** The poll's number. */
  readonly poll: number;
  readonly outcome: { readonly reading: Reading } | { readonly failure: ReadingFailure };
  /** When the poll began, in monotonic milliseconds. */
  readonly beganAt: number;
  /** Milliseconds for which the answer kept the process busy. */
  readonly spentMilliseconds: number;
  /** Whether the source can wait for work. */
  readonly canWait: boolean;
}

/** What a driver reports to the engine. Autoscalers go by their ids; an event of one that is gone is ignored. */
export type EngineEvent =
  /** An autoscaler is there, new or changed. */
  | { readonly type: "kept"; readonly parsed: Parsed }
  | { readonly type: "forgotten"; readonly id: string }
  | { readonly type: "workload"; readonly id: string; readonly state: WorkloadState }
  | { readonly type: "duty"; readonly duty: Duty }
  /** Every autoscaler decides again: writes may begin again, for one. */
  | { readonly type: "reconsider" }
  | { readonly type: "answered"; readonly poller: SharedPoller; readonly answer: Answer }
  | { readonly type: "wait ended"; readonly poller: SharedPoller; readonly end: WaitEnd }
  /** The moment has come at which a poller wanted to be woken. */
  | { readonly type: "poll due"; readonly poller: SharedPoller }
  /** The moment has come at which an autoscaler wanted to be woken. */
  | { readonly type: "alarm"; readonly id: string }
  | { readonly type: "write ended"; readonly id: string; readonly write: number; readonly outcome: WriteOutcome }
  /** The survey of that number ended; one that nobody waits for any longer is ignored. */
  | { readonly type: "surveyed"; readonly id: string; readonly survey: number; readonly workers: WorkersSeen }
  /** Somebody set the time of day; negative: back. */
  | { readonly type: "clock stepped"; readonly milliseconds: number }
  /** Every event before has been reported: pollers do what is to be done next. */
  | { readonly type: "settle" }
  /** The autoscaler whose turn it is decides. */
  | {
      readonly type: "pass";
      /** False while the lease does not allow a write, and once the process is asked to stop. */
      readonly mayWrite: boolean;
      /** Monotonic milliseconds of the end of the last time that the process did not run; -Infinity: there was none. */
      readonly gapEndedAt: number;
    };

export type Pass = Extract<EngineEvent, { type: "pass" }>;

/** One write of a workload's scale. */
export interface ScaleWrite {
  readonly number: number;
  readonly autoscaler: Autoscaler;
  readonly change: Change & {
    readonly resourceVersion: string;
    /** The pods that a scale-down takes, in that order, if they are idle still; absent: Kubernetes chooses. */
    readonly leaving?: readonly string[];
  };
  /** Monotonic milliseconds of the first sign of what it answers to. */
  readonly signAt: number;
}

/** What the engine wants a driver to do. */
export type Effect =
  /** Poll (once for each number of a poll), wait for work, rest until `poller.wakeAt`, or close the source. */
  | { readonly type: "poll"; readonly poller: SharedPoller; readonly activity: Activity }
  /** Report the states of this workload, and of no other one, to the autoscaler. */
  | { readonly type: "follow"; readonly id: string; readonly target: WorkloadReference | undefined }
  | { readonly type: "write"; readonly id: string; readonly write: ScaleWrite }
  /** Find out which workers are busy, and report "surveyed" within a minute. */
  | { readonly type: "survey"; readonly id: string; readonly survey: number; readonly autoscaler: Autoscaler }
  /** Remove what an earlier process may have left on the workload's pods: this one acts from now on. */
  | { readonly type: "tidy"; readonly id: string; readonly autoscaler: Autoscaler }
  /** End the write that is under way. */
  | { readonly type: "call off"; readonly id: string }
  /** Report an alarm at this moment (monotonic milliseconds) in place of the one before; Infinity: none. */
  | { readonly type: "wake"; readonly id: string; readonly at: number }
  | { readonly type: "decided"; readonly situation: Situation; readonly decision: Decision }
  | { readonly type: "scaled"; readonly id: string; readonly at: Instant; readonly change: Change }
  | {
      readonly type: "scale failed";
      readonly id: string;
      readonly to: number;
      readonly kind: string;
      readonly because: string;
    }
  | { readonly type: "report"; readonly origin: Origin; readonly account: Account }
  /** `workload`: the one that exists, for the events of a file. */
  | {
      readonly type: "incident";
      readonly origin: Origin;
      readonly incident: Incident;
      readonly workload?: WorkloadReference & { readonly uid: string };
    }
  | {
      readonly type: "log";
      readonly level: "info" | "warn" | "error";
      readonly message: string;
      readonly fields: Readonly<Record<string, string | number | undefined>>;
    }
  /** A pass failed on an error of ours. */
  | { readonly type: "crashed"; readonly id: string; readonly error: unknown }
  /** The autoscaler is gone. */
  | { readonly type: "forgotten"; readonly id: string; readonly origin: Origin };
