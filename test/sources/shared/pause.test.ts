import assert from "node:assert/strict";
import { test } from "node:test";
import { Pause } from "../../../src/sources/shared/pause.ts";

test("ends by itself, or earlier when it is told to", async () => {
  const pause = new Pause();
  await pause.sleep(1);
  const start = performance.now();
  const long = pause.sleep(60_000);
  pause.end();
  await long;
  assert.ok(performance.now() - start < 30_000);
  pause.end();
  await pause.sleep(1);
});
