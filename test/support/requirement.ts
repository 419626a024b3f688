import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export interface Requirement {
  /** Where the program is; absent where it is not installed. */
  readonly path?: string;
  /** For node:test's `skip`: false, or why the test cannot run here and what to install. */
  readonly skip: string | false;
}

/** Servers are often installed where only root's PATH looks. */
const ALSO_SEARCHED = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

/** A program that tests run: its path, or the line to skip them with (an error under MUSTER_TEST_NO_SKIP=1). */
export function requirement(program: string, hint: string): Requirement {
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...ALSO_SEARCHED].filter((folder) => folder !== "");
  const path = folders.map((folder) => join(folder, program)).find(isExecutable);
  if (path !== undefined) return { path, skip: false };
  const skip = `expected the program ${program} in PATH, found none: ${hint}`;
  if (process.env.MUSTER_TEST_NO_SKIP === "1") throw new Error(`${skip} (MUSTER_TEST_NO_SKIP=1 forbids the skip)`);
  return { skip };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
