import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { excerpt, redact } from "../../../src/sources/shared/safe-text.ts";
import { escapedForms } from "../escaped-forms.ts";

const SECRET = 'p@ss "w/o" \\ <b>&\'=+%41é\u{1f511}';

test("hides a credential in each form that a server may repeat it in", () => {
  for (const form of escapedForms(SECRET)) {
    assert.equal(redact(`before [${form}] after`, [SECRET]), "before [***] after", form);
  }
});

test("hides a credential with a backslash before a character that is escaped", () => {
  for (const secret of ["\\\u00a0\u00a0abc", "\\\nabc", "\\\\\u{1f511}ab"]) {
    for (const form of escapedForms(secret)) assert.equal(redact(`[${form}]`, [secret]), "[***]", form);
  }
});

test("hides any credential in any form, whatever stands around it", () => {
  // Letters, digits and quotes around it could be read as a part of it.
  const around = fc.string({ unit: fc.constantFrom("[", "]", "|", "~", "(", ")") });
  const secrets = fc
    .string({ unit: "grapheme", minLength: 4, maxLength: 60 })
    .filter((text) => !/[[\]|~()*]/.test(text));
  fc.assert(
    fc.property(secrets, around, around, fc.nat(), (secret, before, after, pick) => {
      const forms = escapedForms(secret);
      const form = forms[pick % forms.length] ?? secret;
      assert.equal(redact(`[${before}${form}${after}]`, [secret]), `[${before}***${after}]`);
    }),
    { numRuns: 2_000 },
  );
});

test("hides a credential within a longer text in base64, at any offset", () => {
  const marker = "marker-0123456789-credential";
  for (const before of ["", "u", "us", "usr", "user:"]) {
    for (const after of ["", "x", "xy", "xyz"]) {
      const encoded = Buffer.from(`${before}${marker}${after}`).toString("base64");
      const shown = redact(`Basic ${encoded}`, [marker]);
      assert.ok(!Buffer.from(shown.slice(6), "base64").toString().includes("0123456789"), shown);
    }
  }
});

test("hides the beginning of a credential that a server has cut", () => {
  const token = "eyJhbGciOiJSUzI1NiJ9.".repeat(40);
  assert.equal(redact(`no such token: ${token.slice(0, 500)}`, [token]), "no such token: ***");
  assert.ok(!excerpt(`x${token}`, [token]).includes("eyJ"));
});

test("hides parts of a credential from any place in it", () => {
  const token = "0123456789-the middle-and the end of it";
  for (const part of [token.slice(3), token.slice(12, 30), token.slice(0, 14)]) {
    for (const form of [part, Buffer.from(part).toString("hex")]) assert.equal(redact(`[${form}]`, [token]), "[***]");
  }
});

test("hides a credential that is broken into lines, or whose case was changed", () => {
  const token = "Marker-0123456789-Credential";
  const encoded = Buffer.from(`user:${token}`).toString("base64");
  for (const form of [
    token.toLowerCase(),
    token.toUpperCase(),
    `${token.slice(0, 9)}=\r\n${token.slice(9)}`,
    [...token].join("\u200b"),
    Buffer.from(token).toString("hex").match(/../g)?.join(":") ?? "",
  ]) {
    assert.equal(excerpt(`[${form}]`, [token]), "[***]");
  }
  const wrapped = excerpt(encoded.replace(/.{16}/g, "$&\r\n"), [token]);
  assert.doesNotMatch(Buffer.from(wrapped, "base64").toString(), /arker|0123|edential/);
});

test("hides a credential in the escapes of C, SQL and CSV, and in HTML without semicolons", () => {
  const secret = 'it\'s "so" ~ secret';
  const octal = [...secret].map((character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`).join("");
  const html = [...secret].map((character) => `&#${character.charCodeAt(0)}`).join("");
  for (const form of [octal, html, secret.replaceAll("'", "''"), secret.replaceAll('"', '""')]) {
    assert.equal(redact(`[${form}]`, [secret]), "[***]");
  }
});

test("takes little time for texts that are made to take long", () => {
  const token = Buffer.from(Array.from({ length: 1_000 }, (_, index) => (index * 7919) % 251)).toString("base64url");
  const secrets = [token, `user:${token}`, "a".repeat(200), 'p\u00e4ss "\\'];
  for (const unit of ["\\", token.slice(0, 9), "&amp;", "amp;", "%25", "25", "=\r\n", "\u200b", "a"]) {
    const began = performance.now();
    excerpt(`&%${unit.repeat(16_384)}`, secrets);
    const took = performance.now() - began;
    assert.ok(took < 5_000, `${JSON.stringify(unit)} took ${took} ms`);
  }
});

test("an excerpt is one printable line", () => {
  assert.equal(excerpt("a\r\nb\u001b[2J\u202e\u200bc\u0085d"), "a b [2J c d");
});
