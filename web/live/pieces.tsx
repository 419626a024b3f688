import type { BacklogPoint, FleetRow, FleetState } from "../../src/server/live-wire.ts";
import { exact } from "./words.ts";

/** A sign of its own for each, so that colour is not needed. */
const SIGNS: Readonly<Record<FleetState, readonly [sign: string, colour: string]>> = {
  failing: ["✖", "bad"],
  stalled: ["■", "bad"],
  fallback: ["▼", "bad"],
  unreadable: ["?", "bad"],
  "at max": ["▲", "warn"],
  held: ["❙❙", "note"],
  acting: ["➜", "act"],
  "dry run": ["○", "calm"],
  paused: ["❙❙", "calm"],
  starting: ["…", "calm"],
  steady: ["●", "good"],
};

export function StateLabel({ state }: { state: FleetState }) {
  const [sign, colour] = SIGNS[state];
  return (
    <span class={`label ${colour}`}>
      <span aria-hidden="true">{sign}</span> {state}
    </span>
  );
}

/** "3 → 8 of 20", and the same as a bar from zero to the upper bound. */
export function Bounds({ row: { current, desired, min, max } }: { row: FleetRow }) {
  const there = current ?? 0;
  const wanted = desired ?? there;
  const full = Math.max(max ?? 0, there, wanted, 1);
  const at = (replicas: number) => (replicas / full) * 100;
  const text = `${current === undefined ? "?" : exact(current)}${wanted === there ? "" : ` → ${exact(wanted)}`}`;
  return (
    <>
      <span class="numbers">
        {text}
        {max !== undefined && <span class="soft"> of {exact(max)}</span>}
      </span>
      <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width="100" height="8" />
        <rect class="there" width={at(Math.min(there, wanted))} height="8" />
        {wanted > there && <rect class="rises" x={at(there)} width={at(wanted - there)} height="8" />}
        {wanted < there && <rect class="falls" x={at(wanted)} width={at(there - wanted)} height="8" />}
        {min !== undefined && min > 0 && <rect class="least" x={Math.max(0, at(min) - 1)} width="1" height="8" />}
      </svg>
    </>
  );
}

const HOUR = 3_600_000;
const [WIDTH, HEIGHT] = [100, 20];

/** The backlog stays as it was read until it is read otherwise. */
export function Sparkline({ history, now }: { history: readonly BacklogPoint[]; now: number }) {
  const most = Math.max(0, ...history.map(([, backlog]) => backlog));
  const x = (at: number) => Math.max(0, (WIDTH * (at - now + HOUR)) / HOUR).toFixed(1);
  const y = (backlog: number) => (HEIGHT - 1 - (most === 0 ? 0 : (backlog / most) * (HEIGHT - 3))).toFixed(1);
  const path = history.map(([at, backlog], index) =>
    index === 0 ? `M${x(at)} ${y(backlog)}` : `H${x(at)}V${y(backlog)}`,
  );
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img">
      <title>{history.length === 0 ? "nothing was read yet" : `at most ${exact(most)} in the last hour`}</title>
      {path.length > 0 && <path d={`${path.join("")}H${WIDTH}`} />}
    </svg>
  );
}
