/** The same chunks; ends with an error once none has come for a while. Closes the stream and calls `ended` at the end. */
export async function* untilSilent(
  body: AsyncIterable<Buffer> & { destroy(error?: Error): unknown },
  milliseconds: number,
  ended: () => void,
): AsyncGenerator<Buffer> {
  const timer = setTimeout(() => body.destroy(new Error(`nothing came for ${milliseconds / 1000} s`)), milliseconds);
  try {
    for await (const chunk of body) {
      timer.refresh();
      yield chunk;
    }
  } finally {
    clearTimeout(timer);
    body.destroy();
    ended();
  }
}
