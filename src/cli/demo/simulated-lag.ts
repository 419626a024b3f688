/** Messages a second that arrive over the demo's time: calm, a rush, calm again. */
const ARRIVALS = [
  { untilMs: 15_000, perSecond: 900 },
  { untilMs: Number.POSITIVE_INFINITY, perSecond: 100 },
];
/** What one ready consumer works off in a second. */
const CONSUMED_PER_SECOND = 150;

/** The lag of a consumer group: what arrived and was not consumed yet. Advances with each question. */
export class SimulatedLag {
  #lag = 0;
  #atMs = 0;

  /** The lag now, with so many consumers ready since the last question. */
  advance(nowMs: number, consumers: number): number {
    const seconds = Math.max(0, nowMs - this.#atMs) / 1000;
    const arriving = ARRIVALS.find(({ untilMs }) => nowMs < untilMs)?.perSecond ?? 0;
    this.#lag = Math.max(0, this.#lag + seconds * (arriving - consumers * CONSUMED_PER_SECOND));
    this.#atMs = nowMs;
    return this.value;
  }

  get value(): number {
    return Math.round(this.#lag);
  }

  /** Whether the rush is over. */
  get isCalm(): boolean {
    return this.#atMs >= (ARRIVALS[0]?.untilMs ?? 0);
  }
}
