import * as z from "zod";
import type { Problem, SourceReference } from "../core/index.ts";
import { didYouMean } from "../shared/near-name.ts";
import { HostList } from "../sources/shared/host-list.ts";
import type { SourceType } from "../sources/shared/source.ts";
import { jsonSchemaOf, NAME, OF_OBJECT } from "./field-schemas.ts";
import { fieldPath, problem, schemaProblems, shown } from "./problems.ts";

/** One key of a Secret in the object's own namespace. */
export interface SecretReference {
  readonly name: string;
  readonly key: string;
}

/** Why there is no credential: no such Secret, no such key in it, no right to read it, or no answer from the API server. */
interface NoCredential {
  readonly reason: "SecretMissing" | "SecretKeyMissing" | "SecretForbidden" | "SecretUnreadable";
  /** What the API server said. */
  readonly because?: string;
}

/** A Secret says in its annotation to which hosts what it holds may be sent. */
export interface HostBound {
  readonly secret: string;
  readonly allowedHosts: string;
}

/** A credential that may be sent to some hosts only: as its own Secret says, or as those say of which it was made. */
type BoundCredential = { readonly value: string } & (
  | { readonly allowedHosts: string }
  | { readonly bounds: readonly HostBound[] }
);

/** How a value begins that stands in for a Secret that is not in the input of a check. */
export const PLACEHOLDER = "not handed in: ";

/** Looks up a key of a Secret. */
export type SecretLookup = (reference: SecretReference) => string | BoundCredential | NoCredential;

const secretSetting = z.object({
  secretRef: z
    .object({
      name: z.string().min(1).regex(NAME, OF_OBJECT).describe("Name of a Secret in this object's namespace."),
      key: z
        .string()
        .min(1)
        .regex(/^[A-Za-z0-9._-]+$/, "expected a key of letters, digits, -, _ and .")
        .describe("Key in that Secret."),
    })
    .describe("Where the credential is."),
});

/** A source's settings as an object states them: credentials are references to Secrets, never values. */
export function statedSettings(type: SourceType): z.ZodObject {
  const secrets = secretNames(type);
  const { properties = {} } = jsonSchemaOf(type.settings);
  const stated = Object.entries(type.settings.shape).map(([name, schema]): [string, z.ZodType] => {
    if (!secrets.has(name)) return [name, schema as z.ZodType];
    return [name, secretSetting.optional().describe(`${properties[name]?.description ?? name}, from a Secret`)];
  });
  return z.object(Object.fromEntries(stated)).describe(type.about);
}

/** Every Secret key that such settings refer to. */
export function secretReferences(settings: Readonly<Record<string, unknown>>): readonly SecretReference[] {
  return Object.values(settings).flatMap((value) => {
    const stated = secretSetting.safeParse(value);
    return stated.success ? [stated.data.secretRef] : [];
  });
}

/** The source that `{ type: settings }` names, with its credentials; or all that is wrong with it. */
export function sourceFrom(
  stated: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  path: readonly PropertyKey[],
  sources: readonly SourceType[],
  secrets: SecretLookup,
): { readonly source: SourceReference } | { readonly problems: readonly Problem[] } {
  const at = fieldPath(path);
  const names = Object.keys(stated);
  const [name = ""] = names;
  if (names.length !== 1) return { problems: [problem(at, `expected exactly one source, got ${listNames(names)}`)] };
  const type = sources.find((source) => source.type === name);
  if (type === undefined) return { problems: [unknownSource(at, name, sources)] };
  const { settings, bound, problems } = withSecrets(stated[name] ?? {}, secretNames(type), `${at}.${name}`, secrets);
  const parsed = type.settings.safeParse(settings);
  if (!parsed.success) {
    const known = new Set(problems.map((one) => one.path));
    const others = settingProblems(parsed.error, settings, type, { under: [...path, name] });
    return { problems: [...problems, ...others.filter((one) => !known.has(one.path))] };
  }
  problems.push(...bound.flatMap((one) => misdirected(one, hostsOf(parsed.data)) ?? []));
  return problems.length > 0 ? { problems } : { source: { type: name, settings: parsed.data } };
}

/** Where the credential of a setting may be sent. */
interface Bound extends HostBound {
  readonly path: string;
}

function withSecrets(
  stated: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
  at: string,
  secrets: SecretLookup,
) {
  const problems: Problem[] = [];
  const bound: Bound[] = [];
  const settings = { ...stated };
  for (const [name, value] of Object.entries(stated)) {
    if (!known.has(name)) continue;
    const path = `${at}.${name}`;
    // The rest of the settings is checked as if the credential were there.
    settings[name] = "a credential";
    const reference = secretSetting.safeParse(value).data?.secretRef;
    if (reference === undefined) {
      const message = "expected secretRef with name and key, got another value";
      problems.push(problem(path, message, "keep credentials in a Secret"));
      continue;
    }
    const found = secrets(reference);
    if (typeof found === "string") settings[name] = found;
    else if ("reason" in found) problems.push({ path, reason: found.reason, ...describeMissing(reference, found) });
    else {
      settings[name] = found.value;
      const { name: secret } = reference;
      const bounds = "bounds" in found ? found.bounds : [{ secret, allowedHosts: found.allowedHosts }];
      bound.push(...bounds.map((one) => ({ path, ...one })));
    }
  }
  return { settings, bound, problems };
}

/** The hosts that a source's settings lead to, as they are written. */
function hostsOf(settings: Readonly<Record<string, unknown>>): readonly string[] {
  const { host, brokers, ...others } = settings;
  const urls = Object.values(others).filter(
    (value): value is string => typeof value === "string" && /^https?:\/\//i.test(value) && URL.canParse(value),
  );
  return [
    ...(typeof host === "string" ? [host] : []),
    ...(Array.isArray(brokers) ? brokers.map((broker) => String(broker).replace(/:\d+$/, "")) : []),
    ...urls.map((url) => new URL(url).hostname),
  ];
}

function misdirected({ path, secret, allowedHosts }: Bound, hosts: readonly string[]): Problem | undefined {
  const what = `the annotation muster.dev/allowed-hosts of Secret ${shown(secret)}`;
  try {
    const allowed = HostList.parse(allowedHosts);
    const elsewhere = hosts.filter((host) => !allowed.hasHost(host));
    if (elsewhere.length === 0) return undefined;
    const message = `expected a host that ${what} has, got ${elsewhere.join(", ")}`;
    return problem(path, message, "name the host there, or use another Secret");
  } catch (error) {
    return problem(path, `${what} cannot be understood: ${(error as Error).message}`);
  }
}

const APPLY =
  "apply deploy/secret-reader.yaml with this namespace and the Secret's name, or name it in rbac.secrets of the chart";

/** Why a credential is not there, and what to do. */
export function describeMissing(
  { name, key }: SecretReference,
  { reason, because = "no answer" }: NoCredential,
): Pick<Problem, "message" | "remedy"> {
  const expected = `expected key ${shown(key)} in Secret ${shown(name)}`;
  switch (reason) {
    case "SecretMissing":
      return {
        message: `${expected}, got no such Secret in this object's namespace`,
        remedy: `create it; if Muster may not read it either, ${APPLY}`,
      };
    case "SecretKeyMissing":
      return { message: `${expected}, got a Secret without it`, remedy: "add the key, or correct its name" };
    case "SecretForbidden":
      return { message: `${expected}, got no permission to read it: ${because}`, remedy: APPLY };
    case "SecretUnreadable":
      return { message: `${expected}, which cannot be read: ${because}` };
  }
}

function listNames(names: readonly string[]): string {
  if (names.length > 10) return `${names.length}: ${names.slice(0, 10).join(", ")} and so on`;
  return names.length === 0 ? "none" : names.join(", ");
}

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

/** A source of an unknown type. */
export function unknownSource(path: string, name: string, sources: readonly SourceType[]): Problem {
  const known = sources.map(({ type }) => type);
  const message = `expected one of ${known.join(", ")}, got ${shown(name)}`;
  return problem(path, message, didYouMean(name, known).remedy);
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
    const named = issue.keys.slice(0, MOST_NAMED).map((name) => {
      const { remedy } = didYouMean(name, known, `known here: ${known.join(", ")}`);
      return problem(fieldPath([...under, name]), "unknown setting", remedy);
    });
    const more = issue.keys.length - named.length;
    return more > 0 ? [...named, problem(fieldPath(under), `${more} more unknown settings`)] : named;
  });
}
