import { pipeline, type Readable, Transform } from "node:stream";

/** A message of 1 MiB with every character escaped, or 500 series of a day: honest answers are smaller. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** An answer that was cut off because it went past any honest size. */
export class OversizedAnswer extends Error {
  override readonly name = "OversizedAnswer";
  readonly maxBytes = MAX_ANSWER_BYTES;
}

/** Whether an answer says that it is within the limit (it cannot be longer than it says): then nothing need watch it. */
export function isSmall(headers: Readonly<Record<string, string>> = {}): boolean {
  const length = headers["content-length"];
  return length !== undefined && Number(length) <= MAX_ANSWER_BYTES;
}

/** Ends a body that is too large with an OversizedAnswer, before it fills the memory. */
export function limitAnswer(body: Readable): Readable {
  let size = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size <= MAX_ANSWER_BYTES) done(null, chunk);
      else done(new OversizedAnswer());
    },
  });
  return pipeline(body, limit, () => undefined);
}
