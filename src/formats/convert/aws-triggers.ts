import { parseQueueUrl, queueUrlProblem } from "../../sources/sqs/connection.ts";
import { difference, emptyNote, findMissing, note, refuse, type Settings, type TriggerType } from "./trigger.ts";

/** KEDA's aws-sqs-queue. */
export const sqs: TriggerType = {
  fields: {
    queueLength: "wholeTarget",
    activationQueueLength: "whole",
    scaleOnInFlight: "switch",
    scaleOnDelayed: "switch",
  },
  required: ["queueURL"],
  convert(s) {
    const queueUrl = s.queueURL ?? "";
    const problem = queueUrlProblem(queueUrl);
    const hasRegion = problem === undefined && parseQueueUrl(queueUrl).region !== undefined;
    return {
      problems: [problem !== undefined && { path: "metadata.queueURL", message: `${problem}, got ${queueUrl}` }],
      source: {
        sqs: {
          queueUrl,
          ...(!hasRegion && s.awsRegion && { region: s.awsRegion }),
          ...(s.scaleOnInFlight === "false" && { includeInFlight: false }),
          ...(s.scaleOnDelayed === "true" && { includeDelayed: true }),
        },
      },
      each: s.queueLength ?? "5",
      activation: s.activationQueueLength,
      notes: [
        s.identityOwner === "pod" && note("source.sqs.queueUrl", OWN_CREDENTIALS),
        s.awsEndpoint &&
          difference(
            "source.sqs.queueUrl",
            "awsEndpoint is not kept: the URL's host is asked, or the controller's AWS_ENDPOINT_URL",
          ),
      ],
    };
  },
};

const OWN_CREDENTIALS = "it is read with the controller's own AWS credentials";

/** Seconds. */
const PERIOD = "300";
/** A series is looked for over at least this many of its periods. */
const FEWEST_PERIODS = 3;

/** KEDA's aws-cloudwatch. */
export const cloudwatch: TriggerType = {
  fields: {
    targetMetricValue: "target",
    activationTargetMetricValue: "number",
    minMetricValue: "number",
    ignoreNullValues: "switch",
    metricCollectionTime: "whole",
    metricStatPeriod: "whole",
    metricEndTimeOffset: "whole",
  },
  required: ["targetMetricValue", "awsRegion"],
  convert(s) {
    const periodSeconds = Number(s.metricStatPeriod ?? PERIOD);
    const collected = Number(s.metricCollectionTime ?? PERIOD);
    const withinSeconds = Math.max(collected, FEWEST_PERIODS * periodSeconds);
    const emptyValue = s.ignoreNullValues === "false" ? undefined : Number(s.minMetricValue ?? 0);
    return {
      problems: cloudwatchProblems(s),
      source: {
        cloudwatch: {
          ...(s.expression
            ? { expression: s.expression }
            : { namespace: s.namespace, metricName: s.metricName, dimensions: dimensionsOf(s) }),
          stat: s.metricStat ?? "Average",
          periodSeconds,
          withinSeconds,
          region: s.awsRegion,
          ...(s.awsEndpoint && { endpoint: s.awsEndpoint }),
        },
      },
      each: s.targetMetricValue,
      activation: s.activationTargetMetricValue,
      emptyValue,
      // Such points are old when they come: with the usual limit none would ever be fresh.
      more: { freshnessSeconds: withinSeconds },
      notes: [
        withinSeconds !== collected &&
          note(
            "source.cloudwatch.withinSeconds",
            `metricCollectionTime was ${collected}; here it is ${FEWEST_PERIODS} periods at least`,
          ),
        emptyValue !== undefined && emptyNote(emptyValue),
        (s.identityOwner ?? "pod") === "pod" && note("source.cloudwatch.region", OWN_CREDENTIALS),
      ],
    };
  },
};

function cloudwatchProblems(s: Settings) {
  const [names, values] = [splitDimensions(s.dimensionName), splitDimensions(s.dimensionValue)];
  return [
    ...(s.expression ? [] : findMissing(s, "namespace", "metricName")),
    names.length !== values.length && refuse(s, "dimensionValue", `as many as dimensionName has (${names.length})`),
    s.metricUnit && refuse(s, "metricUnit", "nothing, as series are not told apart by unit here"),
    s.awsAccountId && refuse(s, "awsAccountId", "nothing, as only the controller's own account is read"),
    Number(s.metricEndTimeOffset ?? 0) !== 0 &&
      refuse(s, "metricEndTimeOffset", "0, as the newest point that is complete is read here"),
  ];
}

function dimensionsOf(s: Settings): Readonly<Record<string, string>> {
  const values = splitDimensions(s.dimensionValue);
  return Object.fromEntries(splitDimensions(s.dimensionName).map((name, index) => [name, values[index] ?? ""]));
}

function splitDimensions(text = ""): readonly string[] {
  return text === "" ? [] : text.split(";");
}
