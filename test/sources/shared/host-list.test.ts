import assert from "node:assert/strict";
import { test } from "node:test";
import { HostList } from "../../../src/sources/shared/host-list.ts";

for (const [entries, host, isIn] of [
  ["db.example.com", "db.example.com", true],
  ["db.example.com", "DB.Example.com.", true],
  ["db.example.com", "x.db.example.com", false],
  ["*.example.com", "db.example.com", true],
  ["*.example.com", "a.b.example.com", true],
  ["*.example.com", "example.com", false],
  ["*.example.com", "example.com.evil.net", false],
  ["*.example.com", "evilexample.com", false],
  ["10.0.0.0/8", "10.200.0.1", true],
  ["10.0.0.0/8", "11.0.0.1", false],
  ["10.1.2.3", "10.1.2.3", true],
  ["10.1.2.3", "10.1.2.4", false],
  ["10.0.0.0/8", "[::ffff:10.0.0.1]", true],
  ["10.0.0.0/8", "::ffff:a00:1", true],
  ["10.0.0.0/8", "64:ff9b::a00:1", true],
  ["10.0.0.0/8", "2002:0a00:0001::", true],
  // NAT64 with a prefix of the network's own, in both places; translated, ISATAP, and both of Teredo's.
  ["10.0.0.0/8", "64:ff9b:1::a00:1", true],
  ["10.0.0.0/8", "64:ff9b:1:a00:0:100::", true],
  ["10.0.0.0/8", "64:ff9b:2::a00:1", false],
  ["10.0.0.0/8", "::ffff:0:a00:1", true],
  ["10.0.0.0/8", "2001:db8::5efe:10.0.0.1", true],
  ["10.0.0.0/8", "2001:db8::200:5efe:10.0.0.1", true],
  ["10.0.0.0/8", "2001:0:a00:1::1", true],
  ["10.0.0.0/8", "2001:0:102:304::f5ff:fffe", true],
  ["10.0.0.0/8", "2001:1:a00:1::1", false],
  ["fd00::/8", "fd12::1", true],
  ["fd00::/8", "fe80::1%eth0", false],
  ["fe80::/10", "fe80::1%eth0", true],
  ["::1, 127.0.0.0/8", "127.9.9.9", true],
] as const) {
  test(`${entries} ${isIn ? "has" : "does not have"} ${host}`, () => {
    assert.equal(HostList.parse(entries).hasHost(host), isIn);
  });
}

for (const wrong of [
  "10.0.0.0/33",
  "fd00::/129",
  "10.0.0/8",
  "a b*c",
  "http://host",
  "10.0.0.1:80",
  "*",
  "host/8",
  "1.2.3",
]) {
  test(`refuses ${wrong} in a list of hosts`, () => {
    assert.throws(() => new HostList([wrong]), /expected a (network|host name)/);
  });
}
