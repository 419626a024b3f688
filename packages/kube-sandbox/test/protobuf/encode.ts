/** A number of up to 64 bits, as protobuf writes it; a negative one as its two's complement. */
export function varint(value: bigint | number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

export const tag = (field: number, wire: number): Buffer => varint((BigInt(field) << 3n) | BigInt(wire));

/** A field that is a number. */
export const number = (field: number, value: bigint | number): Buffer => Buffer.concat([tag(field, 0), varint(value)]);

/** A field that is a text, bytes, or a message of parts. */
export function part(field: number, ...content: readonly (string | Uint8Array)[]): Buffer {
  const bytes = Buffer.concat(content.map((piece) => Buffer.from(piece as Uint8Array)));
  return Buffer.concat([tag(field, 2), varint(bytes.length), bytes]);
}

/** A whole body: the magic bytes and a runtime.Unknown. */
export function body(apiVersion: string, kind: string, ...raw: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from("k8s\0"), part(1, part(1, apiVersion), part(2, kind)), part(2, ...raw)]);
}
