import type { Signal } from "../../core/index.ts";
import { ArrivalsError } from "../../lab/arrivals/arrivals-error.ts";
import { SeriesError } from "../../lab/history/recorded-series.ts";
import { PRESET_START } from "../../lab/presets/traffic-from-preset.ts";
import { readValues } from "../../lab/values/read-values.ts";
import type { RecordedValues } from "../../lab/values/recorded-values.ts";
import { readLines } from "../../shared/read-lines.ts";
import { UserError } from "../../shared/user-error.ts";
import { readHistory } from "../history/read-history.ts";
import { fixedValue } from "../simulate/fixed-value.ts";
import { momentsOf } from "../simulate/moments.ts";
import { fileName, openArrivals } from "../simulate/open-arrivals.ts";
import type { Policy } from "../simulate/policies.ts";
import type { SimulateOptions } from "../simulate/simulate-options.ts";

/** Recorded values by signal; those under no name are those of whatever signal a policy has. */
export type Recordings = ReadonlyMap<string, RecordedValues>;

/** All values that the options name: from files, or from the past of a server. */
export async function recordingsOf(options: SimulateOptions, policies: readonly Policy[]): Promise<Recordings> {
  const signals = policies.flatMap(({ autoscaler }) => autoscaler.signals.filter(isSeen));
  const recordings = new Map<string, RecordedValues>();
  for (const word of options.values ?? []) {
    const { signal, file } = namedIn(word, signals);
    if (recordings.has(signal)) {
      const whose = signal === "" ? "" : ` of ${signal}`;
      throw new UserError(`--values: expected one file for each signal, got several${whose}: write SIGNAL=FILE`);
    }
    recordings.set(signal, await fromFile(file, options));
  }
  if (recordings.size > 0) return recordings;
  if (options.history !== "own") return new Map([["", await fromServer(options, undefined)]]);
  for (const [name, signal] of ownSignals(signals)) recordings.set(name, await fromServer(options, signal));
  return recordings;
}

/** What there is of a policy's signals. */
export function recordingsFor(
  { name, autoscaler }: Policy,
  recordings: Recordings,
): ReadonlyMap<string, RecordedValues> {
  const seen = autoscaler.signals.filter(isSeen);
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

/** Constants, and what the clock tells, need no recording. */
function isSeen(signal: Signal): boolean {
  return fixedValue(signal) === undefined;
}

/** What stands before the first equals sign is a signal only where some policy has it: a file's name may hold one. */
function namedIn(word: string, signals: readonly Signal[]): { readonly signal: string; readonly file: string } {
  const [, before = "", after = ""] = /^([^=]+)=(.+)$/s.exec(word) ?? [];
  if (signals.some(({ name }) => name === before)) return { signal: before, file: after };
  if (/^[\w-]+$/.test(before)) {
    const names = [...new Set(signals.map(({ name }) => name))].join(", ");
    throw new UserError(`--values: expected a signal of ${names}, got "${before}"`);
  }
  return { signal: "", file: word };
}

async function fromFile(file: string, options: SimulateOptions): Promise<RecordedValues> {
  const { timeColumn: time, valueColumn: value, replicasColumn: replicas } = options;
  const columns = {
    ...(time === undefined ? {} : { time }),
    ...(value === undefined ? {} : { value }),
    ...(replicas === undefined ? {} : { replicas }),
  };
  const now = options.allowFuture ? Number.POSITIVE_INFINITY : Date.now();
  try {
    const terms = { file: fileName(file), columns, ...momentsOf(options), now, start: PRESET_START };
    return await readValues(readLines(openArrivals(file)), terms);
  } catch (error) {
    if (error instanceof ArrivalsError) throw new UserError(error.message);
    throw error;
  }
}

async function fromServer(options: SimulateOptions, signal: Signal | undefined): Promise<RecordedValues> {
  const series = await readHistory(options, () => (signal as Signal).source);
  if (series.values.some((value) => !Number.isNaN(value))) return series;
  throw new UserError(`--history: ${new SeriesError(`${series.name}: expected points, got none`).message}`);
}

/** The signals of all policies by their names; one name must mean one source. */
function ownSignals(signals: readonly Signal[]): ReadonlyMap<string, Signal> {
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
