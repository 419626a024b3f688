import { createReadStream, statSync } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { describeFileError, UserError } from "../../shared/user-error.ts";
import { ProgressLine } from "./progress-line.ts";

const GZIP = [0x1f, 0x8b];
/** Byte order marks of UTF-16, which Windows tools write. */
const UTF_16 = [
  [0xff, 0xfe],
  [0xfe, 0xff],
];

export function displayName(file: string): string {
  return file === "-" ? "standard input" : file;
}

/** Large chunks: fewer waits for the disk. */
const CHUNK_BYTES = 256 * 1024;

/** Yields a file's bytes in chunks, decompressed if it is gzip; "-" is standard input. */
export async function* openRecording(file: string): AsyncGenerator<Buffer> {
  const stream: AsyncIterable<Buffer> =
    file === "-" ? process.stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES });
  const progress = new ProgressLine(process.stderr);
  try {
    let isFirst = true;
    for await (const chunk of gunzipIfNeeded(withProgress(stream, file, progress))) {
      if (isFirst && UTF_16.some((mark) => beginsWith(chunk, mark))) {
        throw new UserError(
          `${displayName(file)}: expected UTF-8, got UTF-16: iconv -f UTF-16 -t UTF-8 makes the one of the other`,
        );
      }
      isFirst = false;
      yield chunk;
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith("Z_"))
      throw new UserError(
        `${displayName(file)}: expected a whole gzip file, got one that ends early or is broken (${message})`,
      );
    throw new UserError(`${displayName(file)}: cannot be read: ${describeFileError(error)}`);
  } finally {
    progress.end();
  }
}

/** Passes chunks on and shows how much was read: a share if the size is known. */
async function* withProgress(
  stream: AsyncIterable<Buffer>,
  file: string,
  progress: ProgressLine,
): AsyncGenerator<Buffer> {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (file !== "-" && size > 0) progress.show(Math.min(1, bytes / size), `of ${displayName(file)} read`);
    else progress.tell(`${Math.round(bytes / 1024 / 1024)} MiB of ${displayName(file)} read`);
    yield chunk;
  }
}

async function* gunzipIfNeeded(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = stream[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) return;
  const rest = async function* () {
    yield first.value;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  };
  if (!beginsWith(first.value, GZIP)) {
    yield* rest();
    return;
  }
  // The reader receives errors of both streams, so the callback has nothing to do.
  yield* pipeline(rest, createGunzip(), () => undefined) as AsyncIterable<Buffer>;
}

function beginsWith(chunk: Buffer, bytes: readonly number[]): boolean {
  return bytes.every((byte, index) => chunk[index] === byte);
}
