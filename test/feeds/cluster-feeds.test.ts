import assert from "node:assert/strict";
import { test } from "node:test";
import { WatchReporter } from "../../src/feeds/cluster-feeds.ts";
import { KubernetesError, type KubernetesErrorKind } from "../../src/kubernetes/ports.ts";

function newsWithLog() {
  const lines: string[] = [];
  const note = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const news = new WatchReporter({
    debug: note("debug"),
    info: note("info"),
    warn: note("warn"),
    error: note("error"),
  });
  const heard = (kind?: KubernetesErrorKind) =>
    news.update({
      resource: "gadgets.test.example",
      synced: false,
      objects: 0,
      lists: 0,
      ...(kind === undefined ? {} : { failure: new KubernetesError(kind, `gadgets: ${kind}`) }),
    });
  return { lines, news, heard };
}

test("does not report a watch that is interrupted and resumes", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { lines, news, heard } = newsWithLog();
  heard("Unavailable");
  assert.deepEqual(news.troubles, ["gadgets: Unavailable"]);
  heard();
  t.mock.timers.tick(60_000);
  assert.deepEqual(lines, []);
  assert.deepEqual(news.troubles, []);
});

test("reports a lasting problem once, and its end once", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { lines, heard } = newsWithLog();
  heard("Forbidden");
  t.mock.timers.tick(60_000);
  heard();
  heard();
  assert.deepEqual(lines, ["warn These autoscalers cannot be watched", "info These autoscalers can be watched now"]);
});

test("does not warn of a kind that is not installed", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { lines, heard } = newsWithLog();
  heard("NotFound");
  t.mock.timers.tick(60_000);
  assert.deepEqual(lines, ["info These autoscalers are not installed yet"]);
});

test("reports nothing after it is closed", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { lines, news, heard } = newsWithLog();
  heard("Unavailable");
  news.close();
  t.mock.timers.tick(60_000);
  assert.deepEqual(lines, []);
});
