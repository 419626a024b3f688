import { parseAllDocuments } from "yaml";
import { type Fields, isFields } from "../objects.ts";
import { PROTOBUF, readProtobuf } from "../protobuf/read-protobuf.ts";
import type { ResourceRegistry, ServedResource } from "../resources/resource-type.ts";
import type { AppliedConfigurations, Store } from "../store.ts";
import type { IncludeObject } from "../table.ts";
import { badRequest, StatusError } from "./status-error.ts";

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string;
  /** Without parameters, in lower case. */
  readonly mediaType: string;
  readonly body: Buffer;
}

/** The form in which the client wants objects. */
export interface Shape {
  readonly as: "object" | "table" | "metadata";
  readonly include: IncludeObject;
}

/** Reads the Accept header; the first form that the server supports wins. */
export function shapeOf(call: Call): Shape {
  const include = call.query.get("includeObject") ?? "Metadata";
  if (include !== "None" && include !== "Metadata" && include !== "Object") {
    throw badRequest(`unrecognized includeObject value "${include}"`);
  }
  const ranges = call.accept === "" ? ["*/*"] : call.accept.split(",").map((range) => range.trim().toLowerCase());
  for (const range of ranges) {
    const as = shapeOfRange(range);
    if (as !== undefined) return { as, include };
  }
  const message = "only the following media types are accepted: application/json, application/yaml";
  throw new StatusError(406, "NotAcceptable", message, {});
}

function shapeOfRange(range: string): Shape["as"] | undefined {
  const type = range.split(";")[0]?.trim() ?? "";
  if (!["application/json", "application/yaml", "*/*", "application/*"].includes(type)) return undefined;
  const as = /;\s*as=([a-z]+)/.exec(range)?.[1];
  if (as === undefined) return "object";
  if (as === "table") return "table";
  return as === "partialobjectmetadata" || as === "partialobjectmetadatalist" ? "metadata" : undefined;
}

/** Whether the client prefers YAML. */
export function wantsYaml(accept: string): boolean {
  return accept.toLowerCase().startsWith("application/yaml");
}

/** Receives the lines of a watch; `end` closes the answer. */
export interface WatchSink {
  write(event: { readonly type: string; readonly object: Fields }): void;
  end(): void;
}

/** What the HTTP server sends back. */
export type Answer =
  | { readonly kind: "object"; readonly code: number; readonly body: Fields; readonly warnings?: readonly string[] }
  | { readonly kind: "raw"; readonly code: number; readonly contentType: string; readonly body: string | Buffer }
  /** Starts writing at once; the returned function stops it. */
  | { readonly kind: "watch"; readonly start: (sink: WatchSink) => () => void };

export function object(code: number, body: Fields, warnings: readonly string[] = []): Answer {
  return { kind: "object", code, body, warnings };
}

export function text(code: number, body: string): Answer {
  return { kind: "raw", code, contentType: "text/plain; charset=utf-8", body };
}

/** The state that requests read and change. */
export interface Cluster {
  readonly store: Store;
  readonly registry: ResourceRegistry;
  readonly applied: AppliedConfigurations;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Target {
  readonly served: ServedResource;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  /** The old form `/watch/...`. */
  readonly watches: boolean;
}

/** Parses `/api/v1/...` and `/apis/GROUP/VERSION/...`; undefined if no such resource is served. */
export function parseTarget(registry: ResourceRegistry, path: string): Target | undefined {
  const [root, ...segments] = path
    .split("/")
    .filter((segment) => segment !== "")
    .map(decodeURIComponent);
  if (root !== "api" && root !== "apis") return undefined;
  const group = root === "api" ? "" : (segments.shift() ?? "");
  const version = segments.shift() ?? "";
  const watches = segments[0] === "watch";
  if (watches) segments.shift();
  // `namespaces/NAME` and its subresources are the Namespace itself; `namespaces/NAME/pods` is in it.
  const isPart = segments[2] === "status" || segments[2] === "finalize";
  const isInNamespace = segments[0] === "namespaces" && segments.length > 2 && !isPart;
  const namespace = isInNamespace ? segments[1] : undefined;
  const [plural = "", name, subresource, ...more] = isInNamespace ? segments.slice(2) : segments;
  const served = registry.find(group, version, plural);
  if (served === undefined || more.length > 0 || !fitsScope(served, namespace, name)) return undefined;
  return {
    served,
    watches,
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    ...(subresource !== undefined && { subresource }),
  };
}

function fitsScope(served: ServedResource, namespace: string | undefined, name: string | undefined): boolean {
  if (!served.type.namespaced) return namespace === undefined;
  return namespace !== undefined || name === undefined;
}

/** Parses a request's body by its media type: JSON, protobuf or, for any other, YAML. */
export function readBody(body: Buffer, mediaType: string): unknown {
  if (body.length === 0) throw badRequest("expected a body, got none");
  if (mediaType === PROTOBUF) return readProtobuf(body);
  const text = body.toString("utf8");
  return mediaType.endsWith("json") ? readJson(text) : readYaml(text);
}

/** The same for a body that must be one object. */
export function readObject(body: Buffer, mediaType: string): Fields {
  const value = readBody(body, mediaType);
  if (isFields(value)) return value;
  const got = JSON.stringify(value).slice(0, 80);
  throw badRequest(`couldn't get version/kind; json parse error: expected an object, got ${got}`);
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    const problem = `couldn't get version/kind; json parse error: ${(error as Error).message}`;
    throw badRequest(`the object provided is unrecognized: ${problem}`);
  }
}

function readYaml(body: string): unknown {
  const [document, ...more] = parseAllDocuments(body, { uniqueKeys: false });
  if (document === undefined || more.length > 0) throw badRequest("expected one YAML document");
  const [error] = document.errors;
  if (error !== undefined) throw badRequest(`error converting YAML to JSON: ${error.message}`);
  return document.toJS({ maxAliasCount: 100 });
}
