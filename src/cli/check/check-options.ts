import type { DefaultsOptions } from "../shared/options.ts";

/** What commander makes of the options below. */
export interface CheckOptions extends DefaultsOptions {
  readonly output: "text" | "json";
  readonly strict?: true;
  readonly probe?: true;
  readonly current: string;
}
