import { spread } from "../../lab/statistics/frontier.ts";
import type { Settings } from "../sweep/settings.ts";
import { byCost, type Candidate, cheapest, leastOver, type Objective } from "./candidate.ts";
import { halfWay, type TunedField } from "./candidate-values.ts";
import { frontier } from "./frontier.ts";
import type { Trials } from "./trials.ts";

export interface SearchTerms {
  readonly trials: Trials;
  readonly fields: readonly TunedField[];
  /** The fields' values in the manifest. */
  readonly present: (path: string) => unknown;
  readonly objective: Objective;
  readonly seeds: readonly number[];
}

/** So many of the cheapest that come near the objective, and of the frontier, are played with all seeds. */
const CHEAPEST = 10;
const FRONTIER = 8;
const ROUNDS = 4;

/**
 * First all combinations with one seed; then the cheapest of those that come near the objective, and the frontier, with
 * all seeds; then what lies between the best one and its neighbours.
 */
export async function search(terms: SearchTerms): Promise<readonly Candidate[]> {
  const { trials, seeds, objective } = terms;
  const rough = await trials.play([{}, ...grid(terms)], seeds.slice(0, 1), "looking around");
  const shortlist = [...near(rough, objective).slice(0, CHEAPEST), ...spread(frontier(rough, objective), FRONTIER)];
  const played = new Map<string, Candidate>();
  const keep = (candidates: readonly Candidate[]) => {
    for (const candidate of candidates) played.set(JSON.stringify(candidate.settings), candidate);
  };
  keep(await trials.play([{}, ...shortlist.map(({ settings }) => settings)], seeds, "looking closer"));
  for (let round = 0; round < ROUNDS; round += 1) {
    const so = [...played.values()];
    const best = cheapest(so) ?? leastOver(so);
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

/** One seed may be wrong by some: twice the allowed share, or two in a hundred more. */
function near(candidates: readonly Candidate[], { share }: Objective): readonly Candidate[] {
  const limit = Math.max(2 * (1 - share), 1 - share + 0.02);
  const isNear = ({ over, outcomes }: Candidate) => over.mean <= limit && outcomes.every(({ drained }) => drained);
  return byCost(candidates.filter(isNear));
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
    return halfWay(value, numbers, between).map((next) => inOrder({ ...settings, [path]: next }, fields));
  });
}

/** Settings are told apart by their text: the fields' order is always the same. */
function inOrder(settings: Settings, fields: readonly TunedField[]): Settings {
  return Object.fromEntries(
    fields.flatMap(({ path }) => {
      const value = settings[path];
      return value === undefined ? [] : [[path, value] as const];
    }),
  );
}
