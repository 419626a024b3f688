import { StringDecoder } from "node:string_decoder";

/** Longer lines are no situations; so that no input can fill the memory, they are cut. */
export const MAX_LINE_LENGTH = 4 * 1024 * 1024;

/** A stream's lines, a chunk's at a time. An overlong line comes as undefined. */
export async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<readonly (string | undefined)[]> {
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
