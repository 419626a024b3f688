import { createHash } from "node:crypto";
import { type Fields, isFields, without } from "../objects.ts";
import { schemaOf } from "../resources/kubernetes-types.ts";
import type { ResourceRegistry, ResourceType, ResourceVersion } from "../resources/resource-type.ts";
import type { StructuralSchema } from "../schema.ts";

const OBJECT_VERBS = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const PART_VERBS = ["get", "patch", "update"];

const groupVersion = (group: string, version: string): string => (group === "" ? version : `${group}/${version}`);

/** The answer to the path of a discovery document; undefined if what it names is not served. */
export function discover(registry: ResourceRegistry, path: readonly string[]): Fields | undefined {
  const [root, group = "", version = ""] = path;
  if (root === "openapi") return openApiV3(registry, path.slice(1));
  if (root === "api" && path.length === 1) {
    return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
  }
  if (root === "api" && path.length === 2) return resourceList(registry, "", group);
  if (root !== "apis" || path.length > 3) return undefined;
  if (path.length === 3) return resourceList(registry, group, version);
  const groups = registry.groups();
  if (path.length === 1) {
    const named = [...groups].filter(([name]) => name !== "").map(([name, versions]) => entry(name, versions));
    return { kind: "APIGroupList", apiVersion: "v1", groups: named };
  }
  const versions = groups.get(group);
  return versions === undefined ? undefined : { kind: "APIGroup", apiVersion: "v1", ...entry(group, versions) };
}

function openApiV3(registry: ResourceRegistry, [version, root, ...rest]: readonly string[]): Fields | undefined {
  if (version !== "v3") return undefined;
  if (root === undefined) return openApiIndex(registry);
  const [group = "", name = ""] = root === "api" ? ["", ...rest] : rest;
  return openApiDocument(registry, group, name);
}

function entry(group: string, versions: readonly string[]): Fields {
  const listed = versions.map((version) => ({ groupVersion: groupVersion(group, version), version }));
  return { name: group, versions: listed, preferredVersion: listed[0] };
}

function resourceList(registry: ResourceRegistry, group: string, version: string): Fields | undefined {
  const resources = registry.all().flatMap((type) => {
    const served = type.group === group ? type.versions.find((one) => one.name === version) : undefined;
    return served === undefined ? [] : entriesOf(type, served);
  });
  if (resources.length === 0) return undefined;
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion: groupVersion(group, version), resources };
}

function entriesOf(type: ResourceType, version: ResourceVersion): readonly Fields[] {
  const { plural, singular, namespaced, kind, shortNames, categories } = type;
  const base = { singularName: "", namespaced, kind };
  const main = {
    name: plural,
    ...base,
    singularName: singular,
    verbs: OBJECT_VERBS,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
  };
  const scale = { group: "autoscaling", version: "v1", kind: "Scale", verbs: PART_VERBS };
  return [
    main,
    ...(version.scale === undefined ? [] : [{ ...base, name: `${plural}/scale`, ...scale }]),
    ...(version.hasStatus ? [{ ...base, name: `${plural}/status`, verbs: PART_VERBS }] : []),
  ];
}

const pathOf = (group: string, version: string): string =>
  group === "" ? `api/${version}` : `apis/${group}/${version}`;

/** The answer to `/openapi/v3`: the paths of the documents of each group and version. */
function openApiIndex(registry: ResourceRegistry): Fields {
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

/** The OpenAPI v3 document of one group and version; undefined if it is not served. */
function openApiDocument(registry: ResourceRegistry, group: string, version: string): Fields | undefined {
  const served = registry.all().flatMap((type) => {
    const found = type.group === group ? type.versions.find((one) => one.name === version) : undefined;
    return found === undefined ? [] : [{ type, version: found }];
  });
  if (served.length === 0) return undefined;
  const paths: Fields = {};
  const schemas: Fields = { [METADATA_NAME]: published(schemaOf("ObjectMeta") ?? {}) };
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
      ...without(properties ?? {}, "apiVersion", "kind", "metadata"),
    },
    "x-kubernetes-group-version-kind": [kindOf(type, version)],
  };
}

// Clients check these two query parameters to learn whether the server validates fields and supports dry runs.
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

/** The media type of OpenAPI v2 as protobuf; clients write it with an `@`, which media types do not allow. */
const PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/**
 * The answer to `/openapi/v2`: a document without definitions. Old kubectls that validate by themselves then leave
 * validation to the server.
 */
export function openApiV2(accept: string): { readonly contentType: string; readonly body: string | Buffer } {
  const info = { title: "Kubernetes", version: "sandbox" };
  if (!accept.includes("protobuf")) {
    const document = { swagger: "2.0", info, paths: {}, definitions: {} };
    return { contentType: "application/json", body: JSON.stringify(document) };
  }
  const body = Buffer.concat([
    field(1, "2.0"),
    field(2, Buffer.concat([field(1, info.title), field(2, info.version)])),
  ]);
  return { contentType: PROTOBUF, body };
}

/** A length-delimited protobuf field; all lengths here are below 128. */
function field(number: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

/** A structural schema in the form of an OpenAPI document. */
function published(schema: StructuralSchema): Fields & { properties?: Fields } {
  const shown: Fields & { properties?: Fields } = { ...schema };
  if (schema.properties !== undefined) {
    shown.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, one]) => [name, published(one)]),
    );
  }
  if (schema.items !== undefined) shown.items = published(schema.items);
  if (isFields(schema.additionalProperties)) shown.additionalProperties = published(schema.additionalProperties);
  return shown;
}

const METADATA_NAME = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
