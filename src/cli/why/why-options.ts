import { UserError } from "../shared/user-error.ts";

/** Where decisions are asked for, as it was written. */
export interface WhereToAsk {
  readonly kind?: string;
  readonly server?: string;
  readonly service: string;
  readonly kubeConfig?: string;
  readonly journal?: string;
}

/** The options of `muster why`, as they were written. */
export interface WhyOptions extends WhereToAsk {
  readonly at?: string;
  readonly last?: string;
  readonly output: "text" | "json";
}

/** Which decisions of which autoscaler are asked for. */
export interface Question {
  readonly namespace: string;
  readonly name: string;
  readonly kind: string | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number | undefined;
  readonly last: number;
}

/** Of one autoscaler no controller keeps more. */
const MOST = 1_000;
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads the question; throws a UserError that names what cannot be understood. */
export function questionFrom(written: string, { at, last, kind }: WhyOptions, now: number): Question {
  const parts = written.split("/");
  const [namespace, name] = parts.length === 1 ? ["default", written] : parts;
  if (!namespace || !name || parts.length > 2) {
    throw new UserError(`expected NAMESPACE/NAME, got "${written}"`);
  }
  const count = Number(last ?? 1);
  if (!Number.isInteger(count) || count < 1 || count > MOST) {
    throw new UserError(`--last: expected a whole number from 1 to ${MOST}, got "${last}"`);
  }
  if (at !== undefined && last !== undefined) throw new UserError("expected --at or --last, got both");
  return { namespace, name, kind, at: at === undefined ? undefined : instantFrom("--at", at, now), last: count };
}

/** A time, or how long ago it was, as an option says it. */
export function instantFrom(flag: string, text: string, now: number): number {
  const ago = /^(?<count>\d+(?:\.\d+)?)(?<unit>[smhd])$/.exec(text)?.groups;
  const instant = ago === undefined ? Date.parse(text) : now - Number(ago.count) * (UNITS[ago.unit ?? ""] ?? 0);
  if (!Number.isNaN(instant)) return instant;
  throw new UserError(
    `${flag}: expected a time such as 2026-01-02T03:04:05Z, or how long ago such as 15m, got "${text}"`,
  );
}
