import { describeProblem, isError } from "../../formats/describe-problem.ts";
import type { Defaults } from "../../formats/formats.ts";
import { parseFile } from "../../formats/parse-file.ts";
import { readDocuments } from "../../formats/read-documents.ts";
import { UserError } from "../../shared/user-error.ts";
import { readText } from "../shared/read-text.ts";
import { LineError } from "./line-error.ts";
import type { Manifest } from "./manifest.ts";
import { memoryOfManifest } from "./stated-memory.ts";

/** The one autoscaler of a manifest file; all that is wrong with it is a user's mistake. */
export function manifestFromFile(file: string, defaults: Defaults): Manifest {
  const text = readText(file);
  const parsed = parseFile(text, file, defaults);
  if (!("autoscaler" in parsed)) {
    throw new UserError(parsed.problems.filter(isError).map(describeProblem).join("\nmuster: "));
  }
  try {
    return { ...parsed, stated: memoryOfManifest(readDocuments(text)[0]?.value) };
  } catch (error) {
    if (error instanceof LineError) throw new UserError(`${file}: ${error.message}`);
    throw error;
  }
}
