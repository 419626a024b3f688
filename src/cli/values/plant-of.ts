import { secondsIn } from "../../lab/duration.ts";
import type { EffectTerms } from "../../lab/values/effect.ts";
import type { RecordedValues } from "../../lab/values/recorded-values.ts";
import { UserError } from "../../shared/user-error.ts";

type Plant = EffectTerms & { readonly signal: string; readonly baseline?: number };

const KEYS = ["perReplica", "perReplicaMinute", "after", "settle", "floor", "baseline"];
const EXAMPLE = "expected a model such as perReplica=-5,after=60s or lag:perReplicaMinute=-200,baseline=4";

/** The model that --plant writes, of a signal that has recorded values. */
export function plantOf(text: string, values: ReadonlyMap<string, RecordedValues>): Plant {
  const [, named, pairs = ""] = /^(?:([^:=,]+):)?(.*)$/s.exec(text) ?? [];
  const signal = signalOf(named, values);
  const given = new Map(pairs.split(",").map((pair) => pairOf(pair, text)));
  const effect = effectIn(given);
  const baseline = numberIn(given, "baseline");
  if (baseline === undefined && values.get(signal)?.replicas === undefined) {
    throw new UserError(
      "--plant: expected baseline=REPLICAS, the workers that there were when it was recorded, as no column tells them",
    );
  }
  return {
    ...{ signal, ...effect, floor: numberIn(given, "floor") ?? 0 },
    afterSeconds: durationIn(given, "after"),
    settleSeconds: durationIn(given, "settle"),
    ...(baseline === undefined ? {} : { baseline }),
  };
}

type Given = ReadonlyMap<string, string>;

function effectIn(given: Given): Pick<Plant, "kind" | "perReplica"> {
  const [shift, drift] = [numberIn(given, "perReplica"), numberIn(given, "perReplicaMinute")];
  const perReplica = shift ?? drift;
  if (perReplica === undefined || (shift !== undefined && drift !== undefined)) {
    const got = shift === undefined ? "neither" : "both";
    throw new UserError(`--plant: expected perReplica or perReplicaMinute, got ${got}`);
  }
  if (drift !== undefined && given.has("settle")) {
    throw new UserError("--plant: expected settle with perReplica only: what drifts comes gradually anyway");
  }
  return { kind: shift === undefined ? "drift" : "shift", perReplica };
}

function signalOf(named: string | undefined, values: ReadonlyMap<string, RecordedValues>): string {
  const known = [...values.keys()];
  if (named === undefined ? known.length === 1 : values.has(named)) return named ?? known[0] ?? "";
  const got = named === undefined ? "none" : `"${named}"`;
  throw new UserError(`--plant: expected a signal with values before a colon (${known.join(", ")}), got ${got}`);
}

function pairOf(pair: string, text: string): readonly [string, string] {
  const [, key = "", value = ""] = /^\s*(\w+)=(.+?)\s*$/.exec(pair) ?? [];
  if (key === "") throw new UserError(`--plant: ${EXAMPLE}, got "${text}"`);
  if (!KEYS.includes(key)) throw new UserError(`--plant: expected one of ${KEYS.join(", ")}, got "${key}"`);
  return [key, value];
}

function numberIn(given: Given, key: string): number | undefined {
  const text = given.get(key);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && (key !== "baseline" || value >= 0)) return value;
  throw new UserError(`--plant: expected ${key} to be a number, got "${text}"`);
}

function durationIn(given: Given, key: string): number {
  const text = given.get(key) ?? "0";
  const seconds = secondsIn(text);
  if (seconds !== undefined) return seconds;
  throw new UserError(`--plant: expected ${key} to be a duration such as 60s, got "${text}"`);
}
