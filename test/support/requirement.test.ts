import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { requirement } from "./requirement.ts";

const NAMES = ["MUSTER_TEST_NO_SKIP", "MUSTER_TEST_ALLOW_SKIP"] as const;
let before: (string | undefined)[] = [];

beforeEach(() => {
  before = NAMES.map((name) => process.env[name]);
  for (const name of NAMES) delete process.env[name];
});

afterEach(() => {
  for (const [index, name] of NAMES.entries()) {
    const value = before[index];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

test("a program on this machine is found with its path", () => {
  const found = requirement("sh", "never seen");
  assert.equal(found.skip, false);
  assert.match(found.path ?? "", /\/sh$/);
});

test("a program that is not there skips the test and says what to install", () => {
  assert.deepEqual(requirement("no-such-program", "apt-get install it"), {
    skip: "needs no-such-program: apt-get install it",
  });
});

test("under MUSTER_TEST_NO_SKIP=1 a program that is not there is an error", () => {
  process.env.MUSTER_TEST_NO_SKIP = "1";
  assert.throws(
    () => requirement("no-such-program", "apt-get install it"),
    /expected no-such-program.*apt-get install it/,
  );
});

test("what MUSTER_TEST_ALLOW_SKIP lists may be lacking all the same", () => {
  process.env.MUSTER_TEST_NO_SKIP = "1";
  process.env.MUSTER_TEST_ALLOW_SKIP = "control-plane,no-such-program";
  assert.match(String(requirement("no-such-program", "hint").skip), /needs no-such-program/);
});
