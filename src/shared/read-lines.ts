import { StringDecoder } from "node:string_decoder";

/** In characters. Longer lines are dropped, so that no input can fill the memory. */
export const MAX_LINE_LENGTH = 4 * 1024 * 1024;

/** Reads the lines of a stream, those of one chunk at a time. An overlong line is undefined. */
export async function* readLines(stream: AsyncIterable<Buffer>): AsyncGenerator<readonly (string | undefined)[]> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let skipping = false;
  for await (const chunk of stream) {
    const lines: (string | undefined)[] = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop() ?? "";
    if (skipping && lines.length > 0) {
      lines.shift();
      skipping = false;
    }
    if (rest.length > MAX_LINE_LENGTH || skipping) {
      if (!skipping) lines.push(undefined);
      skipping = true;
      rest = "";
    }
    if (lines.length > 0) yield lines;
  }
  rest += decoder.end();
  if (rest !== "" && !skipping) yield [rest];
}
