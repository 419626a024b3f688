import type { Problem } from "../../core/index.ts";

/** A remark that is written as a comment above the field it speaks of. */
export interface Note {
  /** Path within the new object; empty: above the whole of it. */
  readonly path: readonly (string | number)[];
  readonly text: string;
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
}

/** A signal on its way: its source and rule, and what was to be said about them. */
export interface SignalDraft {
  readonly signal: Readonly<Record<string, unknown>>;
  /** Paths within the signal. */
  readonly notes?: readonly Note[];
}

/** The same remarks, seen from the object. */
export function notesOf(drafts: readonly SignalDraft[]): readonly Note[] {
  return drafts.flatMap(({ notes = [] }, index) =>
    notes.map(({ path, text }) => ({ path: ["spec", "signals", index, ...path], text })),
  );
}
