import type { SimulateOptions } from "../simulate/simulate-options.ts";

/** What commander makes of the options of `muster tune`. */
export interface TuneOptions extends Omit<SimulateOptions, "filename"> {
  readonly filename?: string;
  readonly within: string;
  readonly vary: readonly string[];
  readonly tries: string;
  readonly heldOut: string;
  readonly write?: string;
}
