import type { Problem } from "../../core/index.ts";
import type { Note } from "./draft.ts";
import { type Conversion, emptyNote, lacking, perReplica, refused, type Settings, withNotes } from "./trigger.ts";

const SECONDS = 300;
/** A series is looked for over at least this many of its periods. */
const FEWEST_PERIODS = 3;

/** KEDA's aws-cloudwatch. */
export const cloudwatchTrigger: Conversion = ({ name, settings: s }) => {
  const wrong = problems(s);
  if (wrong.length > 0) return { wrong };
  const periodSeconds = Number(s.metricStatPeriod ?? SECONDS);
  const collected = Number(s.metricCollectionTime ?? SECONDS);
  const withinSeconds = Math.max(collected, FEWEST_PERIODS * periodSeconds);
  const cloudwatch = {
    ...(s.expression
      ? { expression: s.expression }
      : { namespace: s.namespace, metricName: s.metricName, dimensions: dimensionsOf(s) }),
    stat: s.metricStat ?? "Average",
    periodSeconds,
    withinSeconds,
    region: s.awsRegion,
    ...(s.awsEndpoint ? { endpoint: s.awsEndpoint } : {}),
  };
  const load = { activation: s.activationTargetMetricValue, emptyValue: emptyValueOf(s) };
  const draft = perReplica(name, { cloudwatch }, s.targetMetricValue, load);
  const { source, ...rest } = draft.signal;
  // Such points are old when they come: with the usual limit none would ever be fresh.
  const signal = { ...rest, name, source, freshnessSeconds: withinSeconds };
  return withNotes({ signal }, remarks(s, collected, withinSeconds));
};

function problems(s: Settings): readonly Problem[] {
  const found = [
    ...lacking(s, "targetMetricValue", "awsRegion"),
    ...(s.expression ? [] : lacking(s, "namespace", "metricName")),
  ];
  if (parts(s.dimensionName).length !== parts(s.dimensionValue).length) {
    const expected = `as many as dimensionName has (${parts(s.dimensionName).length})`;
    found.push(refused(s, "dimensionValue", expected));
  }
  if (s.metricUnit) found.push(refused(s, "metricUnit", "nothing, as series are not told apart by unit here"));
  if (s.awsAccountId) {
    found.push(refused(s, "awsAccountId", "nothing, as only the controller's own account is read"));
  }
  if (Number(s.metricEndTimeOffset ?? 0) !== 0) {
    found.push(refused(s, "metricEndTimeOffset", "0, as the newest point that is complete is read here"));
  }
  return found;
}

function remarks(s: Settings, collected: number, within: number): readonly Note[] {
  const notes: Note[] = [];
  if (within !== collected) {
    const text = `metricCollectionTime was ${collected}; here it is ${FEWEST_PERIODS} periods at least`;
    notes.push({ path: ["source", "cloudwatch", "withinSeconds"], text });
  }
  const empty = emptyValueOf(s);
  if (empty !== undefined) notes.push(emptyNote(empty));
  if (s.identityOwner === "pod" || s.identityOwner === undefined) {
    notes.push({
      path: ["source", "cloudwatch", "region"],
      text: "it is read with the controller's own AWS credentials",
    });
  }
  return notes;
}

function emptyValueOf({ ignoreNullValues, minMetricValue }: Settings): number | undefined {
  return ignoreNullValues === "false" ? undefined : Number(minMetricValue ?? 0);
}

const parts = (text = ""): readonly string[] => (text === "" ? [] : text.split(";"));

function dimensionsOf(s: Settings): Readonly<Record<string, string>> {
  const values = parts(s.dimensionValue);
  return Object.fromEntries(parts(s.dimensionName).map((name, index) => [name, values[index] ?? ""]));
}
