import type { Socket } from "node:net";
import { inBytes, USUAL_ANSWER_BYTES } from "./answer-size.ts";
import { OversizedAnswerError } from "./source-error.ts";

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
