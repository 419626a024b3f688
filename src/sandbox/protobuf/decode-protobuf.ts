import type { Fields } from "../objects/fields.ts";
import { textAt } from "../objects/fields.ts";
import { badRequest, unsupportedMediaType } from "../rest/status-error.ts";
import { decodeMessage } from "./decode-message.ts";
import { OBJECT_SHAPES } from "./object-shapes.ts";

export const PROTOBUF = "application/vnd.kubernetes.protobuf";

/** Kubernetes puts this before every protobuf message. */
const MAGIC = Buffer.from("k8s\0");

/** Kubernetes' envelope of an object: its kind, and the object itself. */
const ENVELOPE = {
  1: ["type", { one: { 1: ["apiVersion", "text"], 2: ["kind", "text"] } }],
  2: ["raw", "bytes"],
} as const;

/** Reads an object that a client sent as protobuf; 415 for kinds whose message the sandbox does not know. */
export function decodeProtobuf(body: Buffer): Fields {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw badRequest("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  }
  const envelope = decodeMessage(body.subarray(MAGIC.length), ENVELOPE);
  const [apiVersion, kind] = [textAt(envelope, "type", "apiVersion"), textAt(envelope, "type", "kind")];
  const key = `${apiVersion} ${kind}`;
  const shape = Object.hasOwn(OBJECT_SHAPES, key) ? OBJECT_SHAPES[key] : undefined;
  if (shape === undefined) throw unsupportedMediaType(["application/json", "application/yaml"]);
  return { apiVersion, kind, ...decodeMessage(Buffer.from(textAt(envelope, "raw"), "base64"), shape) };
}
