import type { Fields } from "../objects/fields.ts";
import { badRequest, StatusError } from "../rest/status-error.ts";
import { decodeMessage } from "./decode-message.ts";
import { MESSAGES } from "./message-table.ts";
import { MalformedProtobuf, readText, WIRE, WireReader } from "./wire-reader.ts";

/** The media type of Kubernetes' protobuf, in which kubectl sends objects that it creates. */
export const PROTOBUF = "application/vnd.kubernetes.protobuf";

const MAGIC = Buffer.from("k8s\0", "latin1");

/** Parses a body of that type: the magic bytes, and a runtime.Unknown that names the kind and holds the object. */
export function readProtobuf(body: Buffer): Fields {
  try {
    return readUnknown(body);
  } catch (error) {
    if (!(error instanceof MalformedProtobuf)) throw error;
    throw badRequest(`the object provided is unrecognized (must be of type ${PROTOBUF}): ${error.message}`);
  }
}

function readUnknown(body: Buffer): Fields {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new MalformedProtobuf(`expected it to begin with "k8s" and a zero byte`);
  }
  const parts = partsOf(body.subarray(MAGIC.length));
  const typeMeta = partsOf(parts.get(1));
  const apiVersion = readText(typeMeta.get(1) ?? new Uint8Array());
  const kind = readText(typeMeta.get(2) ?? new Uint8Array());
  const encoding = readText(parts.get(3) ?? new Uint8Array());
  const type = readText(parts.get(4) ?? new Uint8Array());
  if (apiVersion === "" || kind === "") throw new MalformedProtobuf("expected an apiVersion and a kind");
  if (encoding !== "") throw unreadable(`content of encoding "${encoding}"`);
  if (type !== "" && type !== PROTOBUF) throw unreadable(`content of type "${type}" within it`);
  const message = messageName(apiVersion, kind);
  if (!MESSAGES.has(message)) throw unreadable(`${apiVersion} ${kind}`);
  return { apiVersion, kind, ...decodeMessage(message, parts.get(2) ?? new Uint8Array()) };
}

/** DeleteOptions are the same in every group and may name any. */
function messageName(apiVersion: string, kind: string): string {
  return kind === "DeleteOptions" ? "meta.k8s.io/v1.DeleteOptions" : `${apiVersion}.${kind}`;
}

/** The fields of a message that contains only texts and messages. */
function partsOf(bytes: Uint8Array = new Uint8Array()): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  const reader = new WireReader(bytes);
  while (!reader.atEnd) {
    const { field, wire } = reader.tag();
    if (wire === WIRE.bytes) found.set(field, reader.bytes());
    else reader.skip(wire);
  }
  return found;
}

function unreadable(what: string): StatusError {
  const message = `the sandbox cannot read ${what} as ${PROTOBUF}: send JSON or YAML, such as by \`kubectl ... --dry-run=client -o yaml | kubectl apply -f -\``;
  return new StatusError(415, "UnsupportedMediaType", message, {});
}
