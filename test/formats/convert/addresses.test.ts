import assert from "node:assert/strict";
import { test } from "node:test";
import { hostPortOf, hostProblem, urlOf } from "../../../src/formats/convert/addresses.ts";

test("reads host and port, with IPv6 addresses in brackets", () => {
  assert.deepEqual(hostPortOf("redis.shop.svc:6379"), { host: "redis.shop.svc", port: 6379 });
  assert.deepEqual(hostPortOf("10.0.0.7:1"), { host: "10.0.0.7", port: 1 });
  assert.deepEqual(hostPortOf("[fd00::7]:65535"), { host: "fd00::7", port: 65535 });
  assert.deepEqual(hostPortOf("queues", 11300), { host: "queues", port: 11300 });
  assert.deepEqual(hostPortOf("[::1]", 11300), { host: "::1", port: 11300 });
});

test("refuses what is no address, with the reason, and guesses nothing", () => {
  const refused: Readonly<Record<string, RegExp>> = {
    redis: /the port is missing$/,
    "redis:": /^expected a port from 1 to 65535, got ""$/,
    "redis:0": /^expected a port/,
    "redis:65536": /^expected a port/,
    "redis:6379/0": /^expected a port/,
    "fd00::7": /an IPv6 address stands in brackets$/,
    "fd00::7:6379": /^expected host:port/,
    "[redis]:6379": /^expected host:port/,
    "redis://redis:6379": /^expected host:port/,
    "re dis:6379": /^expected host:port/,
    ":6379": /^expected host:port/,
    "{{ .Values.redis }}:6379": /^expected host:port/,
    "user:hunter2@redis:6379": /^expected host:port/,
  };
  for (const [address, expected] of Object.entries(refused)) {
    const said = hostPortOf(address);
    assert.ok(typeof said === "string", address);
    assert.match(said, expected);
    assert.doesNotMatch(said, /hunter2/);
  }
  assert.equal(hostProblem("fd00::7"), undefined);
  assert.match(hostProblem("db:5432") ?? "", /^expected a host name or an IP address, got "db:5432"$/);
});

test("reads URLs whose password is escaped", () => {
  const url = urlOf("amqp://user:p%40ss%231%2F@[::1]:5672/vh", ["amqp"]);
  assert.ok(typeof url !== "string");
  assert.deepEqual([url.host, url.username, url.pathname], ["[::1]:5672", "user", "/vh"]);
});

test("refuses a URL in which a part of the password would move the host, and does not repeat it", () => {
  for (const text of [
    "amqp://user:hunter2@ss#1@rabbit:5672/vh",
    "amqp://user:hunter2/@rabbit:5672/vh",
    "amqp://user:hunter2?x@rabbit/vh",
    "amqp://user:hunter2#@rabbit/vh",
    "amqp://user:hunter2 @rabbit/vh",
    "amqp://user:hunter2%zz@rabbit/vh",
    "amqp://user:hunter2@",
    "amqp://user:hunter2@rabbit:port/",
    "kafka://user:hunter2@rabbit/",
    "rabbit:5672",
  ]) {
    const said = urlOf(text, ["amqp", "http"]);
    assert.ok(typeof said === "string", text);
    assert.match(said, /^expected a URL such as amqp:\/\/host:port, got /);
    assert.doesNotMatch(said, /hunter2/);
  }
});
