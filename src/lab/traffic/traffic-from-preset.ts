import { ownValue } from "../../shared/own-value.ts";
import { parseDuration } from "../../shared/parse-time.ts";
import { UserError } from "../../shared/user-error.ts";
import { formatDuration } from "../duration.ts";
import { type Crowd, type Parameter, PRESETS, type Preset } from "./presets.ts";
import type { Traffic } from "./traffic.ts";

/** Invented traffic always begins on this Monday at midnight UTC. */
export const PRESET_START = Date.UTC(2026, 0, 5);
const BIN_SECONDS = { short: 10, long: 60 };
const SHORT_SECONDS = 2 * 86_400;
/** Three years of minutes. */
const MOST_BINS = 1_600_000;
const MOST_MESSAGES = 1e10;

/** Creates the traffic of a preset: "steady", or with parameters "step:before=10,after=200,at=30m". */
export function trafficFromPreset(text: string): Traffic {
  const [name = "", ...rest] = text.split(":");
  const preset = ownValue(PRESETS, name);
  if (preset === undefined) throw new UserError(`expected one of ${Object.keys(PRESETS).join(", ")}, got "${name}"`);
  const values = parseParameters(name, preset, rest.join(":"));
  const lasts = preset.duration(values);
  if (values.at !== undefined && values.at >= lasts) {
    const [when, end] = [formatDuration(values.at), formatDuration(lasts)];
    throw new UserError(`${name}:at: expected a time before the end, which comes after ${end}, got ${when}`);
  }
  const bin = lasts <= SHORT_SECONDS ? BIN_SECONDS.short : BIN_SECONDS.long;
  if (lasts / bin > MOST_BINS) throw new UserError(`expected ${name} to last at most ${MOST_BINS} minutes`);
  const crowds = (preset.crowds?.(values) ?? []).filter(({ atSeconds }) => atSeconds < lasts);
  return { name: text, start: PRESET_START, ...sampleRates(preset, values, { lasts, bin, crowds }), remarks: [] };
}

function parseParameters(name: string, { parameters }: Preset, text: string): Readonly<Record<string, number>> {
  const values = Object.fromEntries(Object.entries(parameters).map(([key, { usual }]) => [key, usual]));
  const seen = new Set<string>();
  for (const part of text === "" ? [] : text.split(",")) {
    const [key = "", written = ""] = part.split("=").map((word) => word.trim());
    const parameter = ownValue(parameters, key);
    if (parameter === undefined) {
      throw new UserError(`expected ${name} to have one of ${Object.keys(parameters).join(", ")}, got "${key}"`);
    }
    if (seen.has(key)) throw new UserError(`${name}:${key}: expected it once, got it twice`);
    seen.add(key);
    values[key] = parseParameter(`${name}:${key}`, parameter, written);
  }
  return values;
}

function parseParameter(path: string, { unit, positive }: Parameter, written: string): number {
  const value = unit === "duration" ? parseDuration(written) : written === "" ? undefined : Number(written);
  const most = unit === "duration" ? Number.MAX_VALUE : MOST_MESSAGES;
  if (value !== undefined && value >= 0 && value <= most && (value > 0 || positive === undefined)) return value;
  const expected = unit === "duration" ? 'a duration such as "90s", "10m" or "2h"' : `a number from 0 to ${most}`;
  throw new UserError(`${path}: expected ${expected}${positive ? " and more than 0" : ""}, got "${written}"`);
}

function sampleRates(
  preset: Preset,
  values: Readonly<Record<string, number>>,
  { lasts, bin, crowds }: { lasts: number; bin: number; crowds: readonly Crowd[] },
): Pick<Traffic, "kind" | "durationMs" | "at" | "counts" | "binMs" | "spans" | "serviceMs"> {
  const bins = Math.ceil(lasts / bin);
  const at = new Float64Array(bins);
  const spans = new Float64Array(bins);
  const counts = new Float64Array(bins);
  for (let index = 0; index < bins; index += 1) {
    const from = index * bin;
    const span = Math.min(bin, lasts - from);
    at[index] = from * 1000;
    spans[index] = span * 1000;
    counts[index] = (preset.perMinute(from + span / 2, values) * span) / 60;
  }
  const even = { kind: "rates" as const, durationMs: lasts * 1000, binMs: bin * 1000, at, spans, counts };
  return crowds.length === 0 ? even : { ...even, ...addCrowds(even, crowds) };
}

/** A moment comes before the bin that begins with it. */
function addCrowds(
  { at, spans, counts, binMs }: { at: Float64Array; spans: Float64Array; counts: Float64Array; binMs: number },
  crowds: readonly Crowd[],
): Pick<Traffic, "at" | "spans" | "counts" | "serviceMs"> {
  const entries = [...at].map((moment, index) => ({
    at: moment,
    span: spans[index] ?? 0,
    count: counts[index] ?? 0,
    service: Number.NaN,
  }));
  for (const { atSeconds, messages, serviceSeconds = Number.NaN } of crowds) {
    const moment = Math.ceil((atSeconds * 1000) / binMs) * binMs;
    entries.push({ at: moment, span: 0, count: messages, service: serviceSeconds * 1000 });
  }
  entries.sort((one, other) => one.at - other.at || one.span - other.span);
  const column = (pick: (entry: (typeof entries)[number]) => number) => Float64Array.from(entries, pick);
  const isStated = crowds.some(({ serviceSeconds }) => serviceSeconds !== undefined);
  return {
    at: column((entry) => entry.at),
    spans: column((entry) => entry.span),
    counts: column((entry) => entry.count),
    ...(isStated ? { serviceMs: column((entry) => entry.service) } : {}),
  };
}
