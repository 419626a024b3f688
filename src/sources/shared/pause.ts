/** A wait between two rounds that can be cut short: for the loops that several sources share. */
export class Pause {
  #end: (() => void) | undefined;

  /** Resolves after so many milliseconds, or when `end` is called. One wait at a time. */
  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.end(), milliseconds);
      this.#end = () => {
        clearTimeout(timer);
        this.#end = undefined;
        resolve();
      };
    });
  }

  end(): void {
    this.#end?.();
  }
}
