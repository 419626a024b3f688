/** Writes `chunk` again and again, as fast as the client takes it, up to `limit` bytes. */
export function pour(
  stream: { write(chunk: string): boolean; once(event: string, listener: () => void): unknown; destroyed: boolean },
  chunk: string,
  limit = 1 << 30,
): void {
  let poured = 0;
  const more = () => {
    while (!stream.destroyed && poured < limit) {
      poured += chunk.length;
      if (!stream.write(chunk)) {
        stream.once("drain", more);
        return;
      }
    }
  };
  more();
}
