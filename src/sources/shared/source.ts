import type * as z from "zod";
import type { Instant, Pace, Reading } from "../../core/index.ts";
import type { Network } from "./network.ts";

/** Hears once how a wait for work ended. It must only note that down. */
export interface WorkListener {
  heard(end: "maybe-work" | "unsupported"): void;
  /** `error` is a SourceError. */
  failed(error: unknown): void;
}

export interface Listening {
  /** The listener hears nothing from now on. Idempotent. */
  stop(): void;
}

/** One queue, series or key. Made by a source type's `connect`. */
export interface Source {
  /**
   * Polls once. Rejects only with a SourceError. Settles soon after `signal` aborts, with TimedOut for any abort reason,
   * unless the answer came first. The controller owns pacing, retries and sharing: a source never sleeps, caches or logs.
   */
  read(signal: AbortSignal): Promise<Reading>;
  /**
   * Resolves when there may be work, so that a signal at zero wakes at once. May resolve without need: the controller
   * then polls and waits again. Rejects with a SourceError when the wait fails. "unsupported" (for this queue, now): the
   * controller polls instead and tries again after the next reading.
   */
  waitForWork?(signal: AbortSignal): Promise<"maybe-work" | "unsupported">;
  /**
   * Instead of `waitForWork`, for a source on which tens of thousands wait at once: a promise and a signal for each
   * would take most of the memory. The listener hears what the promise would say.
   */
  listen?(listener: WorkListener): Listening;
  /** Gives back what the source holds. Idempotent. */
  close?(): Promise<void>;
}

/** What several sources of one system share: a connection, a batch. */
export interface Shared {
  /** Called once the last holder has released it. */
  dispose(): void | Promise<void>;
}

export interface SourceTools {
  readonly now: () => Instant;
  /** Whether a source may touch the queue while it waits for work (reserve, receive). False in a dry run. */
  readonly mayTouch: boolean;
  /** For sources that take credentials or endpoints from the controller's environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The largest answer that a source takes, in bytes. Absent: 1 MiB. */
  readonly answerBytes?: number;
  /** Hears how long an answer kept the process busy, in milliseconds, so that expensive answers are polled less often. */
  spent?(milliseconds: number): void;
  /** How sources connect: every connection goes through it. */
  readonly network: Network;
  /** What sources share under that key, made for the first one. Release it in `close`. */
  share<T extends Shared>(key: string, make: () => T): { readonly value: T; release(): Promise<void> };
}

/** The tools that decide how a source connects. */
export type ConnectionTools = Pick<SourceTools, "environment" | "network">;

/** What a source file declares. Parser, CRD schema, help and docs are made from `settings`. */
interface SourceDefinition<Settings extends z.ZodObject> {
  /** The name users write, and the file's name. */
  readonly type: string;
  /** One sentence: what is read. */
  readonly about: string;
  /** Each setting `.describe()`d with its meaning and unit; a secret one has `.meta({ secret: true })`. */
  readonly settings: Settings;
  readonly pace: Pace;
  /**
   * Its readings carry counters (arrived, completed) or dated completions, which teach how long a message takes: always,
   * or where the setting of that name is present.
   */
  readonly countsFlow?: true | string;
  /** Settings that a drain rule adds, so that only autoscalers with one pay for them. */
  readonly forDrain?: Readonly<Record<string, unknown>>;
  /** For its page: settings as an object states them (credentials as `secretRef`). */
  readonly example?: Readonly<Record<string, unknown>>;
  /** For its page: what counts, what is missing, and what cannot work. */
  readonly notes?: readonly string[];
  /** WorkerPodAutoScaler's queueURI, where this source reads such a URI: raw settings, or undefined if it is not ours. */
  readonly fromQueueUri?: (uri: string) => Record<string, unknown> | undefined;
  connect(settings: z.output<Settings>, tools: SourceTools): Source;
  /** Reads the past for rehearsals, where the system keeps it. */
  readonly history?: HistoryTraits & { open(settings: z.output<Settings>, tools: SourceTools): History };
  /** Tells which workers are busy, where the system knows. The settings are those of a signal. */
  readonly consumers?: ConsumerTraits & { open(settings: z.output<Settings>, tools: SourceTools): ConsumerList };
}

interface ConsumerTraits {
  /** A setting that has a name and a meaning of its own where it asks who is busy; the signal's name is taken too. */
  readonly renamed?: { readonly setting: string; readonly as: string; readonly about: string };
}

/** A source definition with its settings' type hidden, as the registry and the controller see it. */
export interface SourceType extends Omit<SourceDefinition<z.ZodObject>, "connect" | "history" | "consumers"> {
  /** `settings` must have been parsed by `settings` above. */
  connect(settings: Readonly<Record<string, unknown>>, tools: SourceTools): Source;
  readonly history?: HistoryTraits & { open(settings: Readonly<Record<string, unknown>>, tools: SourceTools): History };
  readonly consumers?: ConsumerTraits & {
    open(settings: Readonly<Record<string, unknown>>, tools: SourceTools): ConsumerList;
  };
}

/** Declares a source; the file's default export. */
export function defineSource<Settings extends z.ZodObject>(definition: SourceDefinition<Settings>): SourceType {
  const { history, consumers, ...rest } = definition;
  return {
    ...rest,
    connect: (settings, tools) => definition.connect(settings as z.output<Settings>, tools),
    ...(history && {
      history: { ...history, open: (settings, tools) => history.open(settings as z.output<Settings>, tools) },
    }),
    ...(consumers && {
      consumers: { ...consumers, open: (settings, tools) => consumers.open(settings as z.output<Settings>, tools) },
    }),
  };
}

/** One who takes messages, as the system knows it. */
export interface Consumer {
  /** What it is known by: its pod's name, host name or IP address. */
  readonly worker: string;
  /** Messages that it works on; 0: it is idle. */
  readonly messages: number;
  /** When it began the oldest of them, where the system tells. */
  readonly since?: Instant;
}

/** Who works on what. */
export interface Consumers {
  /** What it says was true at that moment: a system with statistics of its own says what they were made at. */
  readonly at: Instant;
  readonly consumers: readonly Consumer[];
  /** Whether a worker that is missing in the list counts as busy, as idle ones should be in it. Absent: it is idle. */
  readonly listsIdle?: true;
}

/** Tells who is busy. Asked before a scale-down alone. */
export interface ConsumerList {
  /** Asks once. Rejects only with a SourceError; settles soon after `signal` aborts. */
  read(signal: AbortSignal): Promise<Consumers>;
  /** Gives back what it holds. Idempotent. */
  close?(): Promise<void>;
}

/** A stretch of the past, from its first moment up to and without its last. */
export interface HistoryRange {
  readonly from: Instant;
  readonly to: Instant;
  /** Time from one point to the next that is wished for. */
  readonly stepSeconds: number;
}

/** One point of a series; without a value where the server has the time and no value for it. */
export interface HistoryPoint {
  readonly at: Instant;
  readonly value: number | undefined;
}

/** What a server reports of a stretch of a series. */
export interface HistoryPart {
  /** In their order. */
  readonly points: readonly HistoryPoint[];
  /** The server's warnings, such as parts that it could not read. */
  readonly warnings?: readonly string[];
}

export interface History {
  /** Rejects only with a SourceError. */
  read(range: HistoryRange, signal: AbortSignal): Promise<HistoryPart>;
  close(): Promise<void>;
}

/** How the past of a kind of source is read. */
export interface HistoryTraits {
  /** Points of one request. */
  readonly mostPoints: number;
  /** Whether points come at the step that was wished for, or at one of the series' own. */
  readonly step: "asked" | "own";
  /** Whether a point that counts something speaks of the time before it, or after it. */
  readonly pointsAt: "end" | "begin";
}
