import type { Defaults } from "../../formats/formats.ts";
import { UserError } from "../../shared/user-error.ts";
import type { Stage } from "../rehearsal.ts";
import type { PolicyDocument } from "../sweep/policy-document.ts";
import { entryAtShare, sliceTraffic, type Traffic } from "../traffic/traffic.ts";
import { type Candidate, estimateSaving, findCheapest, findNearest, type Objective, sortByCost } from "./candidate.ts";
import { search, Trials } from "./search.ts";
import { presentValue, type TunedField } from "./tuned-fields.ts";
import { type TunedManifest, writeTunedManifest } from "./tuned-manifest.ts";

interface TuneTerms {
  readonly policy: PolicyDocument;
  readonly defaults: Defaults;
  readonly objective: Objective;
  readonly fields: readonly TunedField[];
  /** With the traffic to tune on, and the first seed. */
  readonly stage: Stage;
  /** The traffic to check the result on. */
  readonly checked: Traffic;
  /** For each setting. */
  readonly runs: number;
  readonly threads?: number | undefined;
  /** Receives shares from 0 to 1 and the current step. */
  readonly progress?: (share: number, what: string) => void;
}

/** Searches for the cheapest setting that meets the objective, and checks it with other seeds. */
export async function tune(terms: TuneTerms): Promise<Tuning> {
  const { policy, defaults, objective, fields, stage, checked, runs } = terms;
  const seeds = Array.from({ length: runs }, (_, index) => stage.seed + index);
  const checkSeeds = seeds.map((seed) => seed + runs);
  const trials = new Trials(terms);
  const present = (path: string) => presentValue(policy, path);
  const candidates = await search({ trials, fields, present, objective, seeds });
  const asItIs = candidates.find(({ settings }) => Object.keys(settings).length === 0) as Candidate;
  const choice = choose(candidates, asItIs);
  const { chosen } = choice;
  const tuning = { objective, candidates, present: asItIs, ...choice, checkSeeds, trials };
  if (chosen === undefined) return tuning;
  const checking = new Trials({ ...terms, stage: { ...stage, traffic: checked } });
  const [check] = (await checking.play([chosen.settings], checkSeeds, "checking")) as [Candidate];
  if (!holds({ chosen, check })) return { ...tuning, check };
  return { ...tuning, check, manifest: writeTunedManifest(policy, chosen.settings, defaults) };
}

/** The result of the search and its check. */
export interface Tuning {
  readonly objective: Objective;
  /** Candidates played with every seed. */
  readonly candidates: readonly Candidate[];
  readonly present: Candidate;
  /** The best candidate: absent if none meets the objective. */
  readonly chosen?: Candidate;
  /** The nearest candidate, if none meets the objective. */
  readonly nearest?: Candidate;
  /** The chosen candidate on traffic and seeds that the search did not use. */
  readonly check?: Candidate;
  readonly checkSeeds: readonly number[];
  readonly trials: Trials;
  /** The manifest with the chosen settings, if they passed the check. */
  readonly manifest?: TunedManifest;
}

/** Whether a setting meets the objective and passed the check. */
export function holds({ chosen, check }: Pick<Tuning, "chosen" | "check">): boolean {
  return chosen !== undefined && check !== undefined && check.meets !== "no";
}

/** The cheapest candidate that meets the objective, unless the present one does too and is not surely more expensive. */
function choose(candidates: readonly Candidate[], present: Candidate): Pick<Tuning, "chosen" | "nearest"> {
  const best = findCheapest(candidates);
  if (best === undefined) {
    const nearest = findNearest(candidates);
    return nearest === undefined ? {} : { nearest };
  }
  if (best.meets !== present.meets) return { chosen: best };
  const cheaper = candidates.filter((candidate) => candidate.meets === best.meets && isCheaper(candidate, present));
  return { chosen: sortByCost(cheaper)[0] ?? present };
}

/** With 95 % confidence. */
function isCheaper(one: Candidate, other: Candidate): boolean {
  const { mean, plusMinus = 0 } = estimateSaving(one, other);
  return mean - plusMinus > 0;
}

/** Traffic to tune on, and traffic to check the result on. */
interface Parts {
  readonly tuned: Traffic;
  readonly checked: Traffic;
  /** Describes the second one. */
  readonly about: string;
}

/** Holds out the last part of recorded traffic. Invented traffic is checked with other seeds instead. */
export function holdOut(traffic: Traffic, share: number): Parts {
  if (traffic.kind === "rates" || share === 0) {
    return { tuned: traffic, checked: traffic, about: "the same traffic with seeds that the search has not seen" };
  }
  const cut = entryAtShare(traffic, 1 - share);
  if (cut === 0 || cut === traffic.at.length) {
    throw new UserError(
      "--held-out: expected arrivals in both parts, got none in one of them: hold out another share, or 0",
    );
  }
  const percent = (part: number) => `${Math.round(part * 100)} %`;
  const tuned = sliceTraffic(traffic, `${traffic.name}, the first ${percent(1 - share)}`, 0, cut);
  const checked = sliceTraffic(traffic, `${traffic.name}, the last ${percent(share)}`, cut, traffic.at.length);
  const from = new Date(checked.start).toISOString().slice(0, 19);
  return {
    tuned,
    checked,
    about: `the last ${percent(share)} of the history (from ${from}Z on), which the search has not seen`,
  };
}
