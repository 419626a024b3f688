const NEWLINE = 10;
/** An object is at most a few megabytes in etcd; a line beyond this is no watch event. */
const LONGEST_LINE = 32 * 1024 * 1024;

/** Cuts a stream into lines, found on bytes; yields those that each chunk completes. What the last leaves is dropped. */
export async function* lines(chunks: AsyncIterable<Buffer>, longest = LONGEST_LINE): AsyncGenerator<Buffer[]> {
  let started: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const complete: Buffer[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      const rest = chunk.subarray(from, end);
      complete.push(started.length === 0 ? rest : Buffer.concat([...started, rest]));
      started = [];
      size = 0;
      from = end + 1;
    }
    if (from < chunk.length) {
      started.push(chunk.subarray(from));
      size += chunk.length - from;
      if (size > longest) throw new Error(`a line of more than ${longest} bytes`);
    }
    if (complete.length > 0) yield complete;
  }
}
