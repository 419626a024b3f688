import type { Note } from "./draft.ts";
import type { Settings } from "./trigger.ts";

const OFF: ReadonlySet<string> = new Set(["", "false", "disable", "none"]);
const OF_NO_CONSEQUENCE: ReadonlySet<string> = new Set([
  ...["metricName", "protocol", "identityOwner", "awsRegion", "accountID"],
  // Their conversion says of them that they belong in a Secret.
  ...["authToken", "authTokenFromEnv"],
]);

/** A trigger's metadata of which is remembered what was asked for, so that nothing is left out in silence. */
export class ReadSettings {
  readonly settings: Settings;
  readonly #stated: Settings;
  readonly #unread: Set<string>;

  /** `more`: what is known besides; nothing is said of it. */
  constructor(stated: Settings, more: Settings = {}) {
    const settings = { ...more, ...stated };
    this.#stated = stated;
    this.#unread = new Set(Object.keys(stated));
    this.settings = new Proxy(settings, {
      get: (target, name: string) => {
        this.#unread.delete(name);
        return target[name];
      },
    });
  }

  /** A remark on each field that the conversion never asked for, but for switches that are off and names for metrics. */
  leftOut(): readonly Note[] {
    const matters = (field: string) => !OF_NO_CONSEQUENCE.has(field) && !OFF.has(this.#stated[field] ?? "");
    return [...this.#unread].filter(matters).map((field) => ({
      path: ["source"],
      text: `the trigger's ${field} was not taken over: see whether it matters`,
    }));
  }
}
