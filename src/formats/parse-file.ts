import type { Parsed, Problem } from "../core/index.ts";
import { type Defaults, parseAutoscaler } from "./formats.ts";
import { readDocuments, withPlaces } from "./read-documents.ts";

/** Makes an autoscaler of a file's text that must hold exactly one, or says all that is wrong, with line and column. */
export function parseFile(text: string, file: string, defaults: Defaults): Parsed {
  const [document, ...others] = readDocuments(text);
  if (document === undefined)
    return refused(file, [{ file, path: "", message: "expected an autoscaler, got an empty file" }]);
  if (others.length > 0) {
    const message = `expected one document, got ${others.length + 1}`;
    return refused(file, [{ file, path: "", message, remedy: "write each into a file of its own" }]);
  }
  if (document.problems.length > 0) return refused(file, withPlaces(document.problems, document, file));
  const parsed = parseAutoscaler(document.value, defaults, file);
  return { ...parsed, problems: withPlaces(parsed.problems, document, file) };
}

function refused(file: string, problems: readonly Problem[]): Parsed {
  return { id: file, origin: { kind: "", namespace: "", name: "", file }, problems };
}
