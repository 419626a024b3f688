import type { Autoscaler, Signal } from "./autoscaler.ts";
import type { Instant, Reading, SignalState, Trust } from "./reading.ts";

/** A signal's state, and how far it can be believed now. */
export interface JudgedSignal {
  readonly signal: Signal;
  readonly trust: Trust;
  /** The newest reading, unless it is no evidence at all (implausible). A doubtful one may raise, never lower. */
  readonly reading?: Reading;
  readonly ageSeconds?: number;
  /** Why the signal cannot be believed, as a clause; absent where it can. */
  readonly doubt?: string;
  /** It has been in doubt long enough to ask for the fallback's replicas. */
  readonly fallsBack?: true;
  /** When time alone changes the trust: the reading goes stale, or stops being in the future. */
  readonly reconsiderAt?: Instant;
}

/** How far another machine's clock may run ahead of ours before its readings count as future-dated. */
const CLOCK_SKEW_MS = 5_000;

/** What is known of a signal, once an answer without data counts as the value that the signal states for it. */
export function withEmptyValue<State extends SignalState | undefined>(
  { emptyValue }: Signal,
  state: State,
  now: Instant,
): State | SignalState {
  if (emptyValue === undefined || state?.failure?.isEmpty !== true) return state;
  const { reading: before, failure } = state;
  const reading = { at: now, value: emptyValue };
  // The first one after a value may be an exporter that restarts: another has to confirm it.
  return before === undefined || failure.isRepeated ? { reading } : { reading, before };
}

/** Judges what is known of one signal at the moment `now`. */
export function judge(signal: Signal, known: SignalState | undefined, now: Instant): JudgedSignal {
  const state = withEmptyValue(signal, known, now);
  const reading = state?.reading;
  const oddity = reading && implausibility(signal, reading, now);
  if (state?.failure !== undefined) {
    const doubt = `${signal.name} cannot be read (${state.failure.kind}: ${state.failure.message})`;
    if (reading === undefined || oddity !== undefined) {
      return { signal, trust: "failing", doubt, ...untilDated(reading, now) };
    }
    return { signal, trust: "failing", doubt, reading, ageSeconds: ageSeconds(reading, now) };
  }
  if (reading === undefined) return { signal, trust: "absent", doubt: `${signal.name} has not been read yet` };
  if (oddity !== undefined) {
    const doubt = `${signal.name} cannot be right: ${oddity}`;
    return { signal, trust: "implausible", doubt, ...untilDated(reading, now) };
  }
  const age = ageSeconds(reading, now);
  if (now - reading.at > signal.freshnessSeconds * 1000) {
    const doubt = `${signal.name} was last read ${age} s ago, longer than the ${signal.freshnessSeconds} s it stays fresh`;
    return { signal, trust: "stale", reading, ageSeconds: age, doubt };
  }
  const reconsiderAt = reading.at + signal.freshnessSeconds * 1000 + 1;
  return { signal, trust: reading.value === 0 ? "zero" : "ok", reading, ageSeconds: age, reconsiderAt };
}

/** Whether it must not lower anything. A signal whose absence counts as zero is none to doubt. */
export function isDoubtful({ doubt, signal, fallsBack }: JudgedSignal): boolean {
  return doubt !== undefined && signal.whenMissing !== "Zero" && fallsBack !== true;
}

/** A reading of the future becomes usable when its time has come. */
function untilDated(reading: Reading | undefined, now: Instant): { readonly reconsiderAt?: Instant } {
  const dated = (reading?.at ?? now) - CLOCK_SKEW_MS;
  return dated > now ? { reconsiderAt: dated } : {};
}

function ageSeconds(reading: Reading, now: Instant): number {
  return Math.max(0, Math.round((now - reading.at) / 1000));
}

function implausibility(signal: Signal, reading: Reading, now: Instant): string | undefined {
  if (!Number.isFinite(reading.at)) return "its time is not a number";
  if (reading.at - now > CLOCK_SKEW_MS) return `it is dated ${Math.round((reading.at - now) / 1000)} s in the future`;
  // A band may lie below zero; what is counted or shared out among replicas cannot.
  if (signal.rule.kind === "band") return Number.isFinite(reading.value) ? undefined : `its value is ${reading.value}`;
  return (
    oddNumber("its value is", reading.value) ??
    oddNumber("its arrivals per minute are", reading.arrivalsPerMinute) ??
    oddNumber("its idle workers are", reading.idleWorkers) ??
    (signal.rule.kind === "drain" ? oddCount(reading) : undefined)
  );
}

/** Numbers that only a drain rule uses. */
function oddCount({ waiting, inFlight, oldestSeconds, arrived, completed }: Reading): string | undefined {
  return (
    oddNumber("its waiting messages are", waiting) ??
    oddNumber("its messages in flight are", inFlight) ??
    oddNumber("its oldest message's age in seconds is", oldestSeconds) ??
    oddNumber("its count of arrivals is", arrived) ??
    oddNumber("its count of finished messages is", completed)
  );
}

/** Above 2^53 nothing is counted: such numbers are a subtraction below zero in unsigned arithmetic. */
function oddNumber(what: string, number: number | "all" | undefined): string | undefined {
  if (number === undefined || number === "all" || (number >= 0 && number <= Number.MAX_SAFE_INTEGER)) return undefined;
  return `${what} ${number}`;
}

/** The autoscaler while sources wait for work: a reading stays fresh for as long as its source waits. */
export function withoutAgeing(autoscaler: Autoscaler, waiting: ReadonlySet<string>): Autoscaler {
  if (waiting.size === 0) return autoscaler;
  const signals = autoscaler.signals.map((signal) =>
    waiting.has(signal.name) ? { ...signal, freshnessSeconds: Number.POSITIVE_INFINITY } : signal,
  );
  return { ...autoscaler, signals };
}
