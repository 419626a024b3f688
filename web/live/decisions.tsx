import { Component } from "preact";
import type { JournalEntry } from "../../src/journal/journal-entry.ts";
import { type Group, groupDecisions } from "./history.ts";
import { clock, dayAndClock } from "./words.ts";

const GROUPS_AT_ONCE = 30;
/** Of one group. */
const MOST_ENTRIES = 20;

/** Newest first. Each group opens to the steps of its decisions. */
export class Decisions extends Component<{ entries: readonly JournalEntry[] }, { shown: number }> {
  override state = { shown: GROUPS_AT_ONCE };

  override render({ entries }: { entries: readonly JournalEntry[] }, { shown }: { shown: number }) {
    const groups = groupDecisions(entries);
    return (
      <section class="decisions">
        <h2>Decisions</h2>
        <ol>
          {groups.slice(0, shown).map((group) => (
            <GroupItem key={group.entries.at(-1)?.at} group={group} />
          ))}
        </ol>
        {groups.length > shown && (
          <button type="button" onClick={() => this.setState({ shown: shown + GROUPS_AT_ONCE })}>
            Show earlier ones
          </button>
        )}
      </section>
    );
  }
}

class GroupItem extends Component<{ group: Group }, { opened: boolean }> {
  override state = { opened: false };

  override render({ group: { entries, title, count } }: { group: Group }, { opened }: { opened: boolean }) {
    const [newest, oldest] = [entries[0], entries.at(-1)];
    if (newest === undefined || oldest === undefined) return null;
    // A scaling is one moment, though the decision stood until it was seen.
    const isOnce = count === 1 || newest.scaled !== undefined;
    const times = isOnce
      ? clock(Date.parse(newest.at))
      : `${clock(Date.parse(oldest.at))} to ${clock(Date.parse(newest.until))}`;
    return (
      <li class={newest.scaled === undefined ? "" : "scaled"}>
        <details onToggle={({ currentTarget }) => this.setState({ opened: currentTarget.open })}>
          <summary>
            <span class="soft times" title={dayAndClock(Date.parse(oldest.at))}>
              {times}
            </span>
            {!isOnce && <span class="count">{count} times</span>}
            <span class="text">{title}</span>
          </summary>
          {opened && entries.slice(0, MOST_ENTRIES).map((entry) => <Steps key={entry.at} entry={entry} />)}
          {opened && entries.length > MOST_ENTRIES && (
            <p class="soft">
              {entries.length - MOST_ENTRIES} earlier ones are left out; <code>muster why --last 1000</code> prints
              them.
            </p>
          )}
        </details>
      </li>
    );
  }
}

function Steps({
  entry: { at, count, signals, steps, currentReplicas, desiredReplicas, outcome },
}: {
  entry: JournalEntry;
}) {
  const read = signals.map(({ name, value, trust }) => `${name} ${value ?? "-"} (${trust})`).join(", ");
  return (
    <div class="scrolls">
      <table class="steps">
        <caption>
          {dayAndClock(Date.parse(at))}: {currentReplicas} → {desiredReplicas}, {outcome}
          {count > 1 ? `, ${count} times` : ""}; read: {read}
        </caption>
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col">Because</th>
          </tr>
        </thead>
        <tbody>
          {steps.map(({ rule, from, to, because }) => (
            <tr key={rule}>
              <th scope="row">{rule}</th>
              <td>{from}</td>
              <td>{to}</td>
              <td class="because">{because}</td>
            </tr>
          ))}
          {steps.length === 0 && (
            <tr>
              <td colSpan={4}>No rule asked for another number.</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
