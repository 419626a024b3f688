import type { SourceError } from "../shared/source-error.ts";
import type { Reply } from "./reply-parser.ts";

interface Asked {
  readonly command: string;
  readonly expected: readonly string[];
  readonly limitMs: number;
  readonly resolve?: (reply: Reply) => void;
  readonly reject?: (error: SourceError) => void;
}

/** What beanstalkd answers to anything when it is in trouble itself, rather than talking nonsense. */
const SERVER_TROUBLE: readonly string[] = ["OUT_OF_MEMORY", "INTERNAL_ERROR", "DRAINING"];
/** The other words that a reply of its protocol begins with. What begins with another is not beanstalkd's, and is not repeated. */
const WORDS: readonly string[] = [
  ...["BAD_FORMAT", "UNKNOWN_COMMAND", "INSERTED", "BURIED", "EXPECTED_CRLF", "JOB_TOO_BIG", "USING", "RESERVED"],
  ...["DEADLINE_SOON", "TIMED_OUT", "DELETED", "NOT_FOUND", "RELEASED", "TOUCHED", "WATCHING", "NOT_IGNORED", "FOUND"],
  ...["KICKED", "OK", "PAUSED"],
];

/** The commands whose replies are to come, in order, and a watch on how long the oldest one takes. */
export class ReplyQueue {
  readonly #overdue: (limitMs: number) => void;
  #asked: Asked[] = [];
  /** Index of the oldest: cheaper than shifting a long array. */
  #first = 0;
  /** Since when the oldest one has been the oldest. */
  #since = 0;
  #timer: NodeJS.Timeout | undefined;
  #secondLook: NodeJS.Immediate | undefined;

  constructor(overdue: (limitMs: number) => void) {
    this.#overdue = overdue;
  }

  /** The next reply but those before it. It must come within `limitMs` of the one before it. */
  next(command: string, expected: readonly string[], limitMs: number): Promise<Reply> {
    return new Promise((resolve, reject) => this.expect({ command, expected, limitMs, resolve, reject }));
  }

  /** The same, for whom nobody may wait. */
  expect(asked: Asked): void {
    if (this.#oldest === undefined) this.#since = performance.now();
    this.#asked.push(asked);
    this.#timer ??= setTimeout(this.#look, asked.limitMs);
  }

  /** Gives a reply to the oldest command, or says why it cannot be one. */
  answer(reply: Reply): { kind: "Unavailable" | "Malformed"; message: string } | undefined {
    const oldest = this.#oldest;
    const word = reply.words[0] ?? "";
    if (oldest === undefined) return { kind: "Malformed", message: `expected nothing, got ${quoted(reply)}` };
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

  readonly #look = (): void => {
    this.#timer = undefined;
    const left = this.#msLeft();
    if (left > 0) this.#timer = setTimeout(this.#look, left);
    // Where this process was the slow one, the answer lies in the socket: it is read before this runs.
    else this.#secondLook = setImmediate(this.#decide);
  };

  readonly #decide = (): void => {
    this.#secondLook = undefined;
    const oldest = this.#oldest;
    if (oldest === undefined) return;
    if (this.#msLeft() <= 0) this.#overdue(oldest.limitMs);
    else this.#timer ??= setTimeout(this.#look, this.#msLeft());
  };

  #msLeft(): number {
    return this.#since + (this.#oldest?.limitMs ?? 0) - performance.now();
  }

  #stopWatch(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#secondLook);
    this.#timer = undefined;
    this.#secondLook = undefined;
  }
}

function quoted({ words: [word = ""] }: Reply): string {
  return SERVER_TROUBLE.includes(word) || WORDS.includes(word) ? word : "an answer that is not beanstalkd's";
}
