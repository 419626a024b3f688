import type { Fields } from "../objects/fields.ts";
import type { ResourceRegistry } from "../resources/resource-registry.ts";
import type { Store } from "../store.ts";
import type { IncludeObject } from "../table/table.ts";
import type { AppliedConfigurations } from "./applied-configurations.ts";
import { badRequest, StatusError } from "./status-error.ts";

/** One request on a resource. */
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

export const object = (code: number, body: Fields, warnings: readonly string[] = []): Answer => ({
  kind: "object",
  code,
  body,
  warnings,
});

export const text = (code: number, body: string): Answer => ({
  kind: "raw",
  code,
  contentType: "text/plain; charset=utf-8",
  body,
});

/** The state that requests read and change. */
export interface Cluster {
  readonly store: Store;
  readonly registry: ResourceRegistry;
  readonly applied: AppliedConfigurations;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
