import type * as z from "zod";
import { type JsonSchema, jsonSchemaOf } from "../field-schemas.ts";

/** One column that kubectl prints. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "date";
  readonly description: string;
  readonly jsonPath: string;
  /** Above 0: shown with -o wide only. */
  readonly priority?: number;
}

/** What a server checks beyond the schema; `self` is what stands at the rule's place. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
}

/** What differs from one of our kinds to the next. */
export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly spec: z.ZodType;
  /** By path within the spec ("signals.items"; "" is the spec itself): keywords that no zod type expresses. */
  readonly keywordsAt?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** By path likewise: CEL rules, for servers from 1.25 on. */
  readonly rulesAt?: Readonly<Record<string, readonly CelRule[]>>;
  readonly status: z.ZodType;
  readonly columns: readonly Column[];
}

/** The same kind for servers that know CEL rules. */
export function withRules(kind: Kind): Kind {
  const keywordsAt: Record<string, Readonly<Record<string, unknown>>> = { ...kind.keywordsAt };
  for (const [path, rules] of Object.entries(kind.rulesAt ?? {})) {
    keywordsAt[path] = { ...keywordsAt[path], "x-kubernetes-validations": rules };
  }
  return { ...kind, keywordsAt };
}

/** As in a kind's paths. */
export function pluralOf({ kind }: Kind): string {
  return `${kind.toLowerCase()}s`;
}

/** The CustomResourceDefinition of a kind: namespaced, one version, with a status subresource that keeps its fields. */
export function customResourceDefinition(kind: Kind): Record<string, unknown> {
  const plural = pluralOf(kind);
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${kind.group}` },
    spec: {
      group: kind.group,
      scope: "Namespaced",
      // The default, but one that must be said to a cluster that holds the original's CRD of the time before v1.
      preserveUnknownFields: false,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural,
        singular: kind.kind.toLowerCase(),
        shortNames: [...kind.shortNames],
      },
      versions: [
        {
          name: kind.version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [...kind.columns],
          schema: { openAPIV3Schema: objectSchema(kind) },
        },
      ],
    },
  };
}

function objectSchema(kind: Kind): Record<string, unknown> {
  return {
    type: "object",
    description: kind.description,
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: withKeywords(structuralSchema(kind.spec), kind.keywordsAt ?? {}, ""),
      status: structuralSchema(kind.status),
    },
  };
}

function withKeywords(schema: JsonSchema, keywordsAt: NonNullable<Kind["keywordsAt"]>, path: string): JsonSchema {
  const under = (name: string): string => (path === "" ? name : `${path}.${name}`);
  const { properties, items } = schema;
  const children = Object.entries(properties ?? {}).map(([name, child]) => [
    name,
    withKeywords(child, keywordsAt, under(name)),
  ]);
  return {
    ...schema,
    ...(properties === undefined ? {} : { properties: Object.fromEntries(children) }),
    ...(items === undefined ? {} : { items: withKeywords(items, keywordsAt, under("items")) }),
    ...keywordsAt[path],
  };
}

/** Keywords that a v1 CRD takes as they are. */
const KEPT = new Set([
  "type",
  "description",
  "enum",
  "default",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "required",
  "nullable",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-int-or-string",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-validations",
]);

/** What an API server from 1.20 on takes as a structural schema: no unions of types, no bounds that JavaScript made up. */
function structuralSchema(schema: z.ZodType): JsonSchema {
  return structural(jsonSchemaOf(schema));
}

function structural(schema: JsonSchema): JsonSchema {
  // A field of several types cannot be structural: the source itself checks it.
  if (schema.type === undefined) return { ...described(schema), "x-kubernetes-preserve-unknown-fields": true };
  const kept = Object.entries(schema).filter(([keyword, value]) => KEPT.has(keyword) && !isSafeIntegerBound(value));
  return {
    ...Object.fromEntries(kept),
    ...formatOf(schema),
    ...(schema.properties === undefined ? {} : { properties: mapped(schema.properties) }),
    ...(schema.items === undefined ? {} : { items: structural(schema.items) }),
    ...(typeof schema.additionalProperties === "object"
      ? { additionalProperties: structural(schema.additionalProperties) }
      : {}),
  };
}

function described({ description }: JsonSchema): Partial<JsonSchema> {
  return description === undefined ? {} : { description };
}

function mapped(properties: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, structural(schema)]));
}

/** A date-time needs no pattern beside it; zod writes one. */
function formatOf({ format, pattern }: JsonSchema): Partial<JsonSchema> {
  if (format === "date-time") return { format };
  return pattern === undefined ? {} : { pattern };
}

function isSafeIntegerBound(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) === Number.MAX_SAFE_INTEGER;
}
