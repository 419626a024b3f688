import type { Dispatcher } from "undici";
import { readBody } from "../../shared/read-body.ts";
import { inBytes, MIB } from "./answer-size.ts";
import { connectionFailure } from "./http-failure.ts";
import { OversizedAnswerError, SourceError } from "./source-error.ts";

/** All answers under way together, beside small ones: a burst of large answers must not fill the memory. */
const MOST_BYTES_IN_ALL = 64 * MIB;
const SMALL_BYTES = 64 << 10;

let bytesInAll = 0;

/** The body of an answer, read no further than to its limit. */
export class BoundedBody {
  readonly #where: string;
  readonly #mostBytes: number;
  /** Bytes read so far. */
  bytes = 0;

  constructor(where: string, mostBytes: number) {
    this.#where = where;
    this.#mostBytes = mostBytes;
  }

  /** Rejects with a SourceError where the body is too large or breaks off. Leaving it unread closes its connection. */
  async read({ headers, body }: Dispatcher.ResponseData): Promise<string> {
    try {
      if (Number(headers["content-length"]) > this.#mostBytes) {
        body.on("error", () => undefined).destroy();
        throw this.#oversized();
      }
      const bytes = await readBody(body, this.#mostBytes, (more) => this.#take(more));
      if (bytes === undefined) throw this.#oversized();
      return bytes.toString("utf8");
    } catch (error) {
      throw connectionFailure(error, this.#where);
    } finally {
      bytesInAll -= this.bytes;
    }
  }

  #take(bytes: number): void {
    this.bytes += bytes;
    bytesInAll += bytes;
    if (this.bytes > SMALL_BYTES && bytesInAll > MOST_BYTES_IN_ALL) {
      throw new SourceError("Unavailable", `${this.#where}: too many large answers came at once, this one was left`);
    }
  }

  #oversized(): OversizedAnswerError {
    const most = inBytes(this.#mostBytes);
    return new OversizedAnswerError(
      `${this.#where} answered more than ${most}: ask for less, or raise --max-answer-bytes`,
    );
  }
}
