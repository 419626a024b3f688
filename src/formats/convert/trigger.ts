import type { Problem } from "../../core/index.ts";
import type { Note, SignalDraft } from "./draft.ts";
import { credentialNote } from "./stated-source.ts";

/** A trigger's metadata; KEDA takes every value as text. */
export type Settings = Readonly<Record<string, string>>;
type Rule = Readonly<Record<string, unknown>>;

/** One trigger of a ScaledObject, and what its conversion is to know. */
export interface Trigger {
  readonly settings: Settings;
  readonly name: string;
  /** The Secret that credentials are to be put into. */
  readonly secret: string;
}

/** A signal, or what is wrong with the trigger; paths are the trigger's. */
export type Made = SignalDraft | { readonly wrong: readonly Problem[] };

/** How one type of trigger is converted. */
export type Conversion = (trigger: Trigger) => Made;

/** A signal whose value is shared out among replicas, as a HorizontalPodAutoscaler's AverageValue is. */
export function perReplica(
  name: string,
  source: Rule,
  each: string | undefined,
  { activation, emptyValue }: { activation?: string | undefined; emptyValue?: number | undefined } = {},
): SignalDraft {
  const activeAbove = Number(activation ?? 0);
  const signal = {
    name,
    source,
    ...(emptyValue === undefined ? {} : { emptyValue }),
    ...(activeAbove === 0 ? {} : { activeAbove }),
    perReplica: { value: Number(each) },
  };
  return { signal };
}

/** The same signal with more to say about it. */
export function withNotes(draft: SignalDraft, notes: readonly Note[]): SignalDraft {
  return { ...draft, notes: [...(draft.notes ?? []), ...notes] };
}

/** A credential of a source as an object states it, and what is to be done about it. */
export function credential(type: string, key: string, secret: string): { setting: Rule; note: Note } {
  return {
    setting: { [key]: { secretRef: { name: secret, key } } },
    note: { path: ["source", type, key], text: credentialNote(secret, key) },
  };
}

/** The metadata that must have a value and has none. */
export function lacking(settings: Settings, ...fields: readonly string[]): Problem[] {
  return fields
    .filter((field) => !settings[field])
    .map((field) => {
      const problem = { path: `metadata.${field}`, message: "expected a value, got nothing" };
      if (!settings[`${field}FromEnv`]) return problem;
      const remedy = `write ${field} (without credentials) in place of ${field}FromEnv, as the workload's environment is not read`;
      return { ...problem, remedy };
    });
}

/** What a field says that cannot be kept. */
export function refused(settings: Settings, field: string, expected: string, remedy?: string): Problem {
  const stated = settings[field];
  const message = `expected ${expected}, got ${stated === undefined ? "nothing" : JSON.stringify(stated)}`;
  return { path: `metadata.${field}`, message, ...(remedy === undefined ? {} : { remedy }) };
}

/** Switches that ask for what cannot be kept, where they are on. */
export function switchedOn(settings: Settings, why: Readonly<Record<string, string>>): readonly Problem[] {
  return Object.entries(why)
    .filter(([field]) => settings[field] === "true")
    .map(([field, remedy]) => refused(settings, field, "false, as this cannot be kept", remedy));
}

/** What an empty answer counts as, where KEDA does not take it for a failure. */
export function emptyNote(value: number): Note {
  const text = `an empty answer counts as ${value}, as under KEDA; without this it would be a missing value, which never lowers the number`;
  return { path: ["emptyValue"], text };
}

/** Why a server's certificate must be one that can be checked. */
export const CHECKED_CERTIFICATES = "certificates are always checked here: state the authority's as caCertificate";
