import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { MAX_DOCUMENT_BYTES } from "../../config/read-documents.ts";
import { fileProblem } from "./file-problem.ts";
import { UserError } from "./user-error.ts";

/** A file that cannot be had; `detail` says why without naming it. */
export class UnreadableFile extends UserError {
  readonly detail: string;

  constructor(file: string, detail: string) {
    super(`${file}: ${detail}`);
    this.detail = detail;
  }
}

/** A file's text, or standard input's for "-". Throws UnreadableFile. */
export function readText(file: string): string {
  try {
    const descriptor = file === "-" ? 0 : openSync(file, "r");
    try {
      const { size } = fstatSync(descriptor);
      if (size > MAX_DOCUMENT_BYTES) {
        throw new UnreadableFile(file, `expected at most ${inMebibytes(MAX_DOCUMENT_BYTES)}, got ${inMebibytes(size)}`);
      }
      return readFileSync(descriptor, "utf8");
    } finally {
      if (descriptor !== 0) closeSync(descriptor);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UnreadableFile(file, `cannot be read: ${fileProblem(error)}`);
  }
}

function inMebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024)} MiB`;
}
