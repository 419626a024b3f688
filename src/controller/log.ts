import { printable } from "../core/index.ts";

/** What a line of the log may carry beside its sentence. Undefined values are left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where the controller says what it did: structured, in the past tense, one line for each thing that happened. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LineLogOptions {
  readonly format: "text" | "json";
  /** The least serious level that is written. */
  readonly level: LogLevel;
  readonly now: () => number;
  readonly write: (line: string) => void;
  /** Called for every line that is written, for the metric that counts them. */
  readonly counted?: (level: LogLevel) => void;
}

/** A log that writes one line of text or JSON for each message. */
export function lineLog(options: LineLogOptions): Log {
  const least = LOG_LEVELS.indexOf(options.level);
  const format = options.format === "json" ? jsonLine : textLine;
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (LOG_LEVELS.indexOf(level) < least) return;
      options.counted?.(level);
      options.write(`${format(new Date(options.now()).toISOString(), level, message, fields)}\n`);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  return printable(JSON.stringify({ time, level, message, ...fields }));
}

function textLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const words = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${quoted(String(value))}`);
  return `${time} ${level.toUpperCase().padEnd(5)} ${oneLine(message)}${words.join("")}`;
}

function quoted(value: string): string {
  return printable(/^[^\s"=]+$/.test(value) ? value : JSON.stringify(value));
}

/** A message that holds text from outside must not be able to forge a second line. */
function oneLine(text: string): string {
  return printable(text.replaceAll(/[\r\n]+/g, " "));
}
