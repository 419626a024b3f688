import { describeProblem, isError } from "../../config/describe-problem.ts";
import type { Defaults } from "../../config/formats.ts";
import { parseFile } from "../../config/parse-file.ts";
import type { Autoscaler } from "../../core/index.ts";
import { readText } from "../shared/read-text.ts";
import { UserError } from "../shared/user-error.ts";

/** The one autoscaler of a manifest file; all that is wrong with it is a user's mistake. */
export function manifestFromFile(file: string, defaults: Defaults): Autoscaler {
  const parsed = parseFile(readText(file), file, defaults);
  if ("autoscaler" in parsed) return parsed.autoscaler;
  throw new UserError(parsed.problems.filter(isError).map(describeProblem).join("\nmuster: "));
}
