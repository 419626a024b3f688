/** These in the plural or followed by "count": messageCount, total_requests, NumberOfMessagesSent. */
const THINGS = "(?:arrival|request|message|msg|job|task|event|hit|call|invocation)";
const SAID_TO_HAPPEN =
  "arrival|arrived|created|enqueued|event|published|queued|received|request|sent|start|started|submitted";
const UNITS_OF_TIME = "(?:s|sec|seconds|ms|millis|us|micros|ns|nanos|utc)";

/** Usual names of time columns: timestamp, created_at, enqueuedAt, epoch_ms. */
export const TIME_NAME = new RegExp(
  `^(?:(?:@?time|@?timestamp|date|datetime|date_time|period|ts|at|minute|epoch|unix|unix_?time(?:stamp)?)(?:_?${UNITS_OF_TIME})?|arrival|(?:${SAID_TO_HAPPEN})_?(?:at|time|ts|timestamp|date)(?:_?${UNITS_OF_TIME})?)$`,
  "i",
);
/** Usual names of columns that count messages. */
export const COUNT_NAME = new RegExp(
  `^(?:count|value|number|n|total|(?:(?:num|number|no|total|sum)_?(?:of_?)?)?(?:${THINGS}s|${THINGS}s?_?(?:count|total|number|sent|received)))$`,
  "i",
);
/** Usual names of columns of service times: duration_ms, serviceTime, seconds. */
export const SERVICE_NAME =
  /^(?:seconds|(?:service|duration|elapsed|(?:service|processing|execution|run|work)_?(?:time|duration|seconds|ms|millis))(?:_?(?:in_)?(?:s|secs?|seconds?|ms|msecs?|millis|milliseconds?|us|micros|microseconds?|ns|nanos|nanoseconds?|minutes))?)$/i;

/** A unit of time. */
export interface Unit {
  readonly name: "seconds" | "milliseconds" | "microseconds" | "nanoseconds" | "minutes" | "hours" | "days";
  readonly seconds: number;
}

export const SECONDS: Unit = { name: "seconds", seconds: 1 };

const UNITS: readonly (readonly [RegExp, Unit])[] = [
  [/^(?:s|secs?|seconds?)$/, SECONDS],
  [/^(?:ms|msecs?|millis|milliseconds?)$/, { name: "milliseconds", seconds: 1e-3 }],
  [/^(?:us|micros|microseconds?)$/, { name: "microseconds", seconds: 1e-6 }],
  [/^(?:ns|nanos|nanoseconds?)$/, { name: "nanoseconds", seconds: 1e-9 }],
  [/^minutes?$/, { name: "minutes", seconds: 60 }],
  [/^hours?$/, { name: "hours", seconds: 3_600 }],
  [/^days?$/, { name: "days", seconds: 86_400 }],
];

/** The unit at the end of a column's name: milliseconds of duration_ms and of serviceMs. */
export function unitOfName(name: string): Unit | undefined {
  const words = name
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== "");
  const last = words.at(-1) ?? "";
  return UNITS.find(([known]) => known.test(last))?.[1];
}
