/** Wire types: a number of 1 to 10 bytes, of 8 bytes, a length and that many bytes, a number of 4 bytes. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Bytes that are not protobuf, or not the expected message. */
export class MalformedProtobuf extends Error {
  override readonly name = "MalformedProtobuf";
}

/** The number of a field, and the wire type of its value. */
interface Tag {
  readonly field: number;
  readonly wire: number;
}

const MAX_FIELD = 2 ** 29 - 1;

/** Reads protobuf's wire format, never past its end. */
export class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  tag(): Tag {
    const value = Number(this.varint());
    const field = Math.floor(value / 8);
    if (field < 1 || field > MAX_FIELD) throw new MalformedProtobuf(`${field} is no field number`);
    return { field, wire: value % 8 };
  }

  /** An unsigned number of up to 64 bits. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#take(1)[0] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new MalformedProtobuf("a number is longer than 10 bytes");
  }

  /** A length, and that many bytes. */
  bytes(): Uint8Array {
    return this.#take(Number(this.varint()));
  }

  /** Skips the value of a field. */
  skip(wire: number): void {
    if (wire === WIRE.varint) this.varint();
    else if (wire === WIRE.bytes) this.bytes();
    else if (wire === WIRE.fixed64) this.#take(8);
    else if (wire === WIRE.fixed32) this.#take(4);
    else throw new MalformedProtobuf(`wire type ${wire} is not in use`);
  }

  #take(count: number): Uint8Array {
    const left = this.#bytes.length - this.#at;
    if (count > left) throw new MalformedProtobuf(`expected ${count} more bytes, got ${left}`);
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}

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
