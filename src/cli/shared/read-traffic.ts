import type { Signal } from "../../core/index.ts";
import { paceRemarks } from "../../lab/looks.ts";
import { ARRIVAL_KINDS, arrivalsFromSeries } from "../../lab/recordings/arrivals-of-series.ts";
import { readArrivals } from "../../lab/recordings/read-arrivals.ts";
import type { Policy } from "../../lab/rehearsal.ts";
import type { Traffic } from "../../lab/traffic/traffic.ts";
import { PRESET_START, trafficFromPreset } from "../../lab/traffic/traffic-from-preset.ts";
import { readLines } from "../../shared/read-lines.ts";
import { UserError } from "../../shared/user-error.ts";
import { displayName, openRecording } from "./open-recording.ts";
import { parseNumberOption, withFlag } from "./parse-numbers.ts";
import { readHistory } from "./read-history.ts";
import type { SimulateOptions } from "./rehearsal-options.ts";
import { parseTimeRange } from "./rehearsal-terms.ts";

/** Options that only a recording uses. */
const OF_RECORDINGS = [
  ["timeColumn", "--time-column"],
  ["countColumn", "--count-column"],
  ["serviceColumn", "--service-column"],
  ["serviceScale", "--service-scale"],
  ["share", "--share"],
  ["timeZone", "--time-zone"],
  ["from", "--from"],
  ["to", "--to"],
  ["allowFuture", "--allow-future"],
] as const;
const WAYS = ["traffic", "arrivals", "history"] as const;

/** The traffic that the options name: invented, from a file, or from a metric server. */
export async function readTraffic(options: SimulateOptions, policies: readonly Policy[]): Promise<Traffic> {
  const traffic = await readNamedTraffic(options, policies);
  return {
    ...traffic,
    remarks: [...traffic.remarks, ...paceRemarks(traffic, policies, options.lookInterval !== undefined)],
  };
}

async function readNamedTraffic(options: SimulateOptions, policies: readonly Policy[]): Promise<Traffic> {
  const { traffic, arrivals, history } = options;
  const ways = WAYS.filter((way) => options[way] !== undefined);
  if (ways.length > 1)
    throw new UserError(
      `expected --traffic, --arrivals or --history, got ${ways.map((way) => `--${way}`).join(" and ")}`,
    );
  if (arrivals !== undefined) return readFile(arrivals, options);
  if (history !== undefined) return readServer(options, policies);
  if (traffic !== undefined) return inventTraffic(traffic, options);
  throw new UserError(
    "expected --traffic SHAPE, such as --traffic step:before=10,after=200, --arrivals FILE or --history SOURCE, got none",
  );
}

async function readServer(options: SimulateOptions, policies: readonly Policy[]): Promise<Traffic> {
  const { historyKind } = options;
  const kind = ARRIVAL_KINDS.find((one) => one === historyKind);
  if (kind === undefined) {
    throw new UserError(`--history-kind: expected one of ${ARRIVAL_KINDS.join(", ")}, got ${historyKind ?? "nothing"}`);
  }
  const share = parseShare(options);
  const series = await readHistory(options, () => ownSource(policies).source);
  return withFlag("--history", () => arrivalsFromSeries(series, kind, share));
}

function inventTraffic(text: string, options: SimulateOptions): Traffic {
  // Invalid times are refused even though invented traffic does not use them.
  parseTimeRange(options);
  const idle = OF_RECORDINGS.filter(([option]) => options[option] !== undefined && options[option] !== "1");
  const flags = idle.map(([, flag]) => flag).join(" and ");
  const remarks =
    idle.length === 0 ? [] : [`${flags} ${idle.length === 1 ? "changes" : "change"} nothing: ${text} is invented.`];
  return { ...withFlag("--traffic", () => trafficFromPreset(text)), remarks };
}

function readFile(file: string, options: SimulateOptions): Promise<Traffic> {
  const { timeColumn: time, countColumn: count, serviceColumn: service } = options;
  return readArrivals(readLines(openRecording(file)), {
    ...{ file: displayName(file), columns: { time, count, service }, share: parseShare(options) },
    ...parseTimeRange(options),
    serviceScale: parseNumberOption("--service-scale", options.serviceScale, { from: 1e-9, to: 1e6 }),
    now: options.allowFuture ? Number.POSITIVE_INFINITY : Date.now(),
    start: PRESET_START,
  });
}

function parseShare({ share }: SimulateOptions): number {
  return parseNumberOption("--share", share, { from: 1e-9, to: 1_000 });
}

/** The signal of `--history own`: the only one that the policies have. */
function ownSource(policies: readonly Policy[]): Signal {
  const signals = policies.flatMap(({ autoscaler }) => autoscaler.signals);
  const different = [...new Map(signals.map((signal) => [JSON.stringify(signal.source), signal])).values()];
  const [signal, ...others] = different;
  if (signal !== undefined && others.length === 0) return signal;
  const names = different.map(({ name, source }) => `${name} (${source.type})`).join(", ");
  throw new UserError(`--history own: expected policies with one source, got ${names}`);
}
