import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type ArrivalsTerms, readArrivals } from "../../../src/lab/recordings/read-arrivals.ts";
import { simulate } from "../../../src/lab/simulate.ts";
import { countMessages, type Traffic } from "../../../src/lab/traffic/traffic.ts";
import { anyRows } from "../../support/any-rows.ts";
import { rehearsal } from "../../support/rehearsals.ts";

const TERMS: ArrivalsTerms = {
  file: "jobs.csv",
  columns: {},
  share: 1,
  now: Date.UTC(2026, 0, 1),
  start: Date.UTC(2020, 0, 1),
};

async function read(text: string, changes: Partial<ArrivalsTerms> = {}): Promise<Traffic> {
  const lines = async function* () {
    yield text.split("\n");
  };
  return readArrivals(lines(), { ...TERMS, ...changes });
}

/** What arrives when: moments in seconds from the start, and numbers. */
function told({ at, counts }: Traffic): readonly (readonly [number, number])[] {
  return [...at].map((moment, index) => [moment / 1000, counts?.[index] ?? 1]);
}

test("counts a minute, as the World Cup's trace has them", async () => {
  const traffic = await read("period,count\n1998-04-30 21:30:00,2\n1998-04-30 21:31:00,11\n1998-04-30 21:32:00,0\n");
  assert.deepEqual(told(traffic), [
    [0, 2],
    [60, 11],
    [120, 0],
  ]);
  assert.equal(traffic.kind, "counts");
  assert.equal(traffic.binMs, 60_000);
  assert.equal(traffic.durationMs, 180_000);
  assert.equal(new Date(traffic.start).toISOString(), "1998-04-30T21:30:00.000Z");
  assert.deepEqual(traffic.remarks, []);
});

test("values each half hour, as the taxi trace has them", async () => {
  const traffic = await read("timestamp,value\n2014-07-01 00:00:00,10844\n2014-07-01 00:30:00,8127\n");
  assert.equal(traffic.binMs, 1_800_000);
  assert.equal(countMessages(traffic), 18_971);
});

test("one row a message with columns of which one is taken as service time, as the language model traces have them", async () => {
  const text =
    "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,480,10\n2023-11-16 18:17:04.0319600,318,8";
  const traffic = await read(text, { columns: { service: "GeneratedTokens" }, serviceScale: 0.02 });
  assert.equal(traffic.kind, "messages");
  assert.deepEqual([...traffic.at].map(Math.round), [0, 52]);
  assert.deepEqual([...(traffic.serviceMs ?? [])], [200, 160]);
  assert.equal((await read(text)).serviceMs, undefined);
});

test("recognizes columns by usual names in any notation, and names unused ones", async () => {
  for (const name of ["message_count", "total_requests", "NumberOfMessagesSent", "jobs", "num_events", "Count"]) {
    const traffic = await read(`id,created_at,${name}\n1,2024-06-01 00:00:00+02,5\n2,2024-06-01 00:01:00+02,7`);
    assert.equal(countMessages(traffic), 12, name);
    assert.equal(new Date(traffic.start).toISOString(), "2024-05-31T22:00:00.000Z");
    assert.match(traffic.remarks[0] ?? "", new RegExp(`^Read with times from created_at; .*${name}; not used: id `));
  }
  const { kind, remarks } = await read("Zeit;Anzahl\n2024-06-01;5\n2024-06-02;7");
  assert.equal(kind, "messages");
  assert.deepEqual(remarks, [
    "Read with times from Zeit; each row one message; not used: Anzahl (--count-column or --service-column takes another).",
  ]);
  assert.deepEqual((await read("time,count\n2024-06-01,5")).remarks, []);
  const late = await read('{"ts": 5}\n{"ts": 6, "count": 2}');
  assert.match(late.remarks[0] ?? "", /each row one message; not used: count \(/);
});

test("a column of times is never one of service times too", async () => {
  for (const name of ["elapsed", "seconds"]) {
    const traffic = await read(`${name},count\n0,1\n60,2\n120,3`);
    assert.deepEqual([traffic.durationMs, traffic.serviceMs], [180_000, undefined], name);
  }
});

test("milliseconds from the file's own start may exceed a day", async () => {
  const traffic = await read("offset_ms,count\n0,1\n86400000,2\n172800000,3");
  assert.equal(traffic.durationMs, 3 * 86_400_000);
  assert.ok(traffic.remarks.includes("Times are milliseconds from a start of their own, as offset_ms says."));
});

test("times from the file's own start have the unit of their column's name, or are seconds", async () => {
  for (const [name, seconds] of [
    ["offset_ms", 0.001],
    ["time", 1],
    ["t", 1],
    ["minute", 60],
    ["hour", 3600],
  ] as const) {
    const traffic = await read(`${name},count\n0,1\n5,2\n10,3`);
    assert.deepEqual(told(traffic), [
      [0, 1],
      [5 * seconds, 2],
      [10 * seconds, 3],
    ]);
  }
  // Moments of the epoch have the unit that their size tells.
  assert.equal((await read("minute,count\n1717243200,1\n1717243260,2")).binMs, 60_000);
});

test("a service time has the unit of its column's name, unless an option states it", async () => {
  for (const [name, milliseconds] of [
    ["duration_ms", 1.5],
    ["serviceMs", 1.5],
    ["processing_time_us", 0.0015],
    ["service", 1500],
    ["duration_seconds", 1500],
    ["Duration", 1500],
  ] as const) {
    const text = `{"ts": 1717243200123, "${name}": 1.5}\n{"ts": 1717243201123, "${name}": 1.5}`;
    const { serviceMs, remarks } = await read(text);
    assert.ok(Math.abs((serviceMs?.[1] ?? 0) / milliseconds - 1) < 1e-9, name);
    assert.match(remarks[0] ?? "", new RegExp(`service times from ${name}, in (micro|milli|)seconds\\.$`));
    assert.deepEqual([...((await read(text, { serviceScale: 2 })).serviceMs ?? [])], [3000, 3000]);
  }
});

test("JSON lines, with a count or one row a message", async () => {
  const counts = await read('{"time":"2024-06-01T12:00:00Z","count":3}\n{"time":"2024-06-01T12:01:00Z","count":4}');
  assert.deepEqual(told(counts), [
    [0, 3],
    [60, 4],
  ]);
  const messages = await read('{"at":1717243200.25,"serviceSeconds":2}\n{"at":1717243201,"serviceSeconds":0.5}');
  assert.equal(messages.kind, "messages");
  assert.deepEqual([...(messages.serviceMs ?? [])], [2000, 500]);
});

test("times as numbers, with a zone, without a header, with other separators, quotes, comments and blank lines", async () => {
  assert.deepEqual(told(await read("0,5\n60,7")), [
    [0, 5],
    [60, 7],
  ]);
  assert.deepEqual(told(await read("1717243200000\t5\n1717243260000\t7")), [
    [0, 5],
    [60, 7],
  ]);
  assert.deepEqual(
    told(await read("\uFEFFdate;jobs\r\n# a remark\r\n\r\n2024-06-01T12:00:00+02:00;5\r\n2024-06-01T10:01:00Z;7\r\n")),
    [
      [0, 5],
      [60, 7],
    ],
  );
  assert.deepEqual(told(await read('"time","note","count"\n"2024-06-01 12:00:00","a, ""b""",5')), [[0, 5]]);
  assert.equal((await read("0,5\n60,7")).start, TERMS.start);
});

test("plays a share, and a part of the time", async () => {
  const text = "0,100\n60,200\n120,300";
  assert.deepEqual(told(await read(text, { share: 0.5 })), [
    [0, 50],
    [60, 100],
    [120, 150],
  ]);
  assert.deepEqual(told(await read(text, { from: 60_000, to: 120_000 })), [[0, 200]]);
  const messages = Array.from({ length: 100 }, (_, second) => `${second}`).join("\n");
  assert.equal((await read(messages, { share: 0.1 })).at.length, 10);
  await assert.rejects(read(text, { from: 9e9 }), /expected rows from --from to --to, got none of 3/);
});

test("a gap has no messages, with a remark that names the row after it", async () => {
  const traffic = await read("time,count\n0,60\n60,60\n120,60\n3720,60\n3780,60\n");
  assert.deepEqual(traffic.remarks, ["There is a gap of 59 min before line 5: no messages then."]);
  const { series } = simulate(rehearsal({ traffic }));
  const inGap = series.arrivalsPerMinute.filter((_, index) => {
    const second = series.at[index] ?? 0;
    return second > 190 && second < 3_700;
  });
  assert.ok(inGap.length > 100 && inGap.every((rate) => rate === 0));
});

test("rows of one time count together, with a remark that names the first", async () => {
  const traffic = await read("0,1\n60,2\n60,3\n120,4\n120,5");
  assert.deepEqual(told(traffic), [
    [0, 1],
    [60, 5],
    [120, 9],
  ]);
  assert.deepEqual(traffic.remarks, ["2 rows repeat the time of the row before, the first in line 3: both count."]);
});

test("a single row that repeats a time is named", async () => {
  const { remarks } = await read("0,1\n60,2\n60,3\n120,4");
  assert.deepEqual(remarks, ["Line 3 repeats the time of the row before: both count."]);
});

test("seconds, milliseconds, microseconds and nanoseconds of the epoch are the same moments", async () => {
  for (const digits of ["", "000", "000000", "000000000"]) {
    const traffic = await read(`1717243200${digits},4\n1717243260${digits},5`);
    assert.equal(new Date(traffic.start).toISOString(), "2024-06-01T12:00:00.000Z");
    assert.deepEqual(told(traffic), [
      [0, 4],
      [60, 5],
    ]);
  }
});

const TEXT = "time,count\n2024-06-01 12:00:00,5\n";
for (const [what, text, expected] of [
  ["an empty file", "", /^jobs\.csv: expected rows with a time each, got an empty file$/],
  ["nothing but a header", "time,count\n", /^jobs\.csv: .*got a header and no rows$/],
  [
    "unsorted rows",
    `${TEXT}2024-06-01 11:59:00,5`,
    /^jobs\.csv:3: expected times in their order, got "2024-06-01 11:59:00" after "2024-06-01 12:00:00": sort the file first$/,
  ],
  [
    "a negative count",
    `${TEXT}2024-06-01 12:01:00,-3`,
    /^jobs\.csv:3: expected a number of messages from 0 to \d+, got "-3"$/,
  ],
  ["a count that is no number", `${TEXT}2024-06-01 12:01:00,many`, /^jobs\.csv:3: .* got "many"$/],
  ["a count that is missing", `${TEXT}2024-06-01 12:01:00,`, /^jobs\.csv:3: .* got ""$/],
  ["a row that is too short", `${TEXT}2024-06-01 12:01:00`, /^jobs\.csv:3: expected 2 columns, got 1$/],
  ["a row that is too long", `${TEXT}2024-06-01 12:01:00,1,000`, /^jobs\.csv:3: expected 2 columns, got 3$/],
  [
    "a first row with a day that does not exist",
    "2024-06-31 12:00:00,5\n2024-07-01 12:00:00,5",
    /^jobs\.csv:1: .*"2024-06-31/,
  ],
  ["a first row with a number that is no time", "1e99,5\n60,5", /^jobs\.csv:1: expected a time .*"1e99"/],
  ["a gigantic count", `${TEXT}2024-06-01 12:01:00,1e300`, /^jobs\.csv:3: .* got "1e300"$/],
  ["an infinite count", `${TEXT}2024-06-01 12:01:00,Infinity`, /^jobs\.csv:3: .* got "Infinity"$/],
  ["a time that is none", `${TEXT}noon,5`, /^jobs\.csv:3: expected a time such as .*, got "noon"$/],
  [
    "a day that does not exist",
    `${TEXT}2024-06-31 12:00:00,5`,
    /^jobs\.csv:3: expected a time .*got "2024-06-31 12:00:00"$/,
  ],
  [
    "a row of the future",
    `${TEXT}2031-06-01 12:00:00,5`,
    /^jobs\.csv:3: expected a time that has been, got "2031-06-01 12:00:00"/,
  ],
  [
    "zones in some rows only",
    `${TEXT}2024-06-01T12:01:00Z,5`,
    /^jobs\.csv:3: expected dates without a zone as in the rows before, got dates with a zone: /,
  ],
  ["a file of centuries", "time,count\n1901-01-01,5\n2024-06-01,5", /^jobs\.csv:3: expected at most 20 years/],
  ["a negative service time", "time,service\n0,-1", /^jobs\.csv:2: expected a service time from 0 to /],
  [
    "JSON that breaks off",
    '{"time":0,"count":1}\n{"time":60,"cou',
    /^jobs\.csv:2: expected a JSON object on each line, got /,
  ],
  ["JSON that is no object", '{"time":0,"count":1}\n[60, 1]', /^jobs\.csv:2: expected a JSON object/],
  [
    "JSON without its time",
    '{"time":0,"count":1}\n{"count":1}',
    /^jobs\.csv:2: expected a number or a text as time, got none$/,
  ],
  ["an array of JSON", "[", /^jobs\.csv:1: expected CSV or a JSON object on each line, got "\["; of an array, `jq -c/],
  ["another separator", "a|b", /^jobs\.csv:1: .* separated by commas, semicolons or tabs, got "a\|b"$/],
  ["what would confuse a terminal", `${TEXT}\u001b[2J,1`, /got "\\x1b\[2J"$/],
  ["text that is no table", "hello", /^jobs\.csv:1: expected a time or the columns' names, got "hello"$/],
] as const) {
  test(`${what} is refused with its line`, async () => {
    await assert.rejects(read(text), { name: "UserError", message: expected });
  });
}

test("refuses a missing column and names the existing ones", async () => {
  await assert.rejects(
    read(TEXT, { columns: { count: "jobs" } }),
    /^UserError: jobs\.csv:1: expected a column "jobs", got "time", "count"$/,
  );
});

test("refuses an overlong line with its number", async () => {
  const lines = async function* () {
    yield ["time,count", undefined];
  };
  await assert.rejects(readArrivals(lines(), TERMS), /jobs\.csv:2: expected a row, got a line of more than 4 MiB/);
});

test("plays rows of the future if requested", async () => {
  const traffic = await read("2031-06-01 12:00:00,5", { now: Number.POSITIVE_INFINITY });
  assert.equal(countMessages(traffic), 5);
});

test("merges too many rows by time: none is lost, and memory is bounded", async () => {
  const lines = async function* () {
    for (let chunk = 0; chunk < 300; chunk += 1) {
      yield Array.from({ length: 100 }, (_, index) => `${(chunk * 100 + index) / 10},${index % 2}`);
    }
  };
  const traffic = await readArrivals(lines(), { ...TERMS, mostEntries: 1_000 });
  assert.ok(traffic.at.length <= 1_000, `${traffic.at.length} entries`);
  assert.equal(countMessages(traffic), 15_000);
  assert.match(traffic.remarks.join(), /30000 rows are too many to be kept one by one: they are taken together by 4 s/);
});

test("whatever is in a file, it is read or refused with a line, and never with anything else", async () => {
  await fc.assert(
    fc.asyncProperty(anyRows("time"), async (text) => {
      try {
        const { at, durationMs } = await read(text);
        assert.ok(at.length > 0 && Number.isFinite(durationMs));
        assert.ok(at.every((moment, index) => moment >= (at[index - 1] ?? 0)));
      } catch (error) {
        assert.equal((error as Error).name, "UserError", String(error));
      }
    }),
    { numRuns: 500 },
  );
});
