import assert from "node:assert/strict";
import { test } from "node:test";
import beanstalkd from "../../../src/sources/beanstalkd.ts";

function settingsOf(uri: string): unknown {
  const raw = beanstalkd.fromQueueUri?.(uri);
  return raw && beanstalkd.settings.parse(raw);
}

function problemsOf(uri: string): string[] {
  const parsed = beanstalkd.settings.safeParse(beanstalkd.fromQueueUri?.(uri));
  return (parsed.error?.issues ?? []).flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys : [issue.path.join(".")],
  );
}

test("a queueURI names host, port and tube", () => {
  assert.deepEqual(settingsOf("beanstalk://queue.example:11400/orders"), {
    host: "queue.example",
    port: 11_400,
    tube: "orders",
    includeDelayed: false,
    wake: "reserve",
  });
  assert.deepEqual(settingsOf("beanstalkd://10.0.0.1/a.b_c-d"), {
    host: "10.0.0.1",
    port: 11_300,
    tube: "a.b_c-d",
    includeDelayed: false,
    wake: "reserve",
  });
  assert.deepEqual(settingsOf("beanstalk://[::1]:1/x"), {
    host: "::1",
    port: 1,
    tube: "x",
    includeDelayed: false,
    wake: "reserve",
  });
  assert.deepEqual(settingsOf("beanstalk://[fe80::1]/x"), {
    host: "fe80::1",
    port: 11_300,
    tube: "x",
    includeDelayed: false,
    wake: "reserve",
  });
  assert.deepEqual(settingsOf("BEANSTALK://h/tube/with/slashes"), {
    host: "h",
    port: 11_300,
    tube: "tube/with/slashes",
    includeDelayed: false,
    wake: "reserve",
  });
});

test("its query holds further settings", () => {
  assert.deepEqual(settingsOf("beanstalk://h/x?wake=look"), {
    host: "h",
    port: 11_300,
    tube: "x",
    includeDelayed: false,
    wake: "look",
  });
  assert.deepEqual(problemsOf("beanstalk://h/x?wake=never&size=3"), ["wake", "size"]);
});

test("a URI of another system is not ours", () => {
  for (const uri of [
    "https://sqs.eu-west-1.amazonaws.com/1/q",
    "redis://h/x",
    "beanstalk:/h/x",
    "xbeanstalk://h/x",
    "",
  ]) {
    assert.equal(beanstalkd.fromQueueUri?.(uri), undefined, uri);
  }
});

test("reports each wrong setting of a URI", () => {
  assert.deepEqual(problemsOf("beanstalk:///x"), ["host"]);
  assert.deepEqual(problemsOf("beanstalk://h"), ["tube"]);
  assert.deepEqual(problemsOf("beanstalk://h/"), ["tube"]);
  assert.deepEqual(problemsOf("beanstalk://h:abc/x"), ["port"]);
  assert.deepEqual(problemsOf("beanstalk://h:0/x"), ["port"]);
  assert.deepEqual(problemsOf("beanstalk://h:65536/x"), ["port"]);
  assert.deepEqual(problemsOf("beanstalk://h:/x"), ["port"]);
  assert.deepEqual(problemsOf("beanstalk://h/-x"), ["tube"]);
  assert.deepEqual(problemsOf("beanstalk://h/a b"), ["tube"]);
  assert.deepEqual(problemsOf("beanstalk://h/a\r\nput"), ["tube"]);
  assert.deepEqual(problemsOf("beanstalk://h/x#y"), ["tube"]);
  assert.deepEqual(problemsOf(`beanstalk://h/${"x".repeat(201)}`), ["tube"]);
  assert.deepEqual(problemsOf(`beanstalk://h/${"x".repeat(200)}`), []);
});

test("a password in a URI is refused and not repeated", () => {
  const parsed = beanstalkd.settings.safeParse(beanstalkd.fromQueueUri?.("beanstalk://user:sesame@h:1/x"));
  assert.equal(parsed.success, false);
  assert.ok(!parsed.error.message.includes("sesame"), parsed.error.message);
});
