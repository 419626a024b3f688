import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileProblem } from "./file-problem.ts";
import { UserError } from "./user-error.ts";

const MANIFEST = /\.(ya?ml|json)$/;

/** The files that the arguments name, whether they can be read or not; of a folder, its YAML and JSON files, subfolders included, in order. */
export function manifestFiles(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => {
    if (word === "-") return [word];
    try {
      if (!statSync(word, { throwIfNoEntry: false })?.isDirectory()) return [word];
      const names = readdirSync(word, { recursive: true, encoding: "utf8" }).filter((name) => MANIFEST.test(name));
      return names.sort().map((name) => join(word, name));
    } catch (error) {
      throw new UserError(`${word}: cannot be read: ${fileProblem(error)}`);
    }
  });
}
