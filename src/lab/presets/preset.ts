/** One thing that a user may set of a preset. Durations are in seconds here, and written as "10m". */
export interface Parameter {
  readonly about: string;
  readonly usual: number;
  readonly unit: "per minute" | "messages" | "duration" | "share";
  /** 0 makes no sense. */
  readonly positive?: true;
}

/** A shape of traffic, from its parameters. */
export interface Preset<Name extends string = string> {
  readonly about: string;
  readonly parameters: Readonly<Record<Name, Parameter>>;
  /** In seconds. */
  duration(values: Readonly<Record<Name, number>>): number;
  /** Messages a minute that are expected so many seconds after the start; a mean over the bin is taken of it. */
  perMinute(second: number, values: Readonly<Record<Name, number>>): number;
  /** Messages that come at one moment, and hold their worker for so many seconds (undefined: as long as any other). */
  readonly crowds?: (values: Readonly<Record<Name, number>>) => readonly Crowd[];
}

export interface Crowd {
  readonly atSeconds: number;
  readonly messages: number;
  readonly serviceSeconds?: number;
}

/** Declares a preset, with its parameters' names known to its functions. */
export function definePreset<Name extends string>(preset: Preset<Name>): Preset {
  return preset as unknown as Preset;
}

export const LASTS = (usual: number): Parameter => ({
  about: "how long it lasts",
  usual,
  unit: "duration",
  positive: true,
});
export const RATE = (about: string, usual: number): Parameter => ({ about, usual, unit: "per minute" });
export const WHEN = (about: string, usual: number): Parameter => ({ about, usual, unit: "duration" });
