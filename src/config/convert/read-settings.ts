import type { Note } from "./draft.ts";
import type { Settings } from "./trigger.ts";

/** A trigger's metadata of which is remembered what was asked for, so that nothing is left out in silence. */
export class ReadSettings {
  readonly settings: Settings;
  readonly #unread: Set<string>;

  constructor(settings: Settings) {
    this.#unread = new Set(Object.keys(settings));
    this.settings = new Proxy(settings, {
      get: (target, name: string) => {
        this.#unread.delete(name);
        return target[name];
      },
    });
  }

  /** A remark on each field that the conversion never asked for. */
  leftOut(): readonly Note[] {
    return [...this.#unread].map((field) => ({
      path: ["source"],
      text: `the trigger's ${field} was not taken over: see whether it matters`,
    }));
  }
}
