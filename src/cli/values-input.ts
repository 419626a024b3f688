import type { Signal } from "../core/index.ts";
import { fixedValue } from "../lab/looks.ts";
import { readValues } from "../lab/recordings/read-values.ts";
import type { RecordedValues } from "../lab/recordings/recorded-series.ts";
import type { Policy } from "../lab/rehearsal.ts";
import { PRESET_START } from "../lab/traffic/traffic-from-preset.ts";
import type { EffectTerms } from "../lab/values/value-plant.ts";
import { parseDuration } from "../shared/parse-time.ts";
import { readLines } from "../shared/read-lines.ts";
import { UserError } from "../shared/user-error.ts";
import { displayName, openRecording } from "./shared/open-recording.ts";
import { readHistory } from "./shared/read-history.ts";
import type { SimulateOptions } from "./shared/rehearsal-options.ts";
import { parseTimeRange } from "./shared/rehearsal-terms.ts";

/** Recorded values by signal; the name "" stands for the only signal of each policy. */
type Recordings = ReadonlyMap<string, RecordedValues>;

/** Reads the values that the options name, from files or a metric server. */
export async function readRecordings(options: SimulateOptions, policies: readonly Policy[]): Promise<Recordings> {
  const signals = policies.flatMap(({ autoscaler }) => autoscaler.signals.filter(needsRecording));
  const recordings = new Map<string, RecordedValues>();
  for (const word of options.values ?? []) {
    const { signal, file } = splitSignal(word, signals);
    if (recordings.has(signal)) {
      const whose = signal === "" ? "" : ` of ${signal}`;
      throw new UserError(`--values: expected one file for each signal, got several${whose}: write SIGNAL=FILE`);
    }
    recordings.set(signal, await readFile(file, options));
  }
  if (recordings.size > 0) return recordings;
  if (options.history !== "own") return new Map([["", await readServer(options, undefined)]]);
  for (const [name, signal] of signalsByName(signals)) recordings.set(name, await readServer(options, signal));
  return recordings;
}

/** Finds the recording of each signal of a policy. */
export function matchRecordings(
  { name, autoscaler }: Policy,
  recordings: Recordings,
): ReadonlyMap<string, RecordedValues> {
  const seen = autoscaler.signals.filter(needsRecording);
  const unnamed = recordings.get("");
  if (unnamed !== undefined && seen.length !== 1) {
    const names = seen.map((signal) => signal.name).join(", ") || "none";
    throw new UserError(
      `${name}: expected values of one signal, got a policy with ${seen.length} (${names}): write SIGNAL=FILE`,
    );
  }
  const found = seen.map((signal) => [signal.name, unnamed ?? recordings.get(signal.name)] as const);
  const missing = found.filter(([, values]) => values === undefined).map(([signal]) => signal);
  if (missing.length > 0)
    throw new UserError(`${name}: expected --values SIGNAL=FILE for ${missing.join(", ")}, got none`);
  return new Map(found.filter((entry): entry is [string, RecordedValues] => entry[1] !== undefined));
}

/** Constants and schedules need no recording. */
function needsRecording(signal: Signal): boolean {
  return fixedValue(signal) === undefined;
}

/** Splits SIGNAL=FILE. Only the name of a known signal counts: a file's name may contain "=". */
function splitSignal(word: string, signals: readonly Signal[]): { readonly signal: string; readonly file: string } {
  const [, before = "", after = ""] = /^([^=]+)=(.+)$/s.exec(word) ?? [];
  if (signals.some(({ name }) => name === before)) return { signal: before, file: after };
  if (/^[\w-]+$/.test(before)) {
    const names = [...new Set(signals.map(({ name }) => name))].join(", ");
    throw new UserError(`--values: expected a signal of ${names}, got "${before}"`);
  }
  return { signal: "", file: word };
}

function readFile(file: string, options: SimulateOptions): Promise<RecordedValues> {
  const { timeColumn: time, valueColumn: value, replicasColumn: replicas } = options;
  return readValues(readLines(openRecording(file)), {
    ...{ file: displayName(file), columns: { time, value, replicas }, ...parseTimeRange(options), start: PRESET_START },
    now: options.allowFuture ? Number.POSITIVE_INFINITY : Date.now(),
  });
}

async function readServer(options: SimulateOptions, signal: Signal | undefined): Promise<RecordedValues> {
  const series = await readHistory(options, () => (signal as Signal).source);
  if (series.values.some((value) => !Number.isNaN(value))) return series;
  throw new UserError(`--history: ${series.name}: expected points, got none`);
}

/** Signals by name; one name must mean one source. */
function signalsByName(signals: readonly Signal[]): ReadonlyMap<string, Signal> {
  const own = new Map<string, Signal>();
  for (const signal of signals) {
    const other = own.get(signal.name);
    if (other !== undefined && JSON.stringify(other.source) !== JSON.stringify(signal.source)) {
      throw new UserError(`--history own: expected one source for signal ${signal.name}, got several`);
    }
    own.set(signal.name, signal);
  }
  return own;
}

type Plant = EffectTerms & { readonly signal: string; readonly baseline: number | undefined };

const KEYS = ["perReplica", "perReplicaMinute", "after", "settle", "floor", "baseline"];
const EXAMPLE = "expected a model such as perReplica=-5,after=60s or lag:perReplicaMinute=-200,baseline=4";

/** Parses the model of --plant for a signal with recorded values. */
export function parsePlant(text: string, values: ReadonlyMap<string, RecordedValues>): Plant {
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
    baseline,
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
  const seconds = parseDuration(text);
  if (seconds !== undefined) return seconds;
  throw new UserError(`--plant: expected ${key} to be a duration such as 60s, got "${text}"`);
}
