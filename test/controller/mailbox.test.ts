import assert from "node:assert/strict";
import { test } from "node:test";
import { type Delivery, Mailbox } from "../../src/controller/mailbox.ts";
import { contentFor, type Notification, notificationOf, USUAL_WORDING } from "../../src/controller/notification.ts";
import type { Incident, Origin } from "../../src/core/index.ts";
import { parseNotifyTargets } from "../../src/shared/notify-target.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const SCALED: Incident = { type: "Normal", reason: "SuccessfulRescale", message: "New size: 2, was 0" };
const LATER: Delivery = { because: "it answered 503", isFinal: false };

const originOf = (name: string): Origin => ({ kind: "WorkerAutoscaler", namespace: "shop", name });

function world({ url = "https://events.example.com/", script = (): Delivery => "ok" } = {}) {
  const clock = new VirtualClock();
  const sent: (readonly Notification[])[] = [];
  const ends: string[] = [];
  const state = { mayAct: true, script };
  const parsed = parseNotifyTargets(url);
  assert.ok("targets" in parsed);
  const [target] = parsed.targets;
  assert.ok(target);
  const mailbox = new Mailbox({
    ...{ target, clock, random: () => 1, mayAct: () => state.mayAct },
    async send(notifications) {
      sent.push(notifications);
      return state.script();
    },
    ended: (outcome, notifications, because = "") => ends.push(`${outcome} ${notifications.length} ${because}`.trim()),
  });
  const add = (name: string, incident = SCALED) => {
    const notification = notificationOf(originOf(name), incident, clock.wall());
    assert.ok(notification);
    mailbox.add(notification);
  };
  return { clock, sent, ends, state, mailbox, add };
}

const names = (notifications: readonly Notification[] = []) => notifications.map(({ origin }) => origin.name);

test("what happens at once is told in one message, where the form allows it", async () => {
  const { clock, sent, add } = world({ url: "slack+https://chat.example.com/hook" });
  for (const name of ["a", "b", "c"]) add(name);
  await clock.advance(1_000);
  assert.equal(sent.length, 0);
  await clock.advance(2_000);
  assert.deepEqual(sent.map(names), [["a", "b", "c"]]);
});

test("the same of the same object is told once a minute, with how often it happened", async () => {
  const { clock, sent, add } = world();
  for (let second = 0; second < 60; second += 1) {
    add("busy");
    await clock.advance(1_000);
  }
  assert.deepEqual(
    sent.map(([one]) => one?.count),
    [2],
  );
  await clock.advance(60_000);
  assert.deepEqual(
    sent.map(([one]) => one?.count),
    [2, 58],
  );
});

test("another object does not wait for one that is held back", async () => {
  const { clock, sent, add } = world();
  add("busy");
  await clock.advance(5_000);
  add("busy");
  await clock.advance(5_000);
  add("quiet");
  await clock.advance(3_000);
  assert.deepEqual(sent.map(names), [["busy"], ["quiet"]]);
});

test("a receiver that is away gets it later, once, with the same id; pauses grow", async () => {
  const { clock, sent, ends, state, add } = world({ script: () => LATER });
  add("a");
  await clock.advance(30_000);
  const tries = sent.length;
  assert.ok(tries >= 4 && tries <= 6, String(tries));
  state.script = () => "ok";
  await clock.advance(60_000);
  assert.equal(new Set(sent.map(([one]) => one?.id)).size, 1);
  assert.deepEqual(ends, ["sent 1"]);
});

test("waits as long as the receiver asks", async () => {
  const { clock, sent, add } = world({ script: () => ({ ...(LATER as object), retryAfterSeconds: 120 }) as Delivery });
  add("a");
  await clock.advance(100_000);
  assert.equal(sent.length, 1);
  await clock.advance(30_000);
  assert.equal(sent.length, 2);
});

test("a refusal is not tried again, and nothing is tried for longer than a quarter of an hour", async () => {
  const refused = world({ script: () => ({ because: "it answered 404", isFinal: true }) });
  refused.add("a");
  await refused.clock.advance(60_000);
  assert.deepEqual([refused.sent.length, refused.ends], [1, ["failed 1 it answered 404"]]);
  const away = world({ script: () => LATER });
  away.add("a");
  await away.clock.advance(20 * 60_000);
  assert.deepEqual(away.ends, ["failed 1 it answered 503"]);
  assert.equal(away.mailbox.isIdle, true);
});

test("no more than 500 are held: the oldest are dropped", async () => {
  const { clock, ends, state, add } = world({ script: () => LATER });
  for (let index = 0; index < 600; index += 1) add(`object-${index}`);
  await clock.advance(0);
  assert.equal(ends.filter((end) => end.startsWith("dropped 1 more than 500")).length, 100);
  state.script = () => "ok";
  await clock.advance(300_000);
  assert.equal(ends.filter((end) => end === "sent 1").length, 500);
});

test("a process that may not act sends nothing, and one that lost its lease forgets", async () => {
  const { clock, sent, state, mailbox, add } = world();
  state.mayAct = false;
  add("a");
  await clock.advance(10_000);
  assert.equal(sent.length, 0);
  mailbox.discard();
  state.mayAct = true;
  await clock.advance(100_000);
  assert.equal(sent.length, 0);
  assert.equal(clock.pending, 0);
});

test("a stop sends what is held at once", async () => {
  const { clock, sent, mailbox, add } = world();
  for (const name of ["a", "b"]) add(name);
  const flushed = mailbox.flush(new AbortController().signal);
  await clock.advance(0);
  await flushed;
  assert.deepEqual(sent.map(names), [["a"], ["b"]]);
});

test("text from objects begins no mention, link or line in Slack", () => {
  const incident = {
    type: "Warning",
    reason: "QueueUnreadable",
    message: "<!channel> & <http://x|y>\nsecond line",
  } as const;
  const one = notificationOf(originOf("a"), incident, 0);
  assert.ok(one);
  const { text } = JSON.parse(contentFor("slack", [one], USUAL_WORDING).body);
  assert.equal(text, ":warning: *shop/a* unreadable: &lt;!channel&gt; &amp; &lt;http://x|y&gt;\\nsecond line");
  const template = "{{type}} {{kind}} {{count}} {{nonsense}}";
  const other = JSON.parse(contentFor("slack", [one], { ...USUAL_WORDING, slackTemplate: template }).body);
  assert.equal(other.text, "unreadable WorkerAutoscaler 1 {{nonsense}}");
});

test("addresses are parsed with their forms, and a wrong one is not repeated", () => {
  const parsed = parseNotifyTargets(
    "https://a.example/x, batch+http://b.example:8080/, https://hooks.slack.com/services/T/B/C",
  );
  assert.ok("targets" in parsed);
  assert.deepEqual(
    parsed.targets.map(({ format, host }) => `${format} ${host}`),
    ["cloudevents a.example", "batch b.example:8080", "slack hooks.slack.com"],
  );
  for (const [wrong, problem] of [
    ["secret-word", /address 1 is not a URL/],
    ["https://a.example, ftp://a.example/secret-word", /address 2 does not begin with http/],
    ["https://user:secret-word@a.example/", /has a user name/],
    ["teams+https://a.example/secret-word", /unknown form/],
    [Array.from({ length: 6 }, () => "https://a.example/").join(), /at most 5 addresses/],
  ] as const) {
    const result = parseNotifyTargets(wrong);
    assert.ok("problem" in result, wrong);
    assert.match(result.problem, problem);
    assert.ok(!result.problem.includes("secret-word"), result.problem);
  }
});
