import assert from "node:assert/strict";
import { test } from "node:test";
import { label } from "../../src/server/object-families.ts";
import { queueName } from "../../src/server/worker-pod-autoscaler-families.ts";
import { parsedAutoscaler } from "../support/controller-world.ts";

const named = (settings: Record<string, unknown>) => {
  const [signal] = parsedAutoscaler("mail").autoscaler.signals;
  assert.ok(signal);
  return queueName({ ...signal, source: { type: "x", settings } });
};

test("names a queue as its system does", () => {
  assert.equal(named({ host: "h", port: 11300, tube: "mails" }), "mails");
  assert.equal(named({ queueUrl: "https://sqs.eu-central-1.amazonaws.com/123/mails.fifo" }), "mails.fifo");
  assert.equal(named({ database: 3 }), "queue");
});

test("a URL's query and credentials never become a label", () => {
  assert.equal(named({ url: "https://user:secret@host/path/name?token=secret" }), "name");
  assert.ok(!named({ url: "https://user:secret@host" }).includes("secret"));
});

test("escapes labels as Prometheus requires", () => {
  assert.equal(label("a", 'x"y\\z\n'), 'a="x\\"y\\\\z\\n"');
  assert.equal(label("a", "\u001b[2J\u202e"), 'a="\\\\u001b[2J\\\\u202e"');
});
