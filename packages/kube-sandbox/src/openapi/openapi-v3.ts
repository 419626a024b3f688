import { createHash } from "node:crypto";
import type { Fields } from "../objects/fields.ts";
import type { ResourceRegistry } from "../resources/resource-registry.ts";
import type { ResourceType, ResourceVersion } from "../resources/resource-type.ts";
import { METADATA_NAME, METADATA_SCHEMA } from "./metadata-schema.ts";
import { published } from "./published-schema.ts";

const pathOf = (group: string, version: string): string =>
  group === "" ? `api/${version}` : `apis/${group}/${version}`;

/** The answer to `/openapi/v3`: where the document of each group and version is. */
export function openApiIndex(registry: ResourceRegistry): Fields {
  const paths: Fields = {};
  for (const [group, versions] of registry.groups()) {
    for (const version of versions) {
      const path = pathOf(group, version);
      const document = JSON.stringify(openApiDocument(registry, group, version));
      const hash = createHash("sha256").update(document).digest("hex").toUpperCase();
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
    }
  }
  return { paths };
}

/** The OpenAPI v3 document of one group and version; undefined where nothing of it is served. */
export function openApiDocument(registry: ResourceRegistry, group: string, version: string): Fields | undefined {
  const served = registry.all().flatMap((type) => {
    const found = type.group === group ? type.versions.find((one) => one.name === version) : undefined;
    return found === undefined ? [] : [{ type, version: found }];
  });
  if (served.length === 0) return undefined;
  const paths: Fields = {};
  const schemas: Fields = { [METADATA_NAME]: METADATA_SCHEMA };
  for (const { type, version: one } of served) {
    Object.assign(paths, pathsOf(type, one));
    schemas[schemaName(type, one)] = objectSchema(type, one);
  }
  return { openapi: "3.0.0", info: { title: "Kubernetes", version: "sandbox" }, paths, components: { schemas } };
}

function schemaName(type: ResourceType, version: ResourceVersion): string {
  const reversed = type.custom ? type.group.split(".").reverse().join(".") : `io.k8s.api.${type.group || "core"}`;
  return `${reversed}.${version.name}.${type.kind}`;
}

const kindOf = (type: ResourceType, version: ResourceVersion): Fields => ({
  group: type.group,
  version: version.name,
  kind: type.kind,
});

function objectSchema(type: ResourceType, version: ResourceVersion): Fields {
  const { properties, ...schema } = published(version.schema ?? { type: "object" });
  const text = (description: string): Fields => ({ type: "string", description });
  return {
    ...schema,
    properties: {
      apiVersion: text("APIVersion defines the versioned schema of this representation of an object."),
      kind: text("Kind is a string value representing the REST resource this object represents."),
      metadata: {
        description: "Standard object's metadata.",
        allOf: [{ $ref: `#/components/schemas/${METADATA_NAME}` }],
        default: {},
      },
      ...without(properties ?? {}),
    },
    "x-kubernetes-group-version-kind": [kindOf(type, version)],
  };
}

function without(properties: Fields): Fields {
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...own } = properties;
  return own;
}

// Clients look for these two query parameters to learn whether the server validates fields and can dry-run.
const PARAMETERS = ["dryRun", "fieldManager", "fieldValidation", "force", "pretty"].map((name) => ({
  name,
  in: "query",
  schema: { type: name === "force" ? "boolean" : "string", uniqueItems: true },
}));

function pathsOf(type: ResourceType, version: ResourceVersion): Fields {
  const root = `/${pathOf(type.group, version.name)}`;
  const all = type.namespaced ? `${root}/namespaces/{namespace}/${type.plural}` : `${root}/${type.plural}`;
  const ref = { $ref: `#/components/schemas/${schemaName(type, version)}` };
  const answers = { 200: { description: "OK", content: { "application/json": { schema: ref } } } };
  const operation = (action: string, parameters: readonly Fields[] = []): Fields => ({
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": kindOf(type, version),
    parameters,
    responses: answers,
  });
  return {
    [all]: { get: operation("list"), post: operation("post", PARAMETERS) },
    [`${all}/{name}`]: {
      get: operation("get"),
      put: operation("put", PARAMETERS),
      patch: operation("patch", PARAMETERS),
      delete: operation("delete", PARAMETERS),
    },
  };
}
