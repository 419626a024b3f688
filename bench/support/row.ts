import type { World } from "./world.ts";

/** What one row measured, as printed and as saved. */
export interface RowResult {
  readonly name: string;
  readonly about: string;
  /** The old controller's numbers, measured on a machine of this size, and the goal. */
  readonly old: string;
  readonly oldTuned: string;
  readonly goal: string;
  readonly measured: string;
  readonly met: boolean;
  /** Every number behind `measured`, with its unit in its name. */
  readonly numbers: Readonly<Record<string, number | readonly number[]>>;
}

/** What a row says about itself, and how it is measured. */
export interface Row {
  readonly name: string;
  readonly about: string;
  readonly old: string;
  readonly oldTuned: string;
  readonly goal: string;
  measure(world: World): Promise<Pick<RowResult, "measured" | "met" | "numbers">>;
}
