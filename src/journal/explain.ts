import * as z from "zod";
import { nearName } from "../shared/near-name.ts";
import { describeFileError, UserError } from "../shared/user-error.ts";
import { type JournalEntry, journalEntry } from "./journal-entry.ts";
import { readJournal } from "./read-journal.ts";

/** Which decisions of which autoscaler are asked for. */
export interface Question {
  readonly namespace: string;
  readonly name: string;
  readonly kind: string | undefined;
  /** Decisions until then, in milliseconds since the epoch. */
  readonly at: number | undefined;
  /** The number of decisions, the newest. */
  readonly last: number;
  readonly now: number;
}

/** The explanation of one autoscaler; `-o json` prints it as it is. */
export interface Explanation {
  /** The origin of the answer, as a phrase. */
  readonly from: string;
  /** Attempts that failed before, and why. */
  readonly tried: readonly string[];
  readonly id: string;
  /** Its current conditions; empty where only the past is known. */
  readonly conditions: readonly StoredCondition[];
  /** Oldest first. */
  readonly entries: readonly JournalEntry[];
  /** Of the newest decision. */
  readonly whatWouldChange?: WouldChange | undefined;
  /** The same at the time of that decision, in the words of the object's status. */
  readonly wouldHaveChanged?: readonly string[];
}

/** The clocks of two machines may differ by this much. */
const CLOCK_SKEW_MS = 60_000;

/** Selects the entries that the question is about; `entries`: oldest first. Throws a UserError where there are none. */
function selectEntries(
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

/** The error for an unknown name, with the name that was probably meant. */
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

/** Throws a UserError where several kinds of autoscalers have the name. */
export function requireOneKind(kinds: readonly string[], { namespace, name }: Question): void {
  if (kinds.length <= 1) return;
  throw new UserError(`${namespace}/${name} is the name of several: add --kind ${kinds.join(" or --kind ")}`);
}

const change = z.union([
  z.object({ by: z.number(), to: z.number(), desiredReplicas: z.number() }),
  z.object({ because: z.string(), at: z.number().optional() }),
]);

const whatWouldChange = z.object({
  desiredReplicas: z.number(),
  later: z.object({ at: z.string(), afterSeconds: z.number(), desiredReplicas: z.number() }).optional(),
  signals: z.array(
    z.object({
      name: z.string(),
      of: z.enum(["value", "arrivalsPerMinute"]),
      now: z.number().nullable(),
      rise: change,
      fall: change,
    }),
  ),
  readAgain: z.array(z.object({ name: z.string(), desiredReplicas: z.number() })),
  without: z.array(z.object({ limit: z.string(), desiredReplicas: z.number() })),
});

/** The answer of GET /api/v1/journal. */
const journalAnswer = z.object({
  now: z.string(),
  leader: z.boolean(),
  autoscalers: z.array(z.object({ id: z.string(), kind: z.string(), namespace: z.string(), name: z.string() })),
  names: z.array(z.string()).optional(),
  entries: z.array(journalEntry),
});

/** The part of the answer of GET /api/v1/autoscalers/NAMESPACE/NAME that is printed. */
export const autoscalerAnswer = z.object({
  now: z.string(),
  leader: z.boolean(),
  conditions: z.array(
    z.object({
      ...{ type: z.string(), status: z.string(), reason: z.string(), message: z.string().default("") },
      lastTransitionTime: z.string().optional(),
    }),
  ),
  currentReplicas: z.number().optional(),
  newest: journalEntry.optional(),
  whatWouldChange: whatWouldChange.optional(),
});

export type WouldChange = z.output<typeof whatWouldChange>;
export type Change = z.output<typeof change>;
type StoredCondition = z.output<typeof autoscalerAnswer>["conditions"][number];

/** How to reach a controller. */
export interface ControllerAddress {
  /** As a phrase: "the controller at http://localhost:8787". */
  readonly name: string;
  /** Another try may reach another replica; one of them leads. */
  readonly tries: number;
  get(path: string): Promise<unknown>;
}

/** The most entries that the API returns. */
const LIMIT = 1_000;

/** Asks a controller. Rejects with a UserError where the question is wrong, with another error where there is no answer. */
export async function askController(way: ControllerAddress, question: Question): Promise<Explanation> {
  const { namespace, name, kind } = question;
  const about = new URLSearchParams({ namespace, name, ...(kind === undefined ? {} : { kind }) });
  const journal = await askLeader(way, `/api/v1/journal?${about}&limit=${LIMIT}`, journalAnswer);
  const [found] = journal.autoscalers;
  if (found === undefined) throw unknownAutoscaler(question, journal.names ?? [], `that ${way.name} knows of`);
  requireOneKind(
    journal.autoscalers.map((one) => one.kind),
    question,
  );
  const path = `/api/v1/autoscalers/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  const { conditions, newest, whatWouldChange } = await askLeader(way, `${path}?kind=${found.kind}`, autoscalerAnswer);
  // It may have decided again between the two answers: what would change belongs to the newest decision.
  const entries = journal.entries.filter(({ at }) => at !== newest?.at);
  const chosen = selectEntries(newest === undefined ? entries : [...entries, newest], question);
  const isNewest = chosen.at(-1)?.at === newest?.at;
  return {
    ...{ from: way.name, tried: [], id: found.id, conditions, entries: chosen },
    whatWouldChange: isNewest ? whatWouldChange : undefined,
  };
}

async function askLeader<Answer extends { readonly leader: boolean }>(
  way: ControllerAddress,
  path: string,
  schema: z.ZodType<Answer>,
): Promise<Answer> {
  for (let tries = 0; tries < way.tries; tries++) {
    const read = schema.safeParse(await way.get(path));
    if (!read.success) throw new Error("the answer is not from muster run, or from another version");
    if (read.data.leader) return read.data;
  }
  throw new Error("it stands by, and only the process that leads has readings and decisions");
}

/** Reads an autoscaler's decisions from a journal on disk. Throws UserErrors only. */
export async function askJournal(path: string, question: Question): Promise<Explanation> {
  const { namespace, name, kind, at = Number.POSITIVE_INFINITY, last } = question;
  const names = new Set<string>();
  const kinds = new Set<JournalEntry["kind"]>();
  let isFirst = true;
  const wanted = (entry: JournalEntry) => {
    names.add(`${entry.namespace}/${entry.name}`);
    if (entry.namespace !== namespace || entry.name !== name || (kind !== undefined && entry.kind !== kind))
      return false;
    kinds.add(entry.kind);
    // The first entry shows when the journal begins, for a question about an earlier time.
    const isWanted = isFirst || Date.parse(entry.at) <= at;
    isFirst = false;
    return isWanted;
  };
  const { entries, skipped, leftOut } = await readJournal(path, wanted, { most: last }).catch((error) => {
    throw new UserError(`${path}: cannot be read: ${describeFileError(error)}`);
  });
  const [first] = entries;
  if (names.size === 0) throw new UserError(`${path}: ${describeEmptyFile(skipped)}`);
  if (first === undefined) throw unknownAutoscaler(question, [...names], `in ${path}`);
  requireOneKind([...kinds], question);
  const lines = skipped === 1 ? "1 line that is not an entry was" : `${skipped} lines that are not entries were`;
  return {
    from: `the journal ${path}`,
    tried: [
      ...(skipped === 0 ? [] : [`${lines} skipped in ${path}`]),
      ...(leftOut === 0 || Number.isFinite(last)
        ? []
        : [`${leftOut} older decisions in ${path} were left out: that many are not kept in memory`]),
    ],
    id: first.id,
    conditions: [],
    entries: selectEntries(entries, question),
  };
}

function describeEmptyFile(skipped: number): string {
  if (skipped === 0) return "no decision has been written to it yet";
  return `expected a journal as "muster run --journal" writes it, got ${skipped === 1 ? "another line" : `${skipped} other lines`}`;
}
