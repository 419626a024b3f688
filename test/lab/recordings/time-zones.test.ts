import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { timeZoneProblem } from "../../../src/formats/schedule.ts";
import { readArrivals } from "../../../src/lab/recordings/read-arrivals.ts";
import { WallClock } from "../../../src/lab/recordings/wall-clock.ts";
import { countMessages } from "../../../src/lab/traffic/traffic.ts";

const BERLIN = "Europe/Berlin";

function read(rows: readonly string[], timeZone: string) {
  const lines = async function* () {
    yield ["time,count", ...rows];
  };
  const terms = { file: "jobs.csv", columns: {}, share: 1, now: Date.UTC(2026, 0, 1), start: 0 };
  return readArrivals(lines(), { ...terms, timeZone });
}

test("times without a zone are local times, in summer and in winter", async () => {
  const summer = await read(["2024-06-01 12:00:00,5", "2024-06-01 12:01:00,6"], BERLIN);
  assert.equal(new Date(summer.start).toISOString(), "2024-06-01T10:00:00.000Z");
  assert.deepEqual(summer.remarks, []);
  const winter = await read(["2024-12-01 12:00:00,5", "2024-12-01 12:01:00,6"], BERLIN);
  assert.equal(new Date(winter.start).toISOString(), "2024-12-01T11:00:00.000Z");
});

test("an hour that clocks showed twice is played twice, in the order of the rows, with a remark", async () => {
  const clock = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"];
  const traffic = await read(
    clock.map((time) => `2024-10-27 ${time}:00,1`),
    BERLIN,
  );
  assert.equal(new Date(traffic.start).toISOString(), "2024-10-26T23:30:00.000Z");
  assert.deepEqual(
    [...traffic.at].map((at) => at / 60_000),
    [0, 30, 60, 90, 120, 150],
  );
  assert.deepEqual(traffic.remarks, [
    "4 rows from line 3 on have times that clocks in Europe/Berlin showed twice: the first time counts, or the second where the rows before are past that.",
  ]);
});

test("a repeated hour that is in the file once leaves a gap, with a remark", async () => {
  const traffic = await read(
    ["01:00", "01:30", "02:00", "02:30", "03:00", "03:30"].map((time) => `2024-10-27 ${time}:00,1`),
    BERLIN,
  );
  assert.match(traffic.remarks.at(-1) ?? "", /There is a gap of 1 h before line 6: no messages then/);
});

test("a time that clocks never showed is the moment of the change, with a remark", async () => {
  const traffic = await read(
    ["01:30", "02:00", "02:30", "03:00", "03:30"].map((time) => `2024-03-31 ${time}:00,1`),
    BERLIN,
  );
  assert.deepEqual(
    [...traffic.at].map((at) => new Date(traffic.start + at).toISOString().slice(11, 16)),
    ["00:30", "01:00", "01:30"],
  );
  assert.equal(countMessages(traffic), 5);
  assert.match(
    traffic.remarks.join("\n"),
    /^2 rows from line 3 on have times that clocks in Europe\/Berlin never showed/m,
  );
});

test("a time zone has no effect on times with a zone or in seconds, with a remark", async () => {
  const traffic = await read(["2024-06-01T12:00:00Z,5"], BERLIN);
  assert.equal(new Date(traffic.start).toISOString(), "2024-06-01T12:00:00.000Z");
  assert.deepEqual(traffic.remarks, ["--time-zone changes nothing: jobs.csv has dates with a zone."]);
  assert.match((await read(["0,5"], BERLIN)).remarks.join(), /jobs\.csv has seconds\./);
});

test("refuses a mix of rows with and without a zone, with the first that differs", async () => {
  await assert.rejects(
    read(["2024-06-01 12:00:00,5", "2024-06-01 12:01:00+02:00,5"], BERLIN),
    /jobs\.csv:3: expected dates without a zone as in the rows before, got dates with a zone/,
  );
  await assert.rejects(
    read(["2024-06-01T12:00:00+02:00,5", "2024-06-01 12:01:00,5"], BERLIN),
    /jobs\.csv:3: expected dates with a zone as in the rows before, got dates without a zone/,
  );
});

test("refuses an unknown time zone and suggests a similar one", () => {
  assert.equal(timeZoneProblem(BERLIN), undefined);
  assert.equal(timeZoneProblem("UTC"), undefined);
  assert.match(
    timeZoneProblem("Europe/Berln") ?? "",
    /expected an IANA time zone .*"Europe\/Berln"; did you mean Europe\/Berlin\?/,
  );
  assert.match(timeZoneProblem("berlin") ?? "", /did you mean Europe\/Berlin\?/);
  assert.match(timeZoneProblem("Middle/Earth") ?? "", /got "Middle\/Earth"$/);
});

test("converts every moment of a century to local time and back, in all zones", () => {
  const zones = [
    BERLIN,
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/Sao_Paulo",
  ];
  const formats = new Map(zones.map((zone) => [zone, formatter(zone)]));
  const clocks = new Map(zones.map((zone) => [zone, new WallClock(zone)]));
  const minute = fc.integer({ min: Date.UTC(1950, 0) / 60_000, max: Date.UTC(2050, 0) / 60_000 });
  fc.assert(
    fc.property(minute, fc.constantFrom(...zones), (minutes, zone) => {
      const at = minutes * 60_000;
      const shown = shownAt(at, formats.get(zone) as Intl.DateTimeFormat);
      const found = (clocks.get(zone) as WallClock).instantOf(shown, at);
      assert.equal(found.at, at, `${zone} ${new Date(at).toISOString()}`);
      assert.notEqual(found.shown, "never");
    }),
    { numRuns: 2_000 },
  );
});

function formatter(timeZone: string): Intl.DateTimeFormat {
  const digits = { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  return new Intl.DateTimeFormat("sv-SE", { timeZone, year: "numeric", ...digits, hourCycle: "h23" });
}

/** In milliseconds, as if the clock stood in Greenwich. */
function shownAt(at: number, format: Intl.DateTimeFormat): number {
  return Date.parse(`${format.format(at).replace(" ", "T")}Z`);
}
