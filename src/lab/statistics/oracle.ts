/** The oracle plans for one minute at a time. */
const MINUTE = 60_000;

/**
 * The clairvoyant fluid need: in each minute just as many workers, started in time and for nothing, as the work that
 * arrives in it fills, rounded up. What a policy's worker-hours are compared with.
 */
export class Oracle {
  readonly #concurrency: number;
  #minute = 0;
  #work = 0;
  #workerMinutes = 0;
  #peak = 0;

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  /** At so many milliseconds so many milliseconds of work arrived. Times never go back. */
  arrived(at: number, work: number): void {
    const minute = Math.floor(at / MINUTE);
    if (minute !== this.#minute) this.#close(minute);
    this.#work += work;
  }

  get workerHours(): number {
    return (this.#workerMinutes + this.#need) / 60;
  }

  get peak(): number {
    return Math.max(this.#peak, this.#need);
  }

  get #need(): number {
    return Math.ceil(this.#work / (MINUTE * this.#concurrency) - 1e-9);
  }

  #close(next: number): void {
    this.#peak = this.peak;
    this.#workerMinutes += this.#need;
    this.#minute = next;
    this.#work = 0;
  }
}
