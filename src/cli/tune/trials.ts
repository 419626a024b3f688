import type { Defaults } from "../../formats/formats.ts";
import type { Compared } from "../../lab/comparison.ts";
import type { Outcome } from "../../lab/outcome.ts";
import { playAll } from "../rehearse/play-all.ts";
import type { Stage } from "../rehearse/task.ts";
import type { ProgressLine } from "../simulate/progress-line.ts";
import type { PolicyDocument } from "../sweep/policy-documents.ts";
import type { Settings } from "../sweep/settings.ts";
import { settingsInWords } from "../sweep/settings-in-words.ts";
import { variantOf } from "../sweep/variant.ts";
import { type Candidate, candidateOf, type Objective } from "./candidate.ts";

export interface TrialTerms {
  readonly stage: Stage;
  readonly policy: PolicyDocument;
  readonly defaults: Defaults;
  readonly objective: Objective;
  readonly progress: ProgressLine;
}

/** Plays settings, none with the same seed twice. */
export class Trials {
  runs = 0;
  /** Combinations that the format does not take. */
  readonly refused = new Set<string>();
  readonly #terms: TrialTerms;
  readonly #outcomes = new Map<string, Map<number, Outcome>>();

  constructor(terms: TrialTerms) {
    this.#terms = terms;
  }

  get settings(): number {
    return this.#outcomes.size;
  }

  /** Every setting with every seed; settings that the format refuses are left out. */
  async play(all: readonly Settings[], seeds: readonly number[], what: string): Promise<readonly Candidate[]> {
    const { stage, objective, progress } = this.#terms;
    const different = [...new Map(all.map((settings) => [keyOf(settings), settings])).values()];
    const taken = different.filter((settings) => this.#isTaken(settings));
    const tasks = taken.flatMap((settings) => this.#tasks(settings, seeds));
    const outcomes = await playAll(stage, tasks, (share) => progress.show(share, what));
    this.runs += tasks.length;
    tasks.forEach(({ key, seed }, index) => {
      this.#of(key).set(seed, outcomes[index] as Outcome);
    });
    return taken.map((settings) => {
      const own = this.#of(keyOf(settings));
      const played = seeds.map((seed) => own.get(seed) as Outcome);
      return candidateOf(nameOf(settings), settings, played, objective);
    });
  }

  /** Every setting that was played with this seed. */
  seen(seed: number): readonly Candidate[] {
    const { objective } = this.#terms;
    return [...this.#outcomes].flatMap(([key, outcomes]) => {
      const outcome = outcomes.get(seed);
      const settings = JSON.parse(key) as Settings;
      return outcome === undefined ? [] : [candidateOf(nameOf(settings), settings, [outcome], objective)];
    });
  }

  /** The runs of some settings with one seed, with all that charts show. */
  async courses(some: readonly Candidate[], seed: number): Promise<readonly Compared[]> {
    const { stage, policy, defaults } = this.#terms;
    const tasks = some.flatMap(({ settings, policy: name }) => {
      const variant = variantOf(policy, settings, defaults);
      return "autoscaler" in variant ? [{ policy: name, autoscaler: variant.autoscaler, seed, withSeries: true }] : [];
    });
    const outcomes = await playAll(stage, tasks);
    return outcomes.map((outcome) => ({ policy: outcome.policy, outcomes: [outcome], measures: {} }));
  }

  #tasks(settings: Settings, seeds: readonly number[]) {
    const { policy, defaults } = this.#terms;
    const key = keyOf(settings);
    const variant = variantOf(policy, settings, defaults);
    if ("problems" in variant) return [];
    const { autoscaler } = variant;
    const missing = seeds.filter((seed) => !this.#of(key).has(seed));
    return missing.map((seed) => ({ key, seed, policy: policy.name, autoscaler, withSeries: false }));
  }

  #isTaken(settings: Settings): boolean {
    const { policy, defaults } = this.#terms;
    const isTaken = "autoscaler" in variantOf(policy, settings, defaults);
    if (!isTaken) this.refused.add(keyOf(settings));
    return isTaken;
  }

  #of(key: string): Map<number, Outcome> {
    const own = this.#outcomes.get(key) ?? new Map<number, Outcome>();
    this.#outcomes.set(key, own);
    return own;
  }
}

function nameOf(settings: Settings): string {
  return settingsInWords(settings) || "as it is";
}

function keyOf(settings: Settings): string {
  return JSON.stringify(settings);
}
