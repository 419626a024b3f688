import { power } from "../random.ts";

/** A parameter of a preset. Durations are in seconds; users write "10m". */
export interface Parameter {
  readonly about: string;
  readonly usual: number;
  readonly unit: "per minute" | "messages" | "duration" | "share";
  /** 0 is invalid. */
  readonly positive?: true;
}

/** A shape of traffic. */
export interface Preset<Name extends string = string> {
  readonly about: string;
  readonly parameters: Readonly<Record<Name, Parameter>>;
  /** In seconds. */
  duration(values: Readonly<Record<Name, number>>): number;
  /** Expected messages a minute at a second from the start. */
  perMinute(second: number, values: Readonly<Record<Name, number>>): number;
  /** Messages that arrive at one moment; `serviceSeconds` undefined: as long as others. */
  readonly crowds?: (values: Readonly<Record<Name, number>>) => readonly Crowd[];
}

export interface Crowd {
  readonly atSeconds: number;
  readonly messages: number;
  readonly serviceSeconds?: number;
}

/** Declares a preset; types its functions by its parameters. */
function definePreset<Name extends string>(preset: Preset<Name>): Preset {
  return preset as unknown as Preset;
}

const LASTS = (usual: number): Parameter => ({
  about: "how long it lasts",
  usual,
  unit: "duration",
  positive: true,
});
const RATE = (about: string, usual: number): Parameter => ({ about, usual, unit: "per minute" });
const WHEN = (about: string, usual: number): Parameter => ({ about, usual, unit: "duration" });

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** A daily wave: lowest at four in the morning, highest at four in the afternoon. */
function byDay(second: number, low: number, high: number): number {
  // Modulo a day: cosines of large angles are slow and inexact.
  const phase = (2 * Math.PI * ((second - 4 * HOUR) % DAY)) / DAY;
  return low + ((high - low) * (1 - Math.cos(phase))) / 2;
}

/** The shapes of traffic by name. */
export const PRESETS: Readonly<Record<string, Preset>> = {
  steady: definePreset({
    about: "the same all the time",
    parameters: { rate: RATE("messages a minute", 60), for: LASTS(2 * HOUR) },
    duration: (values) => values.for,
    perMinute: (_, { rate }) => rate,
  }),
  ramp: definePreset({
    about: "rises, or falls, evenly from one rate to another",
    parameters: { from: RATE("at the start", 0), to: RATE("at the end", 120), for: LASTS(2 * HOUR) },
    duration: (values) => values.for,
    perMinute: (second, values) => values.from + ((values.to - values.from) * second) / values.for,
  }),
  step: definePreset({
    about: "one rate, and from some moment on another",
    parameters: {
      before: RATE("until then", 10),
      after: RATE("from then on", 120),
      at: WHEN("when it changes", 30 * MINUTE),
      for: LASTS(2 * HOUR),
    },
    duration: (values) => values.for,
    perMinute: (second, { before, after, at }) => (second < at ? before : after),
  }),
  burst: definePreset({
    about: "many messages at once, again and again",
    parameters: {
      size: { about: "messages in a burst", usual: 1000, unit: "messages" },
      every: { about: "from one burst to the next", usual: HOUR, unit: "duration", positive: true },
      at: WHEN("when the first one comes", 10 * MINUTE),
      base: RATE("all the time", 0),
      for: LASTS(3 * HOUR),
    },
    duration: (values) => values.for,
    perMinute: (_, { base }) => base,
    crowds: ({ size, every, at, for: lasts }) =>
      Array.from({ length: Math.max(0, Math.ceil((lasts - at) / every)) }, (_, index) => ({
        atSeconds: at + index * every,
        messages: size,
      })),
  }),
  daily: definePreset({
    about: "a wave each day",
    parameters: {
      low: RATE("at four in the morning", 5),
      high: RATE("at four in the afternoon", 100),
      for: LASTS(DAY),
    },
    duration: (values) => values.for,
    perMinute: (second, { low, high }) => byDay(second, low, high),
  }),
  weekly: definePreset({
    about: "a wave each day, and less at weekends; it begins on a Monday",
    parameters: {
      low: RATE("at four in the morning", 5),
      high: RATE("at four in the afternoon", 100),
      weekend: { about: "share of a working day's messages", usual: 0.3, unit: "share" },
      for: LASTS(7 * DAY),
    },
    duration: (values) => values.for,
    perMinute: (second, { low, high, weekend }) =>
      byDay(second, low, high) * (Math.floor(second / DAY) % 7 >= 5 ? weekend : 1),
  }),
  "on-off": definePreset({
    about: "comes and stops, again and again",
    parameters: {
      rate: RATE("while it is on", 60),
      on: { about: "how long it is on", usual: 10 * MINUTE, unit: "duration", positive: true },
      off: WHEN("how long it is off", 20 * MINUTE),
      for: LASTS(4 * HOUR),
    },
    duration: (values) => values.for,
    perMinute: (second, { rate, on, off }) => (second % (on + off) < on ? rate : 0),
  }),
  "flash-crowd": definePreset({
    about: "a crowd that comes within a minute and leaves slowly",
    parameters: {
      base: RATE("before it", 10),
      peak: RATE("at its height", 600),
      at: WHEN("when it comes", 30 * MINUTE),
      rise: WHEN("how long it takes to come", MINUTE),
      half: { about: "until half of it has left", usual: 10 * MINUTE, unit: "duration", positive: true },
      for: LASTS(3 * HOUR),
    },
    duration: (values) => values.for,
    perMinute: (second, { base, peak, at, rise, half }) => {
      if (second < at) return base;
      if (second < at + rise) return base + ((peak - base) * (second - at)) / rise;
      return base + (peak - base) * power(0.5, (second - at - rise) / half);
    },
  }),
  "poison-stall": definePreset({
    about: "some messages that hold their worker for long, in traffic that is steady",
    parameters: {
      rate: RATE("messages a minute", 60),
      poison: { about: "messages that hold their worker", usual: 20, unit: "messages" },
      hold: { about: "for how long", usual: 10 * MINUTE, unit: "duration", positive: true },
      at: WHEN("when they come", 30 * MINUTE),
      for: LASTS(2 * HOUR),
    },
    duration: (values) => values.for,
    perMinute: (_, { rate }) => rate,
    crowds: ({ poison, hold, at }) => [{ atSeconds: at, messages: poison, serviceSeconds: hold }],
  }),
};
