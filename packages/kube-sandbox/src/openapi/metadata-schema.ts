import type { Fields } from "../objects/fields.ts";

export const METADATA_NAME = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

const text = (description: string): Fields => ({ type: "string", description });
const texts = (description: string): Fields => ({
  type: "object",
  description,
  additionalProperties: { type: "string", default: "" },
});

/** ObjectMeta, for `kubectl explain`. */
export const METADATA_SCHEMA: Fields = {
  type: "object",
  description: "ObjectMeta is metadata that all persisted resources must have.",
  properties: {
    annotations: texts("Unstructured key value map that tools may set to keep arbitrary metadata."),
    creationTimestamp: text("When this object was created."),
    deletionGracePeriodSeconds: { type: "integer", description: "Seconds the object may take to end." },
    deletionTimestamp: text("When this object will be deleted."),
    finalizers: { type: "array", items: text(""), description: "Must be empty before the object is deleted." },
    generateName: text("Prefix for a name that the server makes unique."),
    generation: { type: "integer", description: "Counts the changes of the desired state." },
    labels: texts("Map of string keys and values to organize and select objects."),
    name: text("Unique within a namespace."),
    namespace: text("The space within which each name must be unique."),
    ownerReferences: {
      type: "array",
      description: "Objects that this one depends on.",
      items: { type: "object", properties: { apiVersion: text(""), kind: text(""), name: text(""), uid: text("") } },
    },
    resourceVersion: text("The internal version of this object, for optimistic concurrency."),
    uid: text("Unique in time and space."),
  },
};
