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
