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

test("an excerpt is one printable line", () => {
  assert.equal(excerpt("a\r\nb\u001b[2J\u202e\u200bc\u0085d"), "a b [2J c d");
});
