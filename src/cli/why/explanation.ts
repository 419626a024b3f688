import { nearName } from "../../formats/shared/near-name.ts";
import type { JournalEntry } from "../../journal/journal-entry.ts";
import { UserError } from "../../shared/user-error.ts";
import type { StoredCondition, WouldChange } from "./answers.ts";
import type { Question } from "./why-options.ts";

/** What is told about one autoscaler; `-o json` prints it as it is. */
export interface Explanation {
  /** Who was asked, as a phrase. */
  readonly from: string;
  /** What was tried before, and why it did not help. */
  readonly tried: readonly string[];
  readonly id: string;
  /** How it stands now; empty where only the past is known. */
  readonly conditions: readonly StoredCondition[];
  /** Oldest first. */
  readonly entries: readonly JournalEntry[];
  /** Of the newest decision. */
  readonly whatWouldChange?: WouldChange | undefined;
  /** The same as it was when that decision was made, in the words that the object's status has. */
  readonly wouldHaveChanged?: readonly string[];
}

/** Clocks of two machines may differ by so much. */
const CLOCK_SKEW_MS = 60_000;

/** Of an autoscaler's entries, oldest first, those that were asked for. Throws a UserError where there are none. */
export function selected(
  entries: readonly JournalEntry[],
  { namespace, name, at, last, now }: Question,
): readonly JournalEntry[] {
  const [first] = entries;
  if (at === undefined || first === undefined) return entries.slice(-last);
  const asked = new Date(at).toISOString();
  if (at > Math.max(now, Date.parse(entries.at(-1)?.until ?? "")) + CLOCK_SKEW_MS) {
    throw new UserError(
      `--at: ${asked} has not come yet (without --at, the newest decision says what time alone would change)`,
    );
  }
  const until = entries.filter((entry) => Date.parse(entry.at) <= at).slice(-last);
  if (until.length > 0) return until;
  throw new UserError(`the journal of ${namespace}/${name} begins at ${first.at}, and ${asked} is before that`);
}

/** The mistake of asking for what is not there, with the name that was probably meant. */
export function unknownAutoscaler(
  { namespace, name, kind }: Question,
  names: readonly string[],
  where: string,
): UserError {
  const written = `${namespace}/${name}`;
  const near = names.find((known) => known.endsWith(`/${name}`)) ?? nearName(written, names);
  const hint = near === undefined || near === written ? "" : ` (did you mean ${near}?)`;
  return new UserError(`there is no ${kind ?? "autoscaler"} ${written} ${where}${hint}`);
}

/** Several autoscalers of one name have to be told apart. */
export function onlyKind(kinds: readonly string[], { namespace, name }: Question): void {
  if (kinds.length <= 1) return;
  throw new UserError(`${namespace}/${name} is the name of several: add --kind ${kinds.join(" or --kind ")}`);
}
