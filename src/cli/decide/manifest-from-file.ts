import { describeProblem, isError } from "../../config/describe-problem.ts";
import { type Defaults, parseAutoscaler } from "../../config/formats.ts";
import { readDocuments, withPlaces } from "../../config/read-documents.ts";
import type { Autoscaler } from "../../core/index.ts";
import { readText } from "../shared/read-text.ts";
import { UserError } from "../shared/user-error.ts";

/** The one autoscaler of a manifest file; all that is wrong with it is a user's mistake. */
export function manifestFromFile(file: string, defaults: Defaults): Autoscaler {
  const documents = readDocuments(readText(file));
  const [document] = documents;
  if (document === undefined) throw new UserError(`${file}: expected a manifest, got an empty file`);
  if (documents.length > 1) throw new UserError(`${file}: expected one manifest, got ${documents.length} documents`);
  const parsed = document.problems.length > 0 ? document : parseAutoscaler(document.value, defaults);
  if ("autoscaler" in parsed) return parsed.autoscaler;
  const problems = withPlaces(parsed.problems, document, file).filter(isError);
  throw new UserError(problems.map(describeProblem).join("\nmuster: "));
}
