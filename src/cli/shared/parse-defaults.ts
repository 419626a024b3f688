import { maxDisruptionText } from "../../formats/field-schemas.ts";
import type { Defaults } from "../../formats/formats.ts";
import { UserError } from "../../shared/user-error.ts";
import type { DefaultsOptions } from "./options.ts";
import { placeholderFor } from "./poll-once.ts";

/** The controller's defaults from its options, or a user's mistake. */
export function parseDefaults(options: DefaultsOptions): Defaults {
  if (!maxDisruptionText.safeParse(options.wpaDefaultMaxDisruption).success) {
    const expected = 'expected a percentage such as "50%" or a count such as "125"';
    throw new UserError(`--wpa-default-max-disruption: ${expected}, got "${options.wpaDefaultMaxDisruption}"`);
  }
  return {
    scaleDownDelaySeconds: seconds(
      "--scale-down-delay-after-last-scale-activity",
      options.scaleDownDelayAfterLastScaleActivity,
    ),
    defaultMaxDisruption: options.wpaDefaultMaxDisruption,
    freshnessSeconds: seconds("--freshness", options.freshness),
    environment: process.env,
    // A reference to a Secret counts as good where none can be read.
    secrets: placeholderFor,
  };
}

function seconds(flag: string, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new UserError(`${flag}: expected a number of seconds of 0 or more, got "${text}"`);
}
