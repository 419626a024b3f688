import type { Defaults } from "../../formats/formats.ts";
import { type Compared, pickEvenly } from "../comparison.ts";
import type { Outcome } from "../outcome.ts";
import { playAll } from "../play-all.ts";
import type { Stage } from "../rehearsal.ts";
import { formatSettings, type Settings } from "../sweep/field-values.ts";
import { applySettings, type PolicyDocument } from "../sweep/policy-document.ts";
import {
  type Candidate,
  findCheapest,
  findFrontier,
  findNearest,
  judgeRuns,
  type Objective,
  sortByCost,
} from "./candidate.ts";
import { halfwayValues, type TunedField } from "./tuned-fields.ts";

interface SearchTerms {
  readonly trials: Trials;
  readonly fields: readonly TunedField[];
  /** The fields' values in the manifest. */
  readonly present: (path: string) => unknown;
  readonly objective: Objective;
  readonly seeds: readonly number[];
}

/** Candidates near the objective, and on the frontier, to play with all seeds. */
const CHEAPEST = 10;
const FRONTIER = 8;
const ROUNDS = 4;

/**
 * Plays all combinations with one seed, then the cheapest near the objective and the frontier with all seeds, then values
 * between the best candidate and its neighbours.
 */
export async function search(terms: SearchTerms): Promise<readonly Candidate[]> {
  const { trials, seeds, objective } = terms;
  const rough = await trials.play([{}, ...grid(terms)], seeds.slice(0, 1), "looking around");
  const shortlist = [
    ...nearObjective(rough, objective).slice(0, CHEAPEST),
    ...pickEvenly(findFrontier(rough, objective), FRONTIER),
  ];
  const played = new Map<string, Candidate>();
  const keep = (candidates: readonly Candidate[]) => {
    for (const candidate of candidates) played.set(JSON.stringify(candidate.settings), candidate);
  };
  keep(await trials.play([{}, ...shortlist.map(({ settings }) => settings)], seeds, "looking closer"));
  for (let round = 0; round < ROUNDS; round += 1) {
    const so = [...played.values()];
    const best = findCheapest(so) ?? findNearest(so);
    const fresh = best === undefined ? [] : neighbours(best, terms, [...so, ...rough]);
    if (fresh.every((settings) => played.has(JSON.stringify(settings)))) break;
    keep(await trials.play(fresh, seeds, "in between"));
  }
  return [...played.values()];
}

function grid({ fields, present }: SearchTerms): readonly Settings[] {
  return fields.reduce<readonly Settings[]>(
    (some, { path, values }) =>
      some.flatMap((settings) =>
        values.map((value) =>
          value === undefined || value === present(path) ? settings : { ...settings, [path]: value },
        ),
      ),
    [{}],
  );
}

/** One seed may be off: allows twice the share, or two percent more. */
function nearObjective(candidates: readonly Candidate[], { share }: Objective): readonly Candidate[] {
  const limit = Math.max(2 * (1 - share), 1 - share + 0.02);
  const isNear = ({ over, outcomes }: Candidate) => over.mean <= limit && outcomes.every(({ drained }) => drained);
  return sortByCost(candidates.filter(isNear));
}

function neighbours(
  { settings }: Candidate,
  { fields, present }: SearchTerms,
  tried: readonly Candidate[],
): readonly Settings[] {
  return fields.flatMap(({ path, between, values }) => {
    const value = settings[path] ?? present(path);
    if (between === undefined || typeof value !== "number") return [];
    const others = [...values, ...tried.map((candidate) => candidate.settings[path])];
    const numbers = others.filter((one) => typeof one === "number");
    return halfwayValues(value, numbers, between).map((next) => sortSettings({ ...settings, [path]: next }, fields));
  });
}

/** Settings are compared as text, so their fields need one order. */
function sortSettings(settings: Settings, fields: readonly TunedField[]): Settings {
  return Object.fromEntries(
    fields.flatMap(({ path }) => {
      const value = settings[path];
      return value === undefined ? [] : [[path, value] as const];
    }),
  );
}

interface TrialTerms {
  readonly stage: Stage;
  readonly policy: PolicyDocument;
  readonly defaults: Defaults;
  readonly objective: Objective;
  readonly threads?: number | undefined;
  /** Receives shares from 0 to 1 and the current step. */
  readonly progress?: (share: number, what: string) => void;
}

/** Plays settings, each only once per seed. */
export class Trials {
  runs = 0;
  /** Combinations that the format refuses. */
  readonly refused = new Set<string>();
  readonly #terms: TrialTerms;
  readonly #outcomes = new Map<string, Map<number, Outcome>>();

  constructor(terms: TrialTerms) {
    this.#terms = terms;
  }

  get settings(): number {
    return this.#outcomes.size;
  }

  /** Plays every setting with every seed, except settings that the format refuses. */
  async play(all: readonly Settings[], seeds: readonly number[], what: string): Promise<readonly Candidate[]> {
    const { stage, objective, threads, progress } = this.#terms;
    const different = [...new Map(all.map((settings) => [keyOf(settings), settings])).values()];
    const taken = different.filter((settings) => this.#isTaken(settings));
    const tasks = taken.flatMap((settings) => this.#tasks(settings, seeds));
    const outcomes = await playAll(stage, tasks, { threads, progress: (share) => progress?.(share, what) });
    this.runs += tasks.length;
    tasks.forEach(({ key, seed }, index) => {
      this.#of(key).set(seed, outcomes[index] as Outcome);
    });
    return taken.map((settings) => {
      const own = this.#of(keyOf(settings));
      const played = seeds.map((seed) => own.get(seed) as Outcome);
      return judgeRuns(nameOf(settings), settings, played, objective);
    });
  }

  /** All settings played with this seed. */
  seen(seed: number): readonly Candidate[] {
    const { objective } = this.#terms;
    return [...this.#outcomes].flatMap(([key, outcomes]) => {
      const outcome = outcomes.get(seed);
      const settings = JSON.parse(key) as Settings;
      return outcome === undefined ? [] : [judgeRuns(nameOf(settings), settings, [outcome], objective)];
    });
  }

  /** Plays settings with one seed again and keeps their series. */
  async courses(some: readonly Candidate[], seed: number): Promise<readonly Compared[]> {
    const { stage, policy, defaults, threads } = this.#terms;
    const tasks = some.flatMap(({ settings, policy: name }) => {
      const variant = applySettings(policy, settings, defaults);
      return "autoscaler" in variant ? [{ name, autoscaler: variant.autoscaler, seed, withSeries: true }] : [];
    });
    const outcomes = await playAll(stage, tasks, { threads });
    return outcomes.map((outcome) => ({ policy: outcome.policy, outcomes: [outcome], measures: {} }));
  }

  #tasks(settings: Settings, seeds: readonly number[]) {
    const { policy, defaults } = this.#terms;
    const key = keyOf(settings);
    const variant = applySettings(policy, settings, defaults);
    if ("problems" in variant) return [];
    const { autoscaler } = variant;
    const missing = seeds.filter((seed) => !this.#of(key).has(seed));
    return missing.map((seed) => ({ key, seed, name: policy.name, autoscaler, withSeries: false }));
  }

  #isTaken(settings: Settings): boolean {
    const { policy, defaults } = this.#terms;
    const isTaken = "autoscaler" in applySettings(policy, settings, defaults);
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
  return formatSettings(settings) || "as it is";
}

function keyOf(settings: Settings): string {
  return JSON.stringify(settings);
}
