import { readdirSync } from "node:fs";
import { join } from "node:path";
import { openRecording } from "../../src/cli/shared/open-recording.ts";
import { readArrivals } from "../../src/lab/recordings/read-arrivals.ts";
import type { Traffic } from "../../src/lab/traffic/traffic.ts";
import { PRESET_START, trafficFromPreset } from "../../src/lab/traffic/traffic-from-preset.ts";
import { readLines } from "../../src/shared/read-lines.ts";

/** A traffic, and the world in which it is played. */
export interface Scene {
  readonly name: string;
  readonly traffic: Traffic;
  /** Mean seconds of work in a message, where the traffic does not bring them. */
  readonly serviceSeconds: number;
  /** Coefficient of variation of a lognormal service time; absent: service times are exponential. */
  readonly serviceCv?: number;
  readonly objectiveSeconds: number;
  /** Between two looks. */
  readonly lookSeconds: number;
  readonly maxReplicas: number;
  /** Until a new worker takes its first message. Absent: 30. */
  readonly startUpSeconds?: number;
}

type Terms = Omit<Scene, "name" | "traffic">;

const SHORT: Terms = { serviceSeconds: 2, objectiveSeconds: 60, lookSeconds: 5, maxReplicas: 100 };

/** Each begins with a part to tune on, and goes on much like it. */
const PRESETS: readonly (readonly [string, Partial<Terms>])[] = [
  ["steady:rate=300,for=6h", {}],
  ["daily:low=5,high=300,for=3d", {}],
  ["on-off:rate=300,on=20m,off=40m,for=12h", {}],
  ["burst:size=1000,every=1h,base=20,for=12h", {}],
  ["poison-stall:rate=60,poison=20,hold=10m,at=3h,for=6h", {}],
];

interface Recording {
  readonly share?: number;
  readonly service?: { readonly column: string; readonly scale: number };
  readonly terms: Partial<Terms>;
}

/**
 * How recordings that are known are played, from their first row to their last: so many of their requests, and how long
 * each takes. One may be played in several ways. Others are jobs of 2 s.
 */
export const RECORDINGS: readonly (readonly [RegExp, Recording])[] = [
  // A thousandth: a few workers most of the time, some forty in the flash crowds.
  [/worldcup98/, { share: 0.001, terms: { serviceSeconds: 10, lookSeconds: 15 } }],
  // All of it: some twenty workers most of the time, and nearly four hundred in the flash crowds.
  [/worldcup98/, { terms: { serviceSeconds: 0.1, lookSeconds: 15, maxReplicas: 500 } }],
  [/nyc-taxi/, { share: 0.01, terms: { serviceSeconds: 60, objectiveSeconds: 300, lookSeconds: 30 } }],
  // A token takes as long as it takes to read it aloud fast, or five times as long: some twenty, and ten busy workers.
  [/azure-llm-conv/, { service: { column: "GeneratedTokens", scale: 0.02 }, terms: {} }],
  [/azure-llm-code/, { service: { column: "GeneratedTokens", scale: 0.1 }, terms: {} }],
];
const OTHERS: Recording = { terms: {} };

/** What can be played anywhere. */
export function invented(): readonly Scene[] {
  return PRESETS.map(([text, terms]) => ({ ...SHORT, ...terms, name: text, traffic: trafficFromPreset(text) }));
}

/** What is recorded in the files of a folder. */
export async function recorded(folder: string, recordings = RECORDINGS): Promise<readonly Scene[]> {
  const files = readdirSync(folder).filter((file) => /\.(csv|jsonl?)(\.gz)?$/.test(file));
  const scenes: Scene[] = [];
  for (const file of files.sort()) {
    const known = recordings.flatMap(([pattern, recording]) => (pattern.test(file) ? [recording] : []));
    for (const recording of known.length === 0 ? [OTHERS] : known) scenes.push(await sceneOf(folder, file, recording));
  }
  return scenes;
}

async function sceneOf(folder: string, file: string, { share = 1, service, terms }: Recording): Promise<Scene> {
  const traffic = await readArrivals(readLines(openRecording(join(folder, file))), {
    file,
    columns: service === undefined ? {} : { service: service.column },
    serviceScale: service?.scale ?? 1,
    share,
    now: Date.now(),
    start: PRESET_START,
  });
  return { ...SHORT, ...terms, name: share === 1 ? file : `${file} x ${share}`, traffic };
}
