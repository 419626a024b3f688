import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { UserError } from "../shared/user-error.ts";

const GZIP = [0x1f, 0x8b];

/** A file's bytes, a chunk at a time, unpacked where it is a gzip one; "-" is standard input. */
export async function* openArrivals(file: string): AsyncGenerator<Buffer> {
  const stream: AsyncIterable<Buffer> = file === "-" ? process.stdin : createReadStream(file);
  try {
    yield* unpacked(stream);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith("Z_"))
      throw new UserError(`${file}: expected a whole gzip file, got one that ends early or is broken (${message})`);
    throw new UserError(`${file}: cannot be read: ${code ?? message}`);
  }
}

async function* unpacked(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = stream[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) return;
  const rest = async function* () {
    yield first.value;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  };
  const isPacked = GZIP.every((byte, index) => first.value[index] === byte);
  if (!isPacked) {
    yield* rest();
    return;
  }
  // Whoever reads the unpacked bytes hears of what goes wrong on either side.
  yield* pipeline(rest, createGunzip(), () => undefined) as AsyncIterable<Buffer>;
}
