import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { JsonSchema } from "../../src/formats/field-schemas.ts";

/** A field of a CRD, by its path as kubectl explain takes it. */
export type CrdField = readonly [path: string, field: JsonSchema];

/** Every field that an object of such a CRD may have in its spec and status. */
export function crdFields(file: string): readonly CrdField[] {
  const { spec } = parse(readFileSync(file, "utf8"));
  const { properties } = spec.versions[0].schema.openAPIV3Schema;
  return ["spec", "status"].flatMap((name) => [[name, properties[name]] as const, ...fieldsOf(properties[name], name)]);
}

function fieldsOf({ properties = {}, items }: JsonSchema, under: string): readonly CrdField[] {
  const own = Object.entries(properties).flatMap(([name, field]): CrdField[] => [
    [`${under}.${name}`, field],
    ...fieldsOf(field, `${under}.${name}`),
  ]);
  return items === undefined ? own : [...own, ...fieldsOf(items, under)];
}
