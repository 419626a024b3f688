import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { Writable } from "node:stream";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Journal } from "../../src/journal/journal.ts";
import { LiveFeed, type LiveFeedOptions } from "../../src/server/live-feed.ts";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import { eventually } from "../support/eventually.ts";

const AUTOSCALERS = 1_000;
const world = controllerWorld();
before(async () => {
  for (let number = 0; number < AUTOSCALERS; number += 1) {
    world.workloads.set(`queue-${number}`, 1);
    world.controller.keep(parsedAutoscaler(`queue-${number}`));
  }
  await world.elect();
  await world.clock.advance(2_000);
});
after(() => world.stop());

/** A connection of which the other side takes what is written, or nothing. */
class Connection extends Writable {
  text = "";
  readonly #takes: boolean;

  constructor(takes: boolean) {
    super();
    this.#takes = takes;
  }

  writeHead(): this {
    return this;
  }

  override _write(part: Buffer, _: string, taken: () => void): void {
    if (!this.#takes) return;
    this.text += String(part);
    setImmediate(taken);
  }
}

function startFeed(t: TestContext, options: Partial<LiveFeedOptions> = {}) {
  let surveys = 0;
  const controller = {
    get isLeading() {
      return world.controller.isLeading;
    },
    views() {
      surveys += 1;
      return world.controller.views();
    },
  } as LiveFeedOptions["controller"];
  const journal = new Journal();
  const feed = new LiveFeed({
    ...{ controller, journal, polls: () => 0, now: () => world.clock.wall(), everyMilliseconds: 10 },
    ...options,
  });
  t.after(() => feed.close());
  const open = (connection: Connection) => feed.open(connection as unknown as ServerResponse, undefined);
  return { open, surveys: () => surveys };
}

test("cuts off a page that takes nothing, having kept little for it, while another gets all", async (t) => {
  const { open } = startFeed(t, { patienceMilliseconds: 5_000 });
  const [slow, quick] = [new Connection(false), new Connection(true)];
  assert.ok(open(slow) && open(quick));
  const idsOf = (text: string) => new Set(text.match(/"id":"[^"]*"/g));
  await eventually(() => idsOf(quick.text).size === AUTOSCALERS, "the other page has all rows");
  assert.ok(slow.writableLength < 100_000, `${slow.writableLength} bytes are kept`);
  await eventually(() => slow.destroyed, "it is cut off");
  assert.equal(quick.destroyed, false);
});

test("looks at no autoscaler while no page is open", async (t) => {
  const { open, surveys } = startFeed(t);
  assert.equal(surveys(), 0);
  const page = new Connection(true);
  open(page);
  await eventually(() => surveys() > 3, "the page is kept up to date");
  page.destroy();
  await eventually(() => page.closed, "the page is gone");
  const before = surveys();
  await sleep(100);
  assert.equal(surveys(), before);
});

test("has no room for more than it may serve", (t) => {
  const { open } = startFeed(t, { mostClients: 1 });
  assert.equal(open(new Connection(true)), true);
  assert.equal(open(new Connection(true)), false);
});
