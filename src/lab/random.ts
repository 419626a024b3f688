/** A generator of numbers in [0, 1): sfc32 (Chris Doty-Humphrey's PractRand), 128 bits of state. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** The same seed and stream give the same numbers; streams of one seed are independent. */
  constructor(seed: number, stream: string) {
    const spread = spreading(hashOf(`${seed}/${stream}`));
    this.#a = spread();
    this.#b = spread();
    this.#c = spread();
    // The first dozen outputs still resemble the seed.
    for (let turn = 0; turn < 12; turn += 1) this.next();
  }

  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash | 0;
}

/** splitmix32: derives any number of values from one. */
function spreading(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}

/** Above this mean the normal distribution is within a percent of the Poisson distribution. */
const LARGE_MEAN = 64;

/** An exponentially distributed number of mean 1. */
export function exponential(random: Random): number {
  return -Math.log(1 - random.next());
}

/** A normally distributed number of mean 0 and deviation 1 (Box and Muller). */
export function normal(random: Random): number {
  const radius = Math.sqrt(2 * exponential(random));
  return radius * Math.cos(2 * Math.PI * random.next());
}

/** A Poisson distributed number. */
export function poisson(mean: number, random: Random): number {
  if (!(mean > 0)) return 0;
  if (mean > LARGE_MEAN) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > limit; product *= random.next()) count += 1;
  return count;
}

export interface ServiceTime {
  readonly meanSeconds: number;
  readonly shape: "fixed" | "exponential" | "lognormal";
  /** Coefficient of variation (deviation / mean), of lognormal times. */
  readonly cv?: number;
}

/** Draws service times, in milliseconds. */
export function serviceTimes({ meanSeconds, shape, cv = 1 }: ServiceTime, random: Random): () => number {
  const mean = meanSeconds * 1000;
  if (shape === "fixed") return () => mean;
  if (shape === "exponential") return () => mean * exponential(random);
  const variance = Math.log(1 + cv * cv);
  const deviation = Math.sqrt(variance);
  const median = mean * Math.exp(-variance / 2);
  return () => median * Math.exp(deviation * normal(random));
}

/**
 * A positive number to a power, with the same digits on every version of Node: V8's rounding of `**` differs between
 * versions, while its exp and log are those of fdlibm.
 */
export function power(base: number, exponent: number): number {
  return Math.exp(exponent * Math.log(base));
}
