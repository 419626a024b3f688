import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import { readBody } from "../../shared/read-body.ts";
import { connectionFailure } from "./connection-failure.ts";
import { OversizedAnswerError, SourceError } from "./source-error.ts";

export const MIB = 1 << 20;
/** The usual limit of an answer. An answer to one query has a few kB. */
export const USUAL_ANSWER_BYTES = MIB;

function inBytes(bytes: number): string {
  return bytes % MIB === 0 ? `${bytes / MIB} MiB` : `${bytes} bytes`;
}

/** The limit of all answers under way together, except small ones: a burst of large answers must not fill the memory. */
const MOST_BYTES_IN_ALL = 64 * MIB;
const SMALL_BYTES = 64 << 10;

let bytesInAll = 0;

/**
 * The body of an answer, read no further than to its limit. Rejects with a SourceError if it is larger or breaks off. Calls
 * `received` with the bytes that came, in any case.
 */
export async function readAnswer(
  { headers, body }: Pick<Dispatcher.ResponseData, "headers" | "body">,
  where: string,
  mostBytes: number,
  received: (bytes: number) => void,
): Promise<string> {
  const hint = "ask for less, or raise --max-answer-bytes";
  const oversized = () => new OversizedAnswerError(`${where} answered more than ${inBytes(mostBytes)}: ${hint}`);
  let bytes = 0;
  const take = (more: number) => {
    bytes += more;
    bytesInAll += more;
    if (bytes <= SMALL_BYTES || bytes > mostBytes || bytesInAll <= MOST_BYTES_IN_ALL) return;
    throw new SourceError("Unavailable", `${where}: too many large answers came at once, this one was dropped`);
  };
  try {
    if (Number(headers["content-length"]) > mostBytes) {
      body.on("error", () => undefined).destroy();
      throw oversized();
    }
    const whole = await readBody(body, mostBytes, take);
    if (whole === undefined) throw oversized();
    return whole.toString("utf8");
  } catch (error) {
    throw connectionFailure(error, where);
  } finally {
    bytesInAll -= bytes;
    received(bytes);
  }
}

/** Far more than the answers of a thousand queues that share a connection, in one window. */
const ANSWERS_A_WINDOW = 16;
const WINDOW_MILLISECONDS = 5_000;

/** How large the answers on a connection may be. */
export interface AnswerLimit {
  /** Bytes of one answer; absent: 1 MiB. */
  readonly answerBytes?: number | undefined;
  /** One question at a time: the limit is that of each answer, else of all answers on the connection. */
  readonly exclusive?: boolean;
}

/**
 * Cuts a connection on which a server answers too much or without an end: most client libraries keep an unfinished answer
 * in memory. An answer that comes too slowly for this ends with the poll's time limit.
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
