import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MalformedProtobuf, WIRE, WireReader } from "../../src/protobuf/wire-reader.ts";
import { number, part, tag, varint } from "./encode.ts";

const field = fc.integer({ min: 1, max: 2 ** 29 - 1 });
const value = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.uint8Array({ maxLength: 300 }));

test("reads every value that was written", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(field, value)), (fields) => {
      const written = fields.map(([at, one]) => (typeof one === "bigint" ? number(at, one) : part(at, one)));
      const reader = new WireReader(Buffer.concat(written));
      for (const [at, one] of fields) {
        const isNumber = typeof one === "bigint";
        assert.deepEqual(reader.tag(), { field: at, wire: isNumber ? WIRE.varint : WIRE.bytes });
        if (isNumber) assert.equal(reader.varint(), one);
        else assert.deepEqual(Buffer.from(reader.bytes()), Buffer.from(one));
      }
      assert.ok(reader.atEnd);
    }),
  );
});

test("skipping ends at the next field", () => {
  const long = [tag(1, WIRE.fixed64), Buffer.alloc(8), tag(2, WIRE.fixed32), Buffer.alloc(4)];
  const reader = new WireReader(Buffer.concat([...long, number(3, -1), part(4, "text"), number(5, 7)]));
  for (const at of [1, 2, 3, 4]) {
    const { field: found, wire } = reader.tag();
    assert.equal(found, at);
    reader.skip(wire);
  }
  assert.equal(reader.tag().field, 5);
  assert.equal(reader.varint(), 7n);
});

test("reads any bytes to their end or calls them malformed", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const reader = new WireReader(bytes);
      try {
        while (!reader.atEnd) reader.skip(reader.tag().wire);
      } catch (error) {
        assert.ok(error instanceof MalformedProtobuf);
      }
    }),
  );
});

test("a length beyond the end, an endless number, field 0 and groups are malformed", () => {
  const cases: readonly [Uint8Array, RegExp][] = [
    [Buffer.concat([tag(1, 2), varint(2n ** 63n)]), /expected 9223372036854776000 more bytes, got 0/],
    [Buffer.concat([tag(1, 0), Buffer.alloc(11, 0xff)]), /longer than 10 bytes/],
    [Buffer.of(0x00), /0 is no field number/],
    [tag(1, 3), /wire type 3 is not in use/],
  ];
  for (const [bytes, message] of cases) {
    const reader = new WireReader(bytes);
    assert.throws(() => reader.skip(reader.tag().wire), { name: "MalformedProtobuf", message });
  }
});
