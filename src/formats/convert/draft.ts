import type { Problem } from "../../core/index.ts";
import type { HostBound } from "../source-settings.ts";

/** A remark that is written as a comment above the field it speaks of. */
export interface Note {
  /** Path within the new object; empty: above the whole of it. */
  readonly path: readonly (string | number)[];
  readonly text: string;
  /** Whether the new object means something else than the original; else the note explains. */
  readonly differs?: true;
}

/** A WorkerAutoscaler on its way from another format. */
export interface Draft {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly spec: Readonly<Record<string, unknown>>;
  /** Where the meaning changes. */
  readonly notes: readonly Note[];
  /** Why there is no result; paths are the original's. */
  readonly problems: readonly Problem[];
  /** Parts that are not in the result, such as a trigger; paths are the original's. */
  readonly leftOut?: readonly Problem[];
  /** Where fields of the result come from: the beginning of a path there, and the original's path. The first one counts. */
  readonly origins?: readonly (readonly [string, string])[];
  /** Credentials that the original states in the open, or puts together, by the Secret that they were to be put into. */
  readonly stated?: ReadonlyMap<string, StatedCredentials>;
}

export interface StatedCredentials {
  /** By key. */
  readonly texts: Readonly<Record<string, string>>;
  /** What the Secrets say that were read for the trigger: its credentials may be parts of what these hold. */
  readonly bounds: readonly HostBound[];
}

/** A signal on its way: its source and rule, and what was to be said about them. */
export interface SignalDraft {
  readonly signal: Readonly<Record<string, unknown>>;
  /** Paths within the signal. */
  readonly notes?: readonly Note[];
  /** Credentials that the trigger states in the open. */
  readonly stated?: Readonly<Record<string, string>>;
}

/** The same remarks, seen from the object. */
export function notesOf(drafts: readonly SignalDraft[]): readonly Note[] {
  return drafts.flatMap(({ notes = [] }, index) =>
    notes.map(({ path, ...note }) => ({ path: ["spec", "signals", index, ...path], ...note })),
  );
}

/** A problem of the result, where the original has what it comes from. */
export function inOriginal(problem: Problem, origins: NonNullable<Draft["origins"]>): Problem {
  const [made, original] = origins.find(([made]) => problem.path.startsWith(made)) ?? [];
  if (made === undefined || original === undefined) return { ...problem, message: `in the result: ${problem.message}` };
  const rest = problem.path.slice(made.length).replace(/^\./, "");
  return { ...problem, path: original, message: `in the result${rest === "" ? "" : `, ${rest}`}: ${problem.message}` };
}
