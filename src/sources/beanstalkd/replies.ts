import { excerpt } from "../shared/safe-text.ts";
import { SourceError } from "../shared/source-error.ts";

/** One answer of beanstalkd: the words of its line, and the text that followed, where it was kept. */
export interface Reply {
  readonly words: readonly string[];
  /** Empty where the reply has none, and for jobs, whose content is not kept. */
  readonly body: string;
}

/** The longest line of the protocol is a word and a tube name of 200 bytes. */
export const LONGEST_LINE = 512;
/** The longest text is `list-tubes`: this is room for 40,000 names of full length. */
export const LONGEST_TEXT = 8 * 1024 * 1024;
/** The most that beanstalkd can be told to accept as a job (`-z`). A job is skipped, not kept. */
export const LONGEST_JOB = 1024 * 1024 * 1024;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const LINE_END_LENGTH = 2;

/** Cuts what a beanstalkd sends into replies, wherever the chunks end. Throws Malformed, and must not be used afterwards. */
export class ReplyParser {
  readonly #deliver: (reply: Reply) => void;
  /** The start of a line whose end has not come. */
  #line = "";
  /** The line whose body is coming. */
  #words: readonly string[] | undefined;
  #kept: Buffer[] | undefined;
  /** Bytes of the body to come, the line end after it among them. */
  #left = 0;
  /** How many of those two last bytes have come. */
  #endSeen = 0;

  constructor(deliver: (reply: Reply) => void) {
    this.#deliver = deliver;
  }

  get isWithinReply(): boolean {
    return this.#line !== "" || this.#words !== undefined;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.#words === undefined ? this.#takeLine(chunk, at) : this.#takeBody(chunk, at);
  }

  #takeLine(chunk: Buffer, start: number): number {
    const end = chunk.indexOf(LINE_FEED, start);
    const stop = end < 0 ? chunk.length : end;
    if (this.#line.length + stop - start > LONGEST_LINE) {
      throw malformed(
        `a line of at most ${LONGEST_LINE} bytes`,
        this.#line + chunk.toString("latin1", start, start + LONGEST_LINE),
      );
    }
    this.#line += chunk.toString("latin1", start, stop);
    if (end < 0) return chunk.length;
    const line = this.#line;
    this.#line = "";
    if (line.charCodeAt(line.length - 1) !== CARRIAGE_RETURN) throw malformed("a line that ends in CR LF", line);
    this.#begin(line.slice(0, -1).split(" "));
    return end + 1;
  }

  #begin(words: readonly string[]): void {
    const length = bodyLength(words);
    if (length === undefined) {
      this.#deliver({ words, body: "" });
      return;
    }
    this.#words = words;
    this.#kept = words[0] === "OK" ? [] : undefined;
    this.#left = length + LINE_END_LENGTH;
    this.#endSeen = 0;
  }

  #takeBody(chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + this.#left);
    const text = Math.min(end, start + Math.max(0, this.#left - LINE_END_LENGTH));
    if (text > start) this.#kept?.push(chunk.subarray(start, text));
    for (let at = text; at < end; at++) {
      const expected = this.#endSeen++ === 0 ? CARRIAGE_RETURN : LINE_FEED;
      if (chunk[at] !== expected) throw malformed("CR LF after a body", chunk.toString("latin1", text, end));
    }
    this.#left -= end - start;
    if (this.#left === 0) this.#finish();
    return end;
  }

  #finish(): void {
    const words = this.#words ?? [];
    const body = Buffer.concat(this.#kept ?? []).toString("latin1");
    this.#words = undefined;
    this.#kept = undefined;
    this.#deliver({ words, body });
  }
}

/** How many bytes follow the line, where a body follows it: `OK n`, `RESERVED id n` and `FOUND id n`. */
function bodyLength(words: readonly string[]): number | undefined {
  const [word, ...rest] = words;
  const isText = word === "OK";
  if (!isText && word !== "RESERVED" && word !== "FOUND") return undefined;
  const length = rest.length === (isText ? 1 : 2) ? rest.at(-1) : undefined;
  const most = isText ? LONGEST_TEXT : LONGEST_JOB;
  if (length === undefined || !/^\d{1,10}$/.test(length) || Number(length) > most) {
    throw malformed(`${word} with a length of at most ${most} bytes`, words.join(" "));
  }
  return Number(length);
}

function malformed(expected: string, got: string): SourceError {
  return new SourceError("Malformed", `expected ${expected}, got something else`, { answer: excerpt(got) });
}

interface Asked {
  readonly command: string;
  readonly expected: readonly string[];
  readonly limitMs: number;
  readonly resolve?: (reply: Reply) => void;
  readonly reject?: (error: SourceError) => void;
}

/** What beanstalkd answers to any command when the server itself is in trouble. */
const SERVER_TROUBLE: readonly string[] = ["OUT_OF_MEMORY", "INTERNAL_ERROR", "DRAINING"];
/** The other words that a reply may begin with. An answer with another first word is not beanstalkd's, and is not shown. */
const WORDS: readonly string[] = [
  ...["BAD_FORMAT", "UNKNOWN_COMMAND", "INSERTED", "BURIED", "EXPECTED_CRLF", "JOB_TOO_BIG", "USING", "RESERVED"],
  ...["DEADLINE_SOON", "TIMED_OUT", "DELETED", "NOT_FOUND", "RELEASED", "TOUCHED", "WATCHING", "NOT_IGNORED", "FOUND"],
  ...["KICKED", "OK", "PAUSED"],
];

/** The commands without a reply yet, in order, and a timer on the oldest one. */
export class ReplyQueue {
  readonly #overdue: (limitMs: number) => void;
  #asked: Asked[] = [];
  /** Index of the oldest: cheaper than shifting a long array. */
  #first = 0;
  /** Since when the oldest one has been the oldest. */
  #since = 0;
  #timer: NodeJS.Timeout | undefined;
  #secondCheck: NodeJS.Immediate | undefined;

  constructor(overdue: (limitMs: number) => void) {
    this.#overdue = overdue;
  }

  /** Adds a command. Its reply must come within `limitMs` of the reply before it. */
  expect(asked: Asked): void {
    if (this.#oldest === undefined) this.#since = performance.now();
    this.#asked.push(asked);
    this.#timer ??= setTimeout(this.#check, asked.limitMs);
  }

  /** Hands a reply to the oldest command, or says why it cannot be one. */
  answer(reply: Reply): { kind: "Unavailable" | "Malformed"; message: string } | undefined {
    const oldest = this.#oldest;
    const word = reply.words[0] ?? "";
    if (oldest === undefined) return { kind: "Malformed", message: `expected no reply, got ${quoted(reply)}` };
    if (!oldest.expected.includes(word)) {
      const kind = SERVER_TROUBLE.includes(word) ? "Unavailable" : "Malformed";
      return { kind, message: `expected ${oldest.expected.join(" or ")} to ${oldest.command}, got ${quoted(reply)}` };
    }
    this.#forgetOldest();
    oldest.resolve?.(reply);
    return undefined;
  }

  rejectAll(error: SourceError): void {
    const asked = this.#asked.slice(this.#first);
    this.#asked = [];
    this.#first = 0;
    this.#stopWatch();
    for (const { reject } of asked) reject?.(error);
  }

  get #oldest(): Asked | undefined {
    return this.#asked[this.#first];
  }

  #forgetOldest(): void {
    this.#first++;
    this.#since = performance.now();
    if (this.#first < this.#asked.length) {
      if (this.#first < 1024) return;
      this.#asked = this.#asked.slice(this.#first);
    } else {
      this.#asked = [];
      this.#stopWatch();
    }
    this.#first = 0;
  }

  readonly #check = (): void => {
    this.#timer = undefined;
    const left = this.#msLeft();
    if (left > 0) this.#timer = setTimeout(this.#check, left);
    // If this process was slow, the answer lies in the socket: it is read before this runs.
    else this.#secondCheck = setImmediate(this.#decide);
  };

  readonly #decide = (): void => {
    this.#secondCheck = undefined;
    const oldest = this.#oldest;
    if (oldest === undefined) return;
    if (this.#msLeft() <= 0) this.#overdue(oldest.limitMs);
    else this.#timer ??= setTimeout(this.#check, this.#msLeft());
  };

  #msLeft(): number {
    return this.#since + (this.#oldest?.limitMs ?? 0) - performance.now();
  }

  #stopWatch(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#secondCheck);
    this.#timer = undefined;
    this.#secondCheck = undefined;
  }
}

function quoted({ words: [word = ""] }: Reply): string {
  return SERVER_TROUBLE.includes(word) || WORDS.includes(word) ? word : "an answer that is not beanstalkd's";
}
