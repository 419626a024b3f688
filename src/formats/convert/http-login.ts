import type { Problem } from "../../core/index.ts";
import type { Note } from "./draft.ts";
import { credential, refused, type Settings } from "./trigger.ts";

/** How a source over HTTP logs in. */
interface HttpLogin {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly notes: readonly Note[];
  readonly problems: readonly Problem[];
}

const KEYS: Readonly<Record<string, string>> = { bearer: "bearerToken", basic: "password" };

/** What a trigger's authModes (some call it authMode) ask for, in our sources' settings. */
export function httpLogin(
  type: string,
  s: Settings,
  { field, secret }: { readonly field: "authModes" | "authMode"; readonly secret: string },
): HttpLogin {
  const [mode, ...others] = (s[field] ?? "").split(",").flatMap((one) => one.trim() || []);
  if (mode === undefined) return { settings: {}, notes: [], problems: [] };
  const key = KEYS[mode];
  if (key === undefined || others.length > 0) {
    const remedy = "client certificates and other headers are not sent: let a proxy beside the server add them";
    return { settings: {}, notes: [], problems: [refused(s, field, "bearer or basic", remedy)] };
  }
  const { setting, note } = credential(type, key, secret);
  if (mode !== "basic") return { settings: setting, notes: [note], problems: [] };
  const problems = s.username ? [] : [refused(s, "username", "the user name", "write it here, as it is no secret")];
  return { settings: { username: s.username, ...setting }, notes: [note], problems };
}
