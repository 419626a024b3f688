import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  LONGEST_JOB,
  LONGEST_LINE,
  LONGEST_TEXT,
  type Reply,
  ReplyParser,
} from "../../../src/sources/beanstalkd/replies.ts";

const word = fc.stringMatching(/^[A-Z_]{1,20}$/).filter((text) => !["OK", "RESERVED", "FOUND"].includes(text));
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array).toString("latin1"));
const id = fc.nat().map(String);

/** A reply, and the bytes that a server sends for it. */
const exchange = fc.oneof(
  fc.record({ first: word, rest: fc.array(id, { maxLength: 2 }) }).map(({ first, rest }) => {
    const words = [first, ...rest];
    return { reply: { words, body: "" }, sent: `${words.join(" ")}\r\n` };
  }),
  bytes.map((body) => {
    const words = ["OK", String(body.length)];
    return { reply: { words, body }, sent: `${words.join(" ")}\r\n${body}\r\n` };
  }),
  fc.tuple(fc.constantFrom("RESERVED", "FOUND"), id, bytes).map(([first, job, body]) => {
    const words = [first, job, String(body.length)];
    return { reply: { words, body: "" }, sent: `${words.join(" ")}\r\n${body}\r\n` };
  }),
);

function parse(chunks: readonly Buffer[]): Reply[] {
  const replies: Reply[] = [];
  const parser = new ReplyParser((reply) => replies.push(reply));
  for (const chunk of chunks) parser.push(chunk);
  return replies;
}

function cut(all: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (all.length + 1)), all.length].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => all.subarray(at[index], end));
}

test("the same replies come out, wherever the bytes are cut", () => {
  fc.assert(
    fc.property(fc.array(exchange, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 30 }), (exchanges, places) => {
      const all = Buffer.from(exchanges.map(({ sent }) => sent).join(""), "latin1");
      assert.deepEqual(
        parse(cut(all, places)),
        exchanges.map(({ reply }) => reply),
      );
    }),
    { numRuns: 500 },
  );
});

test("any bytes at all give replies or Malformed, never anything else", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 6 }), (chunks) => {
      try {
        parse(chunks.map((chunk) => Buffer.from(chunk)));
      } catch (error) {
        assert.equal((error as { kind?: string }).kind, "Malformed");
      }
    }),
    { numRuns: 500 },
  );
});

test("knows whether it is within a reply", () => {
  const parser = new ReplyParser(() => undefined);
  const within = (text: string) => {
    parser.push(Buffer.from(text));
    return parser.isWithinReply;
  };
  assert.deepEqual(["", "WATCH", "ING 2\r\n", "OK 3\r\n", "abc\r", "\n"].map(within), [
    false,
    true,
    false,
    true,
    true,
    false,
  ]);
});

for (const [what, sent] of Object.entries({
  "a line without an end": "x".repeat(LONGEST_LINE + 1),
  "a line that ends in LF alone": "WATCHING 1\n",
  "a text of no length": "OK\r\n",
  "a text of negative length": "OK -1\r\n",
  "a text of fractional length": "OK 1.5\r\n",
  "a text too long to be true": `OK ${LONGEST_TEXT + 1}\r\n`,
  "a job too long to be true": `RESERVED 1 ${LONGEST_JOB + 1}\r\n`,
  "a job without an id": "RESERVED 5\r\n",
  "a text longer than announced": "OK 3\r\nabcd\r\n",
  "a text with a bare LF after it": "OK 3\r\nabc\n\r",
})) {
  test(`refuses ${what}`, () => {
    for (const size of [1, 7, sent.length]) {
      const chunks = cut(
        Buffer.from(sent),
        Array.from({ length: Math.ceil(sent.length / size) }, (_, at) => at * size),
      );
      assert.throws(() => parse(chunks), { name: "SourceError", kind: "Malformed" });
    }
  });
}

test("skips a large job without keeping it", () => {
  const replies: Reply[] = [];
  const parser = new ReplyParser((reply) => replies.push(reply));
  const chunk = Buffer.alloc(1024 * 1024);
  parser.push(Buffer.from(`RESERVED 7 ${200 * chunk.length}\r\n`));
  const before = process.memoryUsage().arrayBuffers;
  for (let part = 0; part < 200; part++) parser.push(Buffer.from(chunk));
  parser.push(Buffer.from("\r\n"));
  assert.deepEqual(replies, [{ words: ["RESERVED", "7", String(200 * chunk.length)], body: "" }]);
  assert.ok(process.memoryUsage().arrayBuffers - before < 150 * chunk.length);
});
