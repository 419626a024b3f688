import { UserError } from "../../shared/user-error.ts";
import { parseInstant } from "../shared/parse-time.ts";

/** Where decisions are asked for, as it was written. */
export interface WhereToAsk {
  readonly kind?: string;
  readonly server?: string;
  readonly tokenFile?: string;
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
  /** Those until then, in milliseconds since the epoch. */
  readonly at: number | undefined;
  /** So many, the newest. */
  readonly last: number;
  readonly now: number;
}

/** Of one autoscaler no controller keeps more. */
const MOST = 1_000;

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
  return { namespace, name, kind, at: at === undefined ? undefined : parseInstant("--at", at, now), last: count, now };
}
