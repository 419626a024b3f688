import type { SourceReference } from "../../core/index.ts";
import { SOURCES } from "../../sources/registry.generated.ts";
import { jsonSchemaOf } from "../field-schemas.ts";
import type { Note } from "./draft.ts";

/** A parsed source as an object states it: without what is the default, and with Secrets instead of credentials. */
export function statedSource(
  { type, settings }: SourceReference,
  secretName: string,
): { readonly source: Readonly<Record<string, unknown>>; readonly notes: readonly Note[] } {
  const definition = SOURCES.find((source) => source.type === type);
  const { properties = {} } = definition === undefined ? {} : jsonSchemaOf(definition.settings);
  const notes: Note[] = [];
  const stated: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(settings)) {
    const schema = properties[name];
    if (value === undefined || JSON.stringify(schema?.default) === JSON.stringify(value)) continue;
    if (schema?.secret === true) {
      stated[name] = { secretRef: { name: secretName, key: name } };
      notes.push({ path: ["source", type, name], text: credentialNote(secretName, name) });
    } else stated[name] = value;
  }
  return { source: { [type]: stated }, notes };
}

/** What is to be done about a credential that stood in the open, or in another place. */
export function credentialNote(secret: string, key: string): string {
  return `credentials are kept in a Secret: create ${secret} with the key ${key} in this namespace`;
}
