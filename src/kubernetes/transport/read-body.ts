/** A body's bytes, or undefined (and the stream destroyed) where there are more than `limit`. */
export async function readBody(
  body: AsyncIterable<Buffer> & { destroy(error?: Error): unknown },
  limit: number,
): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > limit) {
      body.destroy();
      return undefined;
    }
    parts.push(part);
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts, size);
}
