import { type Fields, without } from "../objects/fields.ts";
import type { Column } from "./column.ts";

/** How much of each object a table carries (query `includeObject`). */
export type IncludeObject = "None" | "Metadata" | "Object";

/** The object without all but its metadata. */
export function metadataOnly(object: Fields): Fields {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}

/** A Table as `kubectl get` asks for it. */
export function table(
  columns: readonly Column[],
  objects: readonly Fields[],
  options: {
    readonly include: IncludeObject;
    readonly now: number;
    readonly metadata?: Fields;
    readonly headers?: boolean;
  },
): Fields {
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: options.metadata ?? {},
    columnDefinitions: options.headers === false ? null : columns.map((one) => without({ ...one }, "cell")),
    rows: objects.map((object) => ({
      cells: columns.map((one) => one.cell(object, options.now) ?? null),
      ...(options.include !== "None" && { object: options.include === "Object" ? object : metadataOnly(object) }),
    })),
  };
}
