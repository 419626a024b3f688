import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import type { SignalState } from "../../../src/core/index.ts";
import { convert } from "../../../src/formats/convert/convert.ts";
import { DEFAULTS } from "../../../src/formats/formats.ts";
import { decideOnSchedule } from "../../../src/formats/schedule.ts";
import { parseWorkerAutoscaler } from "../../../src/formats/worker-autoscaler.ts";
import cron from "../../../src/sources/cron.ts";
import { sourceTools } from "../../support/source-tools.ts";

interface Trigger {
  readonly start: string;
  readonly end: string;
  readonly timezone: string;
  readonly desiredReplicas: string;
}
const MINUTE = 60_000;

function autoscalerOf(triggers: readonly Trigger[]) {
  const AT_ONCE = {
    stabilizationWindowSeconds: 0,
    policies: [{ type: "Percent", value: 10_000, periodSeconds: 15 }],
  };
  const { yaml, problems } = convert(
    {
      apiVersion: "keda.sh/v1alpha1",
      kind: "ScaledObject",
      metadata: { name: "w", namespace: "t" },
      spec: {
        scaleTargetRef: { name: "w" },
        ...{ minReplicaCount: 0, maxReplicaCount: 50 },
        advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleUp: AT_ONCE, scaleDown: AT_ONCE } } },
        triggers: triggers.map((metadata) => ({ type: "cron", metadata })),
      },
    },
    { defaults: DEFAULTS },
  );
  assert.deepEqual(problems, []);
  const parsed = parseWorkerAutoscaler(parse(yaml ?? ""));
  assert.ok("autoscaler" in parsed, JSON.stringify(parsed));
  return { yaml: yaml ?? "", autoscaler: parsed.autoscaler };
}

/** What the clocks of a zone show at each minute from `begin` on. */
function wallClocks(timeZone: string, begin: number, minutes: number) {
  const format = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone, hourCycle: "h23", weekday: "short", day: "numeric", month: "numeric" },
    ...{ hour: "numeric", minute: "numeric" },
  });
  return Array.from({ length: minutes }, (_, index) => {
    const parts = Object.fromEntries(
      format.formatToParts(begin + index * MINUTE).map(({ type, value }) => [type, value]),
    );
    const weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"].indexOf(parts.weekday ?? "");
    return [Number(parts.minute), Number(parts.hour), Number(parts.day), Number(parts.month), weekday] as const;
  });
}

/** robfig/cron's SpecSchedule of a plain expression: days of the month and of the week are alternatives if both are stated. */
function matcher(expression: string) {
  const fields = expression.split(" ").map((text) => {
    if (text === "*") return () => true;
    const listed = text.split(",").map((part) => part.split("-").map(Number));
    return (value: number) => listed.some(([low = 0, high = low]) => value >= low && value <= high);
  });
  const [, , days, , weekdays] = expression.split(" ");
  return (wall: readonly number[]) => {
    const [minute, hour, day, month, weekday] = fields.map((has, index) => has(wall[index] ?? -1));
    const isDay = days === "*" || weekdays === "*" ? day && weekday : day || weekday;
    return minute && hour && month && isDay;
  };
}

/** For each minute, KEDA's GetMetricsAndActivity: the next start and the next end, both after that minute. */
function kedaValues({ start, end, desiredReplicas }: Trigger, walls: ReturnType<typeof wallClocks>) {
  const [isStart, isEnd] = [matcher(start), matcher(end)];
  const values: number[] = [];
  let [nextStart, nextEnd] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let index = walls.length - 1; index >= 0; index -= 1) {
    values[index] = nextStart < nextEnd ? 0 : Number(desiredReplicas);
    const wall = walls[index] ?? [];
    if (isStart(wall)) nextStart = index;
    if (isEnd(wall)) nextEnd = index;
  }
  return values;
}

/** Numbers that are the same in every run. */
function drawer(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Africa/Cairo", "Pacific/Auckland"];
/** Weeks in which clocks are set forward or back in those zones, and one in which none is. */
const WEEKS = [
  "2026-03-05",
  "2026-03-26",
  "2026-04-02",
  "2026-04-21",
  "2026-10-23",
  "2026-10-29",
  "2026-11-01",
  "2026-06-01",
];

function drawExpression(draw: (below: number) => number) {
  const hours = Array.from({ length: 1 + draw(3) }, () => (draw(2) === 0 ? draw(24) : draw(4)));
  const minutes = [0, 15, 30, 59][draw(4)];
  const weekdays = ["*", "*", "*", "1-5", "0,6", "2"][draw(6)];
  return `${minutes} ${[...new Set(hours)].join(",")} ${draw(8) === 0 ? "1-28" : "*"} * ${weekdays}`;
}

test("converted cron triggers have KEDA's replicas, for random expressions, zones and changes of the clocks", async () => {
  const draw = drawer(20);
  let moments = 0;
  let unusual = 0;
  for (let round = 0; round < 24; round += 1) {
    const begin = Date.parse(`${WEEKS[round % WEEKS.length]}T00:00:00Z`);
    const triggers = Array.from({ length: 1 + draw(3) }, () => ({
      start: drawExpression(draw),
      end: drawExpression(draw),
      timezone: ZONES[draw(ZONES.length)] ?? "UTC",
      // So far apart that none is within another's tolerance.
      desiredReplicas: ["1", "3", "7", "20", "45"][draw(5)] ?? "",
    })).filter(({ start, end }) => start !== end);
    if (triggers.length === 0) continue;
    const { yaml, autoscaler } = autoscalerOf(triggers);
    if (yaml.includes("EndIsNext")) unusual += 1;
    const expected = triggers.map((trigger) =>
      kedaValues(trigger, wallClocks(trigger.timezone, begin, 14 * 24 * 60)).slice(0, 5 * 24 * 60),
    );
    let now = begin;
    const tools = sourceTools({ now: () => now });
    const sources = autoscaler.signals.map(({ name, source }) => ({ name, ...cron.connect(source.settings, tools) }));
    let currentReplicas = 0;
    for (let minute = 0; minute < 5 * 24 * 60; minute += 7 + draw(23)) {
      now = begin + minute * MINUTE;
      const signals: Record<string, SignalState> = {};
      for (const { name, read } of sources) signals[name] = { reading: await read(new AbortController().signal) };
      const memory = { activity: { active: false, since: now - 3_600_000 } };
      const { desiredReplicas } = decideOnSchedule({ autoscaler, currentReplicas, signals, memory, now });
      const keda = Math.max(...expected.map((values) => values[minute] ?? 0));
      assert.equal(desiredReplicas, keda, `${new Date(now).toISOString()} ${JSON.stringify(triggers)}\n${yaml}`);
      currentReplicas = desiredReplicas;
      moments += 1;
    }
  }
  assert.ok(moments > 7_000, `${moments} moments`);
  assert.ok(unusual > 15, `${unusual} objects`);
});

test("a window whose starts and ends alternate is written without openWhile", () => {
  const office = { start: "0 8 * * 1-5", end: "0 18 * * 1-5", timezone: "Europe/Berlin", desiredReplicas: "3" };
  assert.doesNotMatch(autoscalerOf([office]).yaml, /openWhile/);
  assert.match(autoscalerOf([{ ...office, start: "0 8,9 * * 1-5" }]).yaml, /openWhile: EndIsNext/);
  const skipped = { ...office, start: "30 2 * * *", end: "0 6 * * *" };
  assert.match(autoscalerOf([skipped]).yaml, /openWhile: EndIsNext/, "the start is skipped on a day in spring");
});
