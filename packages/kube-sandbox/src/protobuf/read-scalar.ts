import { MalformedProtobuf, WIRE, type WireReader } from "./wire-reader.ts";

const TEXT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

interface Scalar {
  readonly wire: number;
  readonly read: (reader: WireReader) => string | number | boolean;
}

/** The scalar types that Kubernetes' messages have, as JSON shows them. */
export const SCALARS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ["string", { wire: WIRE.bytes, read: (reader) => readText(reader.bytes()) }],
  ["bytes", { wire: WIRE.bytes, read: (reader) => Buffer.from(reader.bytes()).toString("base64") }],
  ["bool", { wire: WIRE.varint, read: (reader) => reader.varint() !== 0n }],
  ["int32", { wire: WIRE.varint, read: (reader) => Number(BigInt.asIntN(32, reader.varint())) }],
  ["int64", { wire: WIRE.varint, read: (reader) => Number(BigInt.asIntN(64, reader.varint())) }],
]);

/** The bytes as text, which must be UTF-8. */
export function readText(bytes: Uint8Array): string {
  try {
    return TEXT.decode(bytes);
  } catch {
    throw new MalformedProtobuf("a text is not UTF-8");
  }
}
