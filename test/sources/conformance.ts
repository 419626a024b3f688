import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "node:util";
import type { FailureKind, Reading } from "../../src/core/index.ts";
import type { Source, SourceType } from "../../src/sources/shared/source.ts";
import { SourceError } from "../../src/sources/shared/source-error.ts";
import { leavesNothingBehind } from "../support/leftovers.ts";
import { sourceTools } from "../support/source-tools.ts";
import { eventually, within } from "../support/waiting.ts";
import { awaitWork } from "./await-work.ts";
import { escapedForms } from "./escaped-forms.ts";
import { testSettings, type WrongSettings } from "./settings-conformance.ts";
import { BEHAVIOURS, type Behaviour, type SetStage, type Stage } from "./stage.ts";

/** What the suite must know of a source to hold it to its contract. */
export interface Conformance {
  readonly stage: SetStage;
  /** The value that a working stage answers with; not 0, so that a zero out of nothing shows. */
  readonly value: number;
  /** Credentials among the stages' settings: no error may hold one. */
  readonly secrets?: readonly string[];
  /** Where the system words a behaviour otherwise than most do. */
  readonly kinds?: Partial<Record<Behaviour, FailureKind | readonly FailureKind[]>>;
  /** Behaviours that this system cannot show, each with the reason. */
  readonly excused?: Partial<Record<Behaviour, string>>;
  readonly wrong: WrongSettings;
  /** Why these tests cannot run on this machine (see test/support/requirement.ts). */
  readonly skip?: string | false;
}

const PATIENCE_MILLISECONDS = 30_000;
/** Behaviours that a source's own time limit may have to end; all others are left the time of a busy machine. */
const ENDLESS: readonly Behaviour[] = ["hanging", "garbage", "giant"];
const GENEROUS_SECONDS = 20;
/** More than a test lasts: what ends has been ended by an abort or by closing, and not by the source's own time limit. */
const ENDLESS_TIME = { timeoutSeconds: 120 };
const SOON_MILLISECONDS = 10_000;
/** What the stages' servers answer outside of any API's own form of an error. */
const FOREIGN = /Bad Request|wrong door|who are you|not you|no such thing|slow down|out of order|<h1>|Welcome/;
const GIANT_LIMIT_BYTES = 128 << 20;
const HOUR = 3_600_000;

/** Registers the tests that every source must pass. */
export function testSource(type: SourceType, conformance: Conformance): void {
  const options = { skip: conformance.skip ?? false, timeout: 60_000 };
  const testUnless = (excused: Behaviour, name: string, body: () => Promise<void>) => {
    if (conformance.excused?.[excused] === undefined) test(name, options, body);
  };
  const on =
    (behaviour: Behaviour, body: (source: Source, stage: Stage) => Promise<void>, options: StageOptions = {}) =>
    () =>
      leavesNothingBehind(() => onStage(type, conformance, behaviour, body, options));

  describe(`source ${type.type}`, () => {
    test(
      "reads the value",
      options,
      on("working", async (source) => {
        const before = Date.now();
        const reading = await read(source);
        assert.equal(reading.value, conformance.value);
        assert.ok(
          reading.at <= Date.now() && reading.at > before - HOUR / 2,
          `at ${new Date(reading.at).toISOString()}`,
        );
      }),
    );

    test(
      "reads many times at once",
      options,
      on("working", async (source) => {
        const readings = await Promise.all(Array.from({ length: 20 }, () => read(source)));
        assert.deepEqual(new Set(readings.map((reading) => reading.value)), new Set([conformance.value]));
      }),
    );

    test(
      "two of a kind do not disturb each other",
      options,
      on("working", async (source, stage) => {
        const tools = sourceTools(stage.tools);
        const [one, two] = [connect(type, stage, tools), connect(type, stage, tools)];
        await Promise.all([read(one), read(two), read(source)]);
        await one.close?.();
        assert.equal((await read(two)).value, conformance.value);
        await two.close?.();
      }),
    );

    testUnless("stale", "a stale point keeps its own time", async () => {
      const staleAt = Math.floor((Date.now() - HOUR) / 1000) * 1000;
      await leavesNothingBehind(() =>
        onStage(
          type,
          conformance,
          "stale",
          async (source) => {
            const { at } = await read(source);
            assert.ok(Math.abs(at - staleAt) <= 1000, `expected ${staleAt}, got ${at}`);
          },
          { staleAt },
        ),
      );
    });

    for (const [behaviour, usual] of Object.entries(BEHAVIOURS) as [Behaviour, FailureKind | undefined][]) {
      if (!usual) continue;
      const kinds = [conformance.kinds?.[behaviour] ?? usual].flat();
      // A slow machine must not turn another failure into a time-out.
      const time = kinds.includes("TimedOut") ? {} : { timeoutSeconds: GENEROUS_SECONDS };
      const body = async (source: Source, stage: Stage) => {
        const error = await failure(read(source), PATIENCE_MILLISECONDS);
        assert.ok(kinds.includes(error.kind), `expected ${kinds.join(" or ")}, got ${error.kind}: ${error.message}`);
        assertPresentable(error, conformance.secrets ?? []);
        assert.ok((stage.sent?.() ?? 0) < GIANT_LIMIT_BYTES, `took ${stage.sent?.()} bytes`);
      };
      testUnless(behaviour, `${behaviour}: fails as ${kinds.join(" or ")}`, on(behaviour, body, time));
    }

    testUnless(
      "hanging",
      "an abort ends a poll soon",
      on(
        "hanging",
        async (source) => {
          const cut = new AbortController();
          const poll = failure(read(source, cut.signal), SOON_MILLISECONDS);
          await pause(100);
          cut.abort(new SourceError("Malformed", "the controller's reason, which is not the source's"));
          assert.equal((await poll).kind, "TimedOut");
          for (const reason of [undefined, new Error("the controller has other plans"), "a text"]) {
            const late = failure(read(source, AbortSignal.abort(reason)), SOON_MILLISECONDS);
            assert.equal((await late).kind, "TimedOut");
          }
        },
        ENDLESS_TIME,
      ),
    );

    testUnless(
      "hanging",
      "an abort ends a wait for work soon",
      on("hanging", (source) => waitAndAbort(source), ENDLESS_TIME),
    );
    test(
      "a wait for work on a working server can be cut",
      options,
      on("working", (source) => waitAndAbort(source), ENDLESS_TIME),
    );

    testUnless(
      "hanging",
      "closing in the middle of a poll ends it",
      on(
        "hanging",
        async (source) => {
          const poll = failure(read(source), PATIENCE_MILLISECONDS);
          await pause(100);
          await within(SOON_MILLISECONDS, source.close?.() ?? Promise.resolve());
          await poll;
        },
        ENDLESS_TIME,
      ),
    );

    for (const behaviour of ["working", "hanging"] as const) {
      testUnless(
        behaviour,
        `closed at any moment of its first poll on a ${behaviour} server, it leaves nothing open`,
        () => closedAtAnyMoment(type, conformance, behaviour),
      );
    }

    testUnless(
      "cutting",
      "reads again once the server is back",
      on("working", async (source, stage) => {
        if (!stage.become) return;
        await read(source);
        await stage.become("cutting");
        await failure(read(source), PATIENCE_MILLISECONDS);
        await stage.become("working");
        const reading = await eventually(() => read(source));
        assert.equal(reading.value, conformance.value);
      }),
    );

    testSettings(type, conformance.wrong);
  });
}

/** As the controller does it: the poll is aborted and the source closed in the same moment. */
async function closedAtAnyMoment(type: SourceType, conformance: Conformance, behaviour: Behaviour): Promise<void> {
  const stage = withTime(type, await conformance.stage(behaviour, Date.now()), ENDLESS_TIME.timeoutSeconds);
  try {
    await leavesNothingBehind(async () => {
      for (const moment of MOMENTS) {
        const source = connect(type, stage, sourceTools(stage.tools));
        const cut = new AbortController();
        const poll = source.read(cut.signal).catch((error: unknown) => error);
        await moment();
        cut.abort();
        await within(SOON_MILLISECONDS, source.close?.() ?? Promise.resolve());
        await within(SOON_MILLISECONDS, poll);
      }
    });
  } finally {
    await stage.close();
  }
}

/** Some moments in which connections are made: at once, some microtasks, turns of the event loop and milliseconds later. */
const MOMENTS: readonly (() => Promise<unknown>)[] = [
  ...[0, 1, 2, 3, 5, 8, 13].map((times) => () => repeat(times, () => Promise.resolve())),
  ...[1, 2, 3, 5, 8].map((times) => () => repeat(times, () => new Promise(setImmediate))),
  ...[2, 4, 8, 16].map((milliseconds) => () => pause(milliseconds)),
];

async function repeat(times: number, step: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < times; done += 1) await step();
}

interface StageOptions {
  readonly staleAt?: number;
  readonly timeoutSeconds?: number | undefined;
}

async function onStage(
  type: SourceType,
  conformance: Conformance,
  behaviour: Behaviour,
  body: (source: Source, stage: Stage) => Promise<void>,
  { staleAt = Date.now(), timeoutSeconds = ENDLESS.includes(behaviour) ? undefined : GENEROUS_SECONDS }: StageOptions,
): Promise<void> {
  const stage = withTime(type, await conformance.stage(behaviour, staleAt), timeoutSeconds);
  try {
    const source = connect(type, stage, sourceTools(stage.tools));
    try {
      await body(source, stage);
    } finally {
      await within(SOON_MILLISECONDS, source.close?.() ?? Promise.resolve());
      await source.close?.();
    }
  } finally {
    await stage.close();
  }
}

/** The stage's own time limit stays where none is given, or where the source has no such setting. */
function withTime(type: SourceType, stage: Stage, timeoutSeconds: number | undefined): Stage {
  const settings = { ...stage.settings, timeoutSeconds };
  const isKept = timeoutSeconds === undefined || !type.settings.safeParse(settings).success;
  return isKept ? stage : { ...stage, settings };
}

function connect(type: SourceType, stage: Stage, tools: ReturnType<typeof sourceTools>): Source {
  return type.connect(type.settings.parse(stage.settings), tools);
}

/** A poll without an abort: a source with a `timeoutSeconds` must end it by itself. */
async function read(source: Source, signal?: AbortSignal): Promise<Reading> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new Error("no answer in time")), GENEROUS_SECONDS * 1_000);
  try {
    return await source.read(signal ?? limit.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function failure(poll: Promise<unknown>, milliseconds: number): Promise<SourceError> {
  const outcome = await within(
    milliseconds,
    poll.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  assert.ok(outcome !== undefined, "expected a failure, got a reading");
  assert.ok(outcome instanceof SourceError, `expected a SourceError, got ${inspect(outcome)}`);
  return outcome;
}

function assertPresentable(error: SourceError, secrets: readonly string[]): void {
  assert.match(error.message, /^[^\n\r]{5,600}$/, "one line for people");
  assert.ok(!error.message.endsWith("."), `no full stop: ${error.message}`);
  assert.doesNotMatch(error.message, FOREIGN, "nothing of what a server answers is repeated");
  const shown = inspect(error, { depth: 10, showHidden: true });
  for (const secret of secrets.flatMap(escapedForms)) {
    assert.ok(!shown.includes(secret), `the credential ${secret} shows in ${shown}`);
  }
}

async function waitAndAbort(source: Source): Promise<void> {
  const cut = new AbortController();
  const wait = awaitWork(source, cut.signal)?.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (wait === undefined) return;
  await pause(100);
  cut.abort();
  const outcome = await within(SOON_MILLISECONDS, wait);
  assert.ok(outcome === undefined || outcome instanceof SourceError, `expected a SourceError, got ${inspect(outcome)}`);
}
