/**
 * A body's bytes. Undefined, and the stream is closed, as soon as there are more than `mostBytes`.
 * `received` hears of each chunk first; where it throws, the stream is closed too.
 */
export async function readBody(
  body: AsyncIterable<Buffer>,
  mostBytes: number,
  received: (bytes: number) => void = () => undefined,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop early closes the stream.
  for await (const chunk of body) {
    size += chunk.length;
    received(chunk.length);
    if (size > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size);
}
