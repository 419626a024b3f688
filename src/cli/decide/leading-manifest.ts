const START = /^\s*\{\s*"autoscaler"\s*:\s*(?=\{)/;
const [QUOTE, BACKSLASH, OPEN, CLOSE, COMMA] = [0x22, 0x5c, 0x7b, 0x7d, 0x2c];

/** A line and its manifest apart. */
export interface SplitLine {
  /** The line up to and with the comma after the manifest. */
  readonly beginning: string;
  /** The manifest's text. */
  readonly manifest: string;
  /** The line without it: JSON again. */
  readonly rest: string;
}

/**
 * Splits a line that begins with its manifest into the manifest's text and the line without it, so that a manifest seen
 * before is recognised by its text and not parsed again. Undefined for any other line: it is parsed as a whole.
 */
export function splitLeadingManifest(line: string): SplitLine | undefined {
  const start = START.exec(line)?.[0].length;
  if (start === undefined) return undefined;
  const end = objectEnd(line, start);
  if (end === undefined || line.charCodeAt(end) !== COMMA) return undefined;
  return { beginning: line.slice(0, end + 1), manifest: line.slice(start, end), rest: `{${line.slice(end + 1)}` };
}

/** Where the object that begins at `start` ends. Braces inside strings do not count. */
function objectEnd(line: string, start: number): number | undefined {
  let depth = 0;
  for (let index = start; index < line.length; index++) {
    const code = line.charCodeAt(index);
    if (code === OPEN) depth += 1;
    else if (code === QUOTE) index = stringEnd(line, index);
    else if (code === CLOSE && --depth === 0) return index + 1;
  }
  return undefined;
}

/** The closing quote of the string that begins at `start`. */
function stringEnd(line: string, start: number): number {
  let index = start + 1;
  while (index < line.length && line.charCodeAt(index) !== QUOTE) index += line.charCodeAt(index) === BACKSLASH ? 2 : 1;
  return index;
}
