/** Numbers in [0, 1) that a seed determines: sfc32 (Chris Doty-Humphrey's PractRand), 128 bits of state. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** The same seed and stream give the same numbers; two streams of one seed have nothing to do with each other. */
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

/** splitmix32: spreads one number's bits over as many as are asked for. */
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
