import assert from "node:assert/strict";
import { test } from "node:test";
import http from "../../src/sources/http.ts";
import prometheus from "../../src/sources/prometheus.ts";
import { scriptedHttp } from "../support/scripted-http.ts";
import { PROMETHEUS, startPrometheus } from "../support/servers/prometheus.ts";
import { sourceTools } from "../support/source-tools.ts";
import { eventually } from "../support/waiting.ts";
import { failedPoll, poll } from "./poll.ts";

test("a real Prometheus", { skip: PROMETHEUS.skip, timeout: 500_000 }, async (t) => {
  const metrics = 'lag{queue="a"} 30\nlag{queue="b"} 12\nempty NaN\nbusy{pod="a"} 2\nbusy{pod="b"} 0\n';
  const target = await scriptedHttp(() => ({
    headers: { "content-type": "text/plain; version=0.0.4" },
    body: metrics,
  }));
  t.after(() => target.close());
  const url = await startPrometheus(t, `127.0.0.1:${target.port}`);

  await t.test("gives an aggregate, a scalar and one element", async () => {
    await eventually(async () => assert.equal((await poll(prometheus, { url, query: "sum(lag)" })).value, 42));
    assert.equal((await poll(prometheus, { url, query: "scalar(lag{queue='a'})" })).value, 30);
    const { at, value } = await poll(prometheus, { url, query: "lag{queue='b'}" });
    assert.equal(value, 12);
    assert.ok(Math.abs(Date.now() - at) < 60_000);
  });

  await t.test("publishes its own metrics in the text format that the http source reads", async () => {
    const settings = { url: `${url}/metrics`, format: "prometheus", path: "prometheus_config_last_reload_successful" };
    assert.equal((await poll(http, settings)).value, 1);
  });

  await t.test("says which pods are busy, and which are idle", async () => {
    const list = prometheus.consumers?.open(prometheus.settings.parse({ url, query: "busy" }), sourceTools());
    assert.ok(list !== undefined);
    t.after(() => list.close?.());
    await eventually(async () =>
      assert.deepEqual((await list.read(AbortSignal.timeout(20_000))).consumers, [
        { worker: "a", messages: 2 },
        { worker: "b", messages: 0 },
      ]),
    );
  });

  await t.test("says when what it knows of pods was true, also long after its target has gone silent", async () => {
    const read = async (query: string) => {
      const list = prometheus.consumers?.open(prometheus.settings.parse({ url, query }), sourceTools());
      try {
        return await list?.read(AbortSignal.timeout(20_000));
      } finally {
        await list?.close?.();
      }
    };
    const begun = Date.now();
    await eventually(async () => assert.ok(((await read("busy"))?.at ?? 0) > begun, "a scrape of after that"));
    // An offset shows what was: as old as that where it is a selector, of now where it is an expression.
    await eventually(async () => {
      const old = await read("busy offset 5s");
      assert.deepEqual(
        old?.consumers.map(({ worker }) => worker),
        ["a", "b"],
      );
      assert.ok(Date.now() - (old?.at ?? 0) >= 5_000);
    });
    const asked = Date.now();
    assert.ok(((await read("sum by (pod) (busy offset 5s) # of two"))?.at ?? 0) >= asked - 1_000);
  });

  for (const query of ["nothing", "empty", "vector(1) / 0", "sum(nothing)"]) {
    await t.test(`${query} is missing, not 0`, async () => {
      assert.equal((await failedPoll(prometheus, { url, query })).kind, "NotFound");
    });
  }

  for (const query of ["lag", "lag[1m]", "sum(", "'text'"]) {
    await t.test(`${query} is no single value`, async () => {
      const { kind, message } = await failedPoll(prometheus, { url, query });
      assert.equal(kind === "Malformed" || query === "'text'", true, message);
    });
  }
});
