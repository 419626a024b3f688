/** What is wrong with a file of arrivals, with the line where it is: a user's mistake. */
export class ArrivalsError extends Error {
  override readonly name = "ArrivalsError";

  constructor(file: string, line: number | undefined, message: string) {
    super(line === undefined ? `${file}: ${message}` : `${file}:${line}: ${message}`);
  }
}

/** A cell as a message shows it: never long, and harmless to a terminal whatever is in it. */
export function quoted(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return `"${short.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`;
}
