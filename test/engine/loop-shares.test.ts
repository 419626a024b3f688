import assert from "node:assert/strict";
import { test } from "node:test";
import { LoopShares } from "../../src/engine/loop-shares.ts";

test("small answers put nothing off, however many there are", () => {
  const shares = new LoopShares();
  for (let index = 0; index < 1_000; index += 1) assert.equal(shares.charge("shop", 0.9, 1_000), 1_000);
});

test("large answers to one namespace take at most a twentieth of the time together", () => {
  const shares = new LoopShares();
  const polls = Array.from({ length: 20 }, () => ({ dueAt: 0 }));
  let taken = 0;
  for (let now = 0; now < 600_000; now += 100) {
    for (const poll of polls.filter(({ dueAt }) => dueAt <= now)) {
      taken += 30;
      poll.dueAt = Math.max(now + 1_000, shares.charge("shop", 30, now));
    }
  }
  // The first round comes before anything is known of the answers.
  assert.ok(taken <= 600_000 * 0.05 + 20 * 30, `${taken} ms`);
  assert.ok(taken >= 600_000 * 0.04, `${taken} ms`);
});

test("what one namespace takes does not put off another's reads", () => {
  const shares = new LoopShares();
  for (let index = 0; index < 2_000; index += 1) shares.charge(`tenant-${index}`, 500, 0);
  assert.equal(shares.charge("shop", 10, 0), 200);
});
