import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/controller/clock.ts";
import { NOTIFICATION_TYPES, USUAL_WORDING } from "../../src/controller/notification.ts";
import { Notifier } from "../../src/controller/notifier.ts";
import type { Account, Incident, NotifyTarget, Origin } from "../../src/core/index.ts";
import { ALWAYS, type Reporter } from "../../src/kubernetes/ports.ts";
import { parseNotifyTargets } from "../../src/shared/notify-target.ts";
import { Network } from "../../src/sources/shared/network.ts";
import { atEnd } from "../support/at-end.ts";
import { scriptedHttp } from "../support/scripted-http.ts";
import { eventually } from "../support/waiting.ts";

const SCALED: Incident = { type: "Normal", reason: "SuccessfulRescale", message: "New size: 2, was 0" };

function targetsOf(text: string): readonly NotifyTarget[] {
  const parsed = parseNotifyTargets(text);
  assert.ok("targets" in parsed);
  return parsed.targets;
}

/** A notifier in a pod: the loopback is the controller's own. */
function notifier(operators: string, types: readonly (typeof NOTIFICATION_TYPES)[number][] = NOTIFICATION_TYPES) {
  const told: Incident[] = [];
  const warned: string[] = [];
  const reporter: Reporter = {
    report: () => undefined,
    tell: (_origin, incident) => void told.push(incident),
    forget: () => undefined,
    discard: () => undefined,
    flush: async () => undefined,
  };
  const made = new Notifier({
    ...{ reporter, types, wording: USUAL_WORDING, permit: ALWAYS, clock: systemClock },
    targets: targetsOf(operators),
    tools: { environment: {}, network: new Network({ loopback: "refused" }) },
    log: {
      debug: () => undefined,
      info: () => undefined,
      warn: (_text, fields) => void warned.push(JSON.stringify(fields)),
      error: () => undefined,
    },
    counted: () => undefined,
  });
  return { made, told, warned };
}

const flushed = () => AbortSignal.timeout(10_000);

test("an object's address may not lead where sources may not, and the operator's may", async (t) => {
  const receiver = await scriptedHttp(() => ({ status: 204 }));
  const { made, told, warned } = notifier(`${receiver.url}/operator`);
  atEnd(t, () => receiver.close());
  atEnd(t, () => made.close());
  const object = (text: string): Origin => ({
    kind: "WorkerAutoscaler",
    namespace: "shop",
    name: "a",
    notify: targetsOf(text),
  });
  made.tell(object(`${receiver.url}/secret-path`), SCALED);
  made.tell(object("http://169.254.169.254/latest/secret-path"), SCALED);
  await made.flush(flushed());
  await eventually(async () => {
    const failures = told.filter(({ reason }) => reason === "NotificationFailed").map(({ message }) => message);
    assert.equal(failures.length, 2, JSON.stringify(told));
    for (const message of failures)
      assert.match(message, /^1 could not be delivered to [\d.:]+: connections .* are refused/);
  });
  assert.deepEqual([...new Set(receiver.requests.map(({ url }) => url.pathname))], ["/operator"]);
  assert.ok(!JSON.stringify([told, warned]).includes("secret-path"));
});

test("redirects are not followed", async (t) => {
  const other = await scriptedHttp(() => ({ status: 204 }));
  const receiver = await scriptedHttp(() => ({ status: 307, headers: { location: `${other.url}/` } }));
  const { made, warned } = notifier(`${receiver.url}/`);
  for (const server of [other, receiver]) atEnd(t, () => server.close());
  atEnd(t, () => made.close());
  made.tell({ kind: "WorkerAutoscaler", namespace: "shop", name: "a" }, SCALED);
  await made.flush(flushed());
  assert.equal(receiver.requests.length, 1);
  assert.equal(other.requests.length, 0);
  assert.match(warned.join(), /it answered 307/);
});

test("only the types that are wanted are told; at the bound is told once until it is over", async (t) => {
  const receiver = await scriptedHttp(() => ({ status: 204 }));
  const { made } = notifier(`batch+${receiver.url}/`, ["at-max"]);
  atEnd(t, () => receiver.close());
  atEnd(t, () => made.close());
  const origin: Origin = { kind: "WorkerAutoscaler", namespace: "shop", name: "a" };
  const account = (reason: string): Account => ({
    at: 0,
    signals: {},
    conditions: [{ type: "ScalingLimited", status: "True", reason, message: "said" }],
  });
  made.tell(origin, SCALED);
  for (const reason of ["TooManyReplicas", "TooManyReplicas", "CoolDown", "TooManyReplicas"])
    made.report(origin, account(reason));
  await made.flush(flushed());
  const events = receiver.requests.flatMap(
    ({ body }) => JSON.parse(body) as { type: string; data: { count: number } }[],
  );
  assert.deepEqual(
    events.map(({ type, data }) => `${type} ${data.count}`),
    ["dev.muster.autoscaler.at-max 2"],
  );
});
