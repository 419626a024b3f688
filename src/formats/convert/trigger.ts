import type { Problem } from "../../core/index.ts";
import { ownValue } from "../../shared/own-value.ts";
import { hostPortOf, shownAddress, urlOf } from "./addresses.ts";
import type { Note } from "./draft.ts";

/** A trigger's metadata; KEDA takes every value as text. */
export type Settings = Readonly<Record<string, string>>;
type Values = Readonly<Record<string, unknown>>;
type Maybe<Value> = Value | "" | false | undefined;

/** How one type of trigger is converted. */
export interface TriggerType {
  /** The fields that KEDA does not read as text. */
  readonly fields?: Readonly<Record<string, FieldKind>>;
  readonly required?: readonly string[];
  /** Fields that hold a URL over HTTP. */
  readonly urls?: readonly string[];
  /** Switches that must be off, and what to do in their place. */
  readonly off?: Readonly<Record<string, string>>;
  /** `secret`: the Secret that credentials are to be put into. Also called with settings that lack something. */
  readonly convert: (settings: Settings, secret: string) => Converted;
}

/** The parts of a signal; with problems, the rest is ignored. Paths of notes are the signal's, of problems the trigger's. */
export interface Converted {
  readonly problems?: readonly Maybe<Problem>[];
  readonly source: Values;
  /** What one replica takes of the value, as a HorizontalPodAutoscaler's AverageValue. */
  readonly each?: string | undefined;
  readonly activation?: string | undefined;
  readonly emptyValue?: number | undefined;
  /** Further fields of the signal; a rule among them stands in for `each`. */
  readonly more?: Values;
  readonly notes?: readonly Maybe<Note>[];
  /** Credentials that the trigger states in the open, by their names in the source. */
  readonly stated?: Readonly<Record<string, string>>;
}

/** The problems that follow from the declaration of a trigger's type. */
export function declaredProblems({ required = [], urls = [], off = {} }: TriggerType, s: Settings): readonly Problem[] {
  return [
    ...findMissing(s, ...required),
    ...urls.flatMap((field) => urlProblem(s, field) ?? []),
    ...Object.entries(off).flatMap(([field, remedy]) =>
      s[field] === "true" ? [refuse(s, field, "false, as this cannot be kept", remedy)] : [],
    ),
  ];
}

/** Fields of the metadata that must have a value and have none. */
export function findMissing(settings: Settings, ...fields: readonly string[]): Problem[] {
  return fields
    .filter((field) => !settings[field])
    .map((field) => {
      const remedy = `write ${field} (without credentials) in place of ${field}FromEnv, or hand in the workload that has this variable: it was not found`;
      const inEnvironment = settings[`${field}FromEnv`] ? { remedy } : {};
      return { path: `metadata.${field}`, message: "expected a value, got nothing", ...inEnvironment };
    });
}

/** A problem with a field whose value cannot be kept. */
export function refuse(settings: Settings, field: string, expected: string, remedy?: string): Problem {
  const stated = settings[field];
  const message = `expected ${expected}, got ${stated === undefined ? "nothing" : JSON.stringify(stated)}`;
  return { path: `metadata.${field}`, message, ...(remedy === undefined ? {} : { remedy }) };
}

function urlProblem(settings: Settings, field: string): Problem | undefined {
  const text = settings[field];
  const url = text === undefined ? undefined : urlOf(text, ["http", "https"]);
  const path = `metadata.${field}`;
  if (typeof url === "string") return { path, message: url };
  if (url === undefined || (url.username === "" && url.password === "")) return undefined;
  const message = `expected a URL without credentials, got ${shownAddress(text ?? "")}`;
  return {
    path,
    message,
    remedy: "leave them out here, and state username and password (from a Secret) in the result",
  };
}

/** The host and port that a field holds. */
export function readServer(address: string, field: string, usualPort?: number) {
  const server = hostPortOf(address, usualPort);
  const problem = typeof server === "string" ? { path: `metadata.${field}`, message: server } : undefined;
  return { server: typeof server === "string" ? { host: "", port: 0 } : server, problem };
}

/** A remark on a field of the signal, by its path ("source.kafka.group"). */
export function note(path: string, text: string): Note {
  return { path: path.split("."), text };
}

/** The same, where the signal means something else than the trigger. */
export function difference(path: string, text: string): Note {
  return { ...note(path, text), differs: true };
}

/** A credential of a source as an object states it, and what is to be done about it. */
export function credential(type: string, key: string, secret: string): { setting: Values; note: Note } {
  return {
    setting: { [key]: { secretRef: { name: secret, key } } },
    note: { path: ["source", type, key], text: describeCredential(secret, key) },
  };
}

/** What to do about a credential that the original does not keep in a Secret of this name. */
export function describeCredential(secret: string, key: string): string {
  return `credentials are kept in a Secret: create ${secret} with the key ${key} in this namespace`;
}

/** What an empty answer counts as, where KEDA does not take it for a failure. */
export function emptyNote(value: number): Note {
  const text = `an empty answer counts as ${value}, as under KEDA; without this it would be a missing value, which never lowers the number`;
  return { path: ["emptyValue"], text };
}

/** Why `unsafeSsl` must be off. */
export const CHECKED_CERTIFICATES = "certificates are always checked here: state the authority's as caCertificate";

/** A switch, a number, or what one replica takes (above 0). */
type FieldKind = keyof typeof KINDS;

const KINDS = {
  switch: { expected: "true or false (1, t, T, TRUE, True, 0, f, F, FALSE, False)", read: readSwitch },
  number: { expected: "a number", read: readNumber },
  whole: { expected: "a whole number", read: readWhole },
  target: { expected: "a number of 0.001 or more", read: (text: string) => readTarget(readNumber(text)) },
  wholeTarget: { expected: "a whole number above 0", read: (text: string) => readTarget(readWhole(text)) },
} as const;

/**
 * A trigger's metadata as KEDA reads it: without blanks around a value and without empty ones, switches as "true" and
 * "false", numbers in JavaScript's spelling.
 */
export function readFields(
  { fields = {} }: Pick<TriggerType, "fields">,
  metadata: Settings,
): { settings: Settings; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const settings: Record<string, string> = {};
  for (const [field, stated] of Object.entries(metadata)) {
    const text = stated.trim();
    const kind = ownValue(fields, field);
    if (text === "") continue;
    const read = kind === undefined ? text : KINDS[kind].read(text);
    if (read !== undefined) settings[field] = read;
    else if (kind !== undefined) {
      const message = `expected ${KINDS[kind].expected}, got ${JSON.stringify(text)}`;
      problems.push({ path: `metadata.${field}`, message });
    }
  }
  return { settings, problems };
}

/** Go's strconv.ParseBool, as "true" or "false". */
function readSwitch(text: string): "true" | "false" | undefined {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return "true";
  return ["0", "f", "F", "FALSE", "false", "False"].includes(text) ? "false" : undefined;
}

/** A switch of KEDA's annotations: what is no boolean counts as true. */
export function isSwitchedOn(text: string | undefined): boolean {
  return text !== undefined && readSwitch(text) !== "false";
}

function readNumber(text: string): string | undefined {
  const value = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? String(value) : undefined;
}

function readWhole(text: string): string | undefined {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

/** KEDA hands targets to the HorizontalPodAutoscaler with three digits, as Go's "%.3f" prints them. */
function readTarget(text: string | undefined): string | undefined {
  const value = Number(Number(text).toFixed(3));
  return text !== undefined && value > 0 ? String(value) : undefined;
}
