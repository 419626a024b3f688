import type { JournalEntry } from "../../src/journal/journal-entry.ts";
import { ruleOf } from "./history.ts";
import { dayAndClock, duration } from "./words.ts";

interface Stretch {
  readonly rule: string;
  readonly from: number;
  until: number;
}

const COLOURS = 8;

/** Which rule settled the number, over time. */
export function RuleStrip({ entries, until }: { entries: readonly JournalEntry[]; until: number }) {
  const stretches = stretchesOf(entries, until);
  const rules = [...new Set(stretches.map(({ rule }) => rule))];
  const begin = stretches[0]?.from ?? until;
  const whole = Math.max(1, until - begin);
  const colourOf = (rule: string) => `rule-${rules.indexOf(rule) % COLOURS}`;
  const share = (rule: string) =>
    stretches.reduce((sum, one) => (one.rule === rule ? sum + one.until - one.from : sum), 0);
  return (
    <section class="chart">
      <h2>Which rule decided</h2>
      <svg class="strip" viewBox="0 0 1000 24" preserveAspectRatio="none" aria-hidden="true">
        {stretches.map((one) => (
          <rect
            key={one.from}
            class={colourOf(one.rule)}
            x={((one.from - begin) / whole) * 1000}
            width={Math.max(1, ((one.until - one.from) / whole) * 1000)}
            height="24"
          >
            <title>{`${one.rule}, ${dayAndClock(one.from)} to ${dayAndClock(one.until)}`}</title>
          </rect>
        ))}
      </svg>
      <ul class="legend">
        {rules.map((rule) => (
          <li key={rule}>
            <svg viewBox="0 0 10 10" aria-hidden="true">
              <rect class={colourOf(rule)} width="10" height="10" />
            </svg>
            {rule} <span class="soft">{duration(share(rule) / 1000)}</span>
          </li>
        ))}
      </ul>
      <details>
        <summary>Which rule decided, as a table</summary>
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">For</th>
              <th scope="col">Rule</th>
            </tr>
          </thead>
          <tbody>
            {stretches.toReversed().map((one) => (
              <tr key={one.from}>
                <th scope="row">{dayAndClock(one.from)}</th>
                <td>{duration((one.until - one.from) / 1000)}</td>
                <td>{one.rule}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}

function stretchesOf(entries: readonly JournalEntry[], until: number): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (const [index, entry] of entries.entries()) {
    const next = entries[index + 1];
    const end = next === undefined ? until : Date.parse(next.at);
    const rule = ruleOf(entry);
    const last = stretches.at(-1);
    if (last?.rule === rule) last.until = end;
    else stretches.push({ rule, from: Date.parse(entry.at), until: end });
  }
  return stretches;
}
