import { inWords } from "../../lab/duration.ts";
import { shownMoment } from "../../lab/history/recorded-series.ts";
import { page, remarksHtml, tableHtml } from "../../lab/report/page.ts";
import { chartedValues, valueChart } from "../../lab/report/value-chart.ts";
import type { Traffic } from "../../lab/traffic/traffic.ts";
import type { RecordedValues } from "../../lab/values/recorded-values.ts";
import { replayValues, type ValueRehearsal } from "../../lab/values/replay-values.ts";
import { type ValueOutcome, withoutCourse } from "../../lab/values/value-outcome.ts";
import { UserError } from "../../shared/user-error.ts";
import { refuseUnwritablePictures, writePictures } from "../pictures/write-pictures.ts";
import { parseDefaults } from "../shared/parse-defaults.ts";
import { print } from "../shared/print.ts";
import { type Policy, policiesOf } from "../simulate/policies.ts";
import { ProgressLine } from "../simulate/progress-line.ts";
import { rehearsalTerms } from "../simulate/rehearsal-terms.ts";
import type { SimulateOptions } from "../simulate/simulate-options.ts";
import { sweptPolicies } from "../sweep/swept-policies.ts";
import { plantOf } from "./plant-of.ts";
import { recordingsFor, recordingsOf } from "./recordings.ts";
import { VALUE_MEASURES } from "./value-measures.ts";
import { summary, valuesText } from "./values-text.ts";

/** The course of more policies than this is too much to look at, and of hundreds too much to keep. */
const MOST_CHARTED = 12;

/** Plays recorded values against every policy, and prints what would have been decided when. */
export async function runValues(options: SimulateOptions): Promise<void> {
  refuseOthers(options);
  refuseUnwritablePictures(options);
  const policies = policiesFrom(options);
  const recordings = await recordingsOf(options, policies);
  const found = policies.map((policy) => ({ policy, values: recordingsFor(policy, recordings) }));
  const traffic = trafficOf([...recordings.values()]);
  const terms = rehearsalTerms(options, traffic);
  const played = found.map(({ policy, values }): ValueRehearsal => {
    const effect = options.plant === undefined ? undefined : plantOf(options.plant, values);
    const rehearsal = { ...terms, policy: policy.name, autoscaler: policy.autoscaler };
    return { rehearsal, values, ...(effect === undefined ? {} : { effect }) };
  });
  const outcomes = play(played, policies);
  const remarks = [...traffic.remarks, loopOf(options)];
  const drawn = outcomes.slice(0, MOST_CHARTED).flatMap((outcome, index) => {
    const policy = policies[index];
    return policy === undefined ? [] : [{ outcome, autoscaler: policy.autoscaler }];
  });
  const charts = {
    heading: "Over time",
    start: traffic.start / 1000,
    titles: { arrivals: "", waiting: "" },
    policies: drawn.map(chartedValues),
  };
  const context = { start: traffic.start, remarks };
  try {
    await writePictures(options, {
      chart: () => valueChart(drawn),
      page: (assets) => {
        const pieces = [tableHtml(summary(outcomes)), remarksHtml(remarks)];
        return page({ title: `Rehearsal: ${traffic.name}`, pieces, charts }, assets);
      },
    });
  } finally {
    print(options.output === "json" ? asJson(outcomes, traffic, options) : valuesText(outcomes, context));
  }
}

function refuseOthers(options: SimulateOptions): void {
  const { values = [], traffic, arrivals, history, historyKind, runs, sees, lag, hiddenLag, plant } = options;
  const ways = {
    "--values": values.length > 0,
    "--history-kind value": history !== undefined && historyKind === "value",
  };
  const named = Object.entries({ ...ways, "--traffic": traffic !== undefined, "--arrivals": arrivals !== undefined });
  const given = named.flatMap(([flag, isGiven]) => (isGiven ? [flag] : []));
  if (given.length > 1) throw new UserError(`expected one of them, got ${given.join(" and ")}`);
  if (values.length > 0 && history !== undefined) throw new UserError("expected --values or --history, got both");
  if (runs !== "1") throw new UserError("--runs: expected 1 with recorded values: there is no chance in them");
  if (sees.length > 0) throw new UserError("--sees: expected none with recorded values: signals see what was recorded");
  if (plant !== undefined && (lag !== "0s" || hiddenLag !== "0s")) {
    throw new UserError(
      "--plant: expected no --lag and --hidden-lag beside it: `after` says how late the effect comes",
    );
  }
}

function policiesFrom(options: SimulateOptions): readonly Policy[] {
  const defaults = parseDefaults(options);
  return options.sweep?.length ? sweptPolicies(options, 1, defaults) : policiesOf(options.filename ?? [], defaults);
}

/** No messages: only when the recordings begin, and how long they are. */
function trafficOf(recordings: readonly RecordedValues[]): Traffic {
  const start = Math.min(...recordings.map(({ at }) => at[0] ?? Number.POSITIVE_INFINITY));
  const end = Math.max(...recordings.map(({ at, spans }) => (at.at(-1) ?? 0) + (spans.at(-1) ?? 0)));
  const nothing = new Float64Array();
  const about = recordings.map(({ name, at }) => `${name}: ${at.length} values`);
  return {
    name: recordings.map(({ name }) => name).join(", "),
    ...{ kind: "counts", start, durationMs: end - start, at: nothing, counts: nothing, binMs: 60_000 },
    remarks: [
      `${about.join("; ")}, from ${shownMoment(start)} on, for ${inWords((end - start) / 1000)}.`,
      ...recordings.flatMap(({ remarks }) => remarks),
    ],
  };
}

function play(rehearsals: readonly ValueRehearsal[], policies: readonly Policy[]): readonly ValueOutcome[] {
  const progress = new ProgressLine(process.stderr);
  try {
    return rehearsals.map((rehearsal, index) => {
      const told = (share: number) => progress.show((index + share) / rehearsals.length, rehearsal.rehearsal.policy);
      const settings = policies[index]?.settings;
      const outcome = { ...replayValues(rehearsal, told), ...(settings === undefined ? {} : { settings }) };
      return index < MOST_CHARTED ? outcome : withoutCourse(outcome);
    });
  } finally {
    progress.end();
  }
}

function loopOf({ plant }: SimulateOptions): string {
  return plant === undefined
    ? "Open loop: the values are as they were recorded, whatever would have been decided."
    : `Closed loop: the workers have an effect on the value, by the model ${plant}.`;
}

function asJson(outcomes: readonly ValueOutcome[], traffic: Traffic, { plant, series }: SimulateOptions): string {
  const shown = {
    values: {
      name: traffic.name,
      start: new Date(traffic.start).toISOString(),
      seconds: traffic.durationMs / 1000,
      remarks: traffic.remarks,
    },
    loop: plant === undefined ? "open" : "closed",
    ...(plant === undefined ? {} : { plant }),
    policies: outcomes.map((whole, index) => {
      const { series: columns, noted, notedDropped, scaled, scaledDropped, ...outcome } = whole;
      const measures = VALUE_MEASURES.map(({ name, of }) => [name, of(whole)] as const);
      return {
        ...outcome,
        measures: Object.fromEntries(measures),
        ...(index < MOST_CHARTED ? { scaled, scaledDropped } : {}),
        ...(series === true && index < MOST_CHARTED ? { series: columns, noted, notedDropped } : {}),
      };
    }),
  };
  return `${JSON.stringify(shown, null, 2)}\n`;
}
