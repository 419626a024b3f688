import type { WatchAnswer } from "./watch-session.ts";

/**
 * The same chunks, until none has come for a while: that is an error, but no news on a connection whose PINGs are
 * answered. Closes the stream and calls `ended` at the end.
 */
export async function* untilSilent(
  { body, isPinged }: Pick<WatchAnswer, "body" | "isPinged">,
  milliseconds: number,
  ended: () => void,
): AsyncGenerator<Buffer> {
  let isSilent = false;
  const timer = setTimeout(() => {
    isSilent = true;
    body.destroy(new Error(`nothing came for ${milliseconds / 1000} s`));
  }, milliseconds);
  try {
    for await (const chunk of body) {
      timer.refresh();
      yield chunk;
    }
  } catch (error) {
    // Kubernetes 1.20 sends no bookmarks while nothing of the kind changes.
    if (!(isSilent && isPinged)) throw error;
  } finally {
    clearTimeout(timer);
    body.destroy();
    ended();
  }
}
