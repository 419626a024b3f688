import type * as z from "zod";
import type { Problem } from "../../core/index.ts";
import { didYouMean } from "../../shared/near-name.ts";
import type { SourceType } from "../../sources/shared/source.ts";
import { fieldPath } from "./field-path.ts";
import { jsonSchemaOf } from "./json-schema.ts";
import { schemaProblems, shown } from "./schema-problems.ts";

const secretsOf = new WeakMap<SourceType, ReadonlySet<string>>();

/** The names of a source's credentials. */
export function secretNames(type: SourceType): ReadonlySet<string> {
  let names = secretsOf.get(type);
  if (names === undefined) {
    const { properties = {} } = jsonSchemaOf(type.settings);
    names = new Set(Object.entries(properties).flatMap(([name, schema]) => (schema.secret === true ? [name] : [])));
    secretsOf.set(type, names);
  }
  return names;
}

/** That no source is called so. */
export function unknownSource(path: string, name: string, sources: readonly SourceType[]): Problem {
  const known = sources.map(({ type }) => type);
  return { path, message: `expected one of ${known.join(", ")}, got ${shown(name)}`, ...didYouMean(name, known) };
}

/** Thousands of them are a mistake, or meant to keep the process busy. */
const MOST_NAMED = 20;

/** What a source says against its settings. `alsoKnown`: names that a format has besides the source's own. */
export function settingProblems(
  error: z.ZodError,
  settings: Readonly<Record<string, unknown>>,
  type: SourceType,
  { under, alsoKnown = [] }: { readonly under: readonly PropertyKey[]; readonly alsoKnown?: readonly string[] },
): readonly Problem[] {
  const secrets = secretNames(type);
  const hide = ([setting]: readonly PropertyKey[]) => secrets.has(String(setting));
  const known = [...alsoKnown, ...Object.keys(type.settings.shape)];
  return error.issues.flatMap((issue): readonly Problem[] => {
    if (issue.code !== "unrecognized_keys" || issue.path.length > 0) {
      return schemaProblems({ issues: [issue] }, settings, { under, hide });
    }
    const named = issue.keys.slice(0, MOST_NAMED).map((name) => ({
      path: fieldPath([...under, name]),
      message: "unknown setting",
      ...didYouMean(name, known, `known here: ${known.join(", ")}`),
    }));
    const more = issue.keys.length - named.length;
    return more > 0 ? [...named, { path: fieldPath(under), message: `${more} more unknown settings` }] : named;
  });
}
