import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import { readBody } from "../../shared/read-body.ts";
import { connectionFailure } from "./connection-failure.ts";
import { OversizedAnswerError, SourceError } from "./source-error.ts";

export const MIB = 1 << 20;
/** The largest answer that is taken where nobody says otherwise: honest ones to a single question have a few kB. */
export const USUAL_ANSWER_BYTES = MIB;

/** A size as errors state it. */
function inBytes(bytes: number): string {
  return bytes % MIB === 0 ? `${bytes / MIB} MiB` : `${bytes} bytes`;
}

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

/** Far more than a thousand queues that share the connection are honestly answered in one window. */
const ANSWERS_A_WINDOW = 16;
const WINDOW_MILLISECONDS = 5_000;

/** How large the answers on a connection may be. */
export interface AnswerLimit {
  /** Bytes of one answer; absent: 1 MiB. */
  readonly answerBytes?: number | undefined;
  /** One question at a time: then the limit is that of each answer, else of what all that share the connection get. */
  readonly exclusive?: boolean;
}

/**
 * Cuts a connection on which a server answers too much or without an end: most client libraries keep an unfinished answer
 * in memory. One that comes too slowly for this ends with the time limit of the look.
 */
export function guardAnswers(
  socket: Pick<Socket, "on" | "destroy" | "bytesWritten">,
  server: string,
  { answerBytes = USUAL_ANSWER_BYTES, exclusive = false }: AnswerLimit = {},
): void {
  const most = exclusive ? answerBytes : answerBytes * ANSWERS_A_WINDOW;
  let received = 0;
  let windowBegan = 0;
  let asked = 0;
  socket.on("data", (chunk: Buffer) => {
    const now = performance.now();
    const isNext = exclusive ? socket.bytesWritten !== asked : now - windowBegan > WINDOW_MILLISECONDS;
    if (isNext) {
      asked = socket.bytesWritten;
      windowBegan = now;
      received = 0;
    }
    received += chunk.length;
    if (received > most) socket.destroy(new OversizedAnswerError(`${server} answered more than ${inBytes(most)}`));
  });
}
