import { printableLines } from "../../core/index.ts";

/** Writes text to standard output. What is in it from outside cannot move a terminal's cursor or hide anything. */
export function print(text: string): void {
  process.stdout.write(printableLines(text));
}

/** The same on standard error. */
export function printError(text: string): void {
  process.stderr.write(printableLines(text));
}
