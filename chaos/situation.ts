/** What one situation of the fault campaign showed. */
export interface Outcome {
  /** The figures that were seen, with their units, in one line. */
  readonly seen: string;
  /** Whether everything that `expected` states was true. */
  readonly held: boolean;
}

export interface SituationOptions {
  /** Number of rounds for situations that repeat a fault at random moments; undefined: the situation's own default. */
  readonly rounds: number | undefined;
  /** Prints one line of progress. */
  readonly progress: (line: string) => void;
}

/** One fault that is done to the real program on a real API server, and what must be true of it. */
export interface Situation {
  readonly name: string;
  readonly about: string;
  readonly expected: string;
  /** Starts what it needs on loopback, does the fault, and leaves nothing running. Rejects only when it cannot run at all. */
  run(options: SituationOptions): Promise<Outcome>;
}
