import type { DefaultsOptions } from "../shared/options.ts";

/** What commander makes of the options below. */
export interface ConvertCommandOptions extends DefaultsOptions {
  readonly prometheusUrl?: string;
}
