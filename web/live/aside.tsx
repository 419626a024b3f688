import { describeChanges } from "../../src/journal/describe-changes.ts";
import type { JournalSignal } from "../../src/journal/journal-entry.ts";
import type { Answers } from "./answers.ts";
import { ago, duration, exact } from "./words.ts";

/** What it goes by now, what would change the answer, and its conditions. */
export function Aside({ answers: { about }, now }: { answers: Answers; now: number }) {
  const { newest, whatWouldChange, conditions } = about;
  return (
    <aside aria-label="Now">
      <section>
        <h2>Signals</h2>
        {newest === undefined ? (
          <p class="soft">Nothing was read yet.</p>
        ) : (
          newest.signals.map((signal) => <Signal key={signal.name} signal={signal} now={now} />)
        )}
      </section>
      {whatWouldChange !== undefined && (
        <section>
          <h2>What would change the answer</h2>
          <ul>
            {describeChanges(whatWouldChange, newest).map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h2>Conditions</h2>
        <dl>
          {conditions.map(({ type, status, reason, message }) => (
            <div key={type}>
              <dt>
                {type}: {status}, {reason}
              </dt>
              <dd class="because">{message}</dd>
            </div>
          ))}
        </dl>
      </section>
    </aside>
  );
}

function Signal({ signal, now }: { signal: JournalSignal; now: number }) {
  const {
    name,
    trust,
    value,
    waiting,
    inFlight,
    arrivalsPerMinute,
    oldestSeconds,
    learned,
    failure,
    doubts = [],
  } = signal;
  const isTrusted = trust === "ok" || trust === "zero";
  const number = (of: number | null | undefined) => (of === null || of === undefined ? undefined : exact(of));
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["Waiting", number(waiting)],
    ["In flight", number(inFlight)],
    ["Arrivals a minute", number(arrivalsPerMinute)],
    ["Oldest", oldestSeconds === undefined ? undefined : duration(oldestSeconds)],
    ["A message takes", learned && `${learned.secondsPerMessage.toPrecision(2)} s, learned from ${learned.messages}`],
    ["Read", signal.readAt && ago(Date.parse(signal.readAt), now)],
    ["Asks for", signal.recommendedReplicas === undefined ? undefined : `${signal.recommendedReplicas} replicas`],
  ];
  return (
    <div class="signal">
      <h3>
        {name} <span class={`label ${isTrusted ? "good" : "bad"}`}>{trust}</span>
      </h3>
      <p class="value">{number(value) ?? "-"}</p>
      <dl>
        {facts.map(
          ([what, said]) =>
            said !== undefined && (
              <div key={what}>
                <dt>{what}</dt>
                <dd>{said}</dd>
              </div>
            ),
        )}
      </dl>
      {[...(failure === undefined ? [] : [failure]), ...doubts].map(({ kind, message }) => (
        <p key={kind} class="bad because">
          {kind}: {message}
        </p>
      ))}
    </div>
  );
}
