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
  /** Those until then, in milliseconds since the epoch. */
  readonly at: number | undefined;
  /** So many, the newest. */
  readonly last: number;
  readonly now: number;
}

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

/** What GET /api/v1/journal answers. */
const journalAnswer = z.object({
  now: z.string(),
  leader: z.boolean(),
  autoscalers: z.array(z.object({ id: z.string(), kind: z.string(), namespace: z.string(), name: z.string() })),
  names: z.array(z.string()).optional(),
  entries: z.array(journalEntry),
});

/** What GET /api/v1/autoscalers/NAMESPACE/NAME answers, as far as it is printed. */
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

/** One way to a controller. */
export interface ControllerAddress {
  /** As a phrase: "the controller at http://localhost:8787". */
  readonly name: string;
  /** Another try may reach another process, of which one leads. */
  readonly tries: number;
  get(path: string): Promise<unknown>;
}

/** The most that the API gives. */
const LIMIT = 1_000;

/** Asks a controller. Rejects with a UserError where the question is wrong, and with another where nobody answers. */
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
  // Between the two answers it may have decided again: what would change belongs to the newest.
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
    if (!read.success) throw new Error("its answer is none of muster run, or of another version");
    if (read.data.leader) return read.data;
  }
  throw new Error("it stands by, and only the process that leads has readings and decisions");
}

/** Looks an autoscaler's decisions up in a journal on disk. Every mistake is the user's. */
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
    // The first one tells when the journal begins, if that is too late.
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
  const lines = skipped === 1 ? "1 line that is no entry was" : `${skipped} lines that are no entries were`;
  return {
    from: `the journal ${path}`,
    tried: [
      ...(skipped === 0 ? [] : [`${lines} passed over in ${path}`]),
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
  return `expected a journal as "muster run --journal" writes it, got ${skipped === 1 ? "a line that is none" : `${skipped} lines that are none`}`;
}
