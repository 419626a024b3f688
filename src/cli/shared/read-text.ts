import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { MAX_DOCUMENT_BYTES } from "../../config/read-documents.ts";
import { UserError } from "./user-error.ts";

/** A file's text, or standard input's for "-"; a user's mistake where it cannot be had. */
export function readText(file: string): string {
  try {
    const descriptor = file === "-" ? 0 : openSync(file, "r");
    try {
      const { size } = fstatSync(descriptor);
      if (size > MAX_DOCUMENT_BYTES) {
        throw new UserError(
          `${file}: expected at most ${MAX_DOCUMENT_BYTES / 1024 / 1024} MiB, got ${Math.ceil(size / 1024 / 1024)} MiB`,
        );
      }
      return readFileSync(descriptor, "utf8");
    } finally {
      if (descriptor !== 0) closeSync(descriptor);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file}: cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
}
