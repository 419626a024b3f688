import { entryAfter, partOf } from "../../lab/traffic/part-of.ts";
import type { Traffic } from "../../lab/traffic/traffic.ts";
import { UserError } from "../../shared/user-error.ts";

/** Traffic to tune on, and traffic to check the result on. */
export interface Parts {
  readonly tuned: Traffic;
  readonly checked: Traffic;
  /** What the second one is, in words. */
  readonly about: string;
}

/** Holds out the last part of recorded traffic. Invented traffic is the same in each part: it is played anew, with other seeds. */
export function heldOut(traffic: Traffic, share: number): Parts {
  if (traffic.kind === "rates" || share === 0) {
    return { tuned: traffic, checked: traffic, about: "the same traffic with seeds that the search has not seen" };
  }
  const cut = entryAfter(traffic, 1 - share);
  if (cut === 0 || cut === traffic.at.length) {
    throw new UserError(
      "--held-out: expected arrivals in both parts, got none in one of them: hold out another share, or 0",
    );
  }
  const percent = (part: number) => `${Math.round(part * 100)} %`;
  const tuned = partOf(traffic, `${traffic.name}, the first ${percent(1 - share)}`, 0, cut);
  const checked = partOf(traffic, `${traffic.name}, the last ${percent(share)}`, cut, traffic.at.length);
  const from = new Date(checked.start).toISOString().slice(0, 19);
  return {
    tuned,
    checked,
    about: `the last ${percent(share)} of the history (from ${from}Z on), which the search has not seen`,
  };
}
