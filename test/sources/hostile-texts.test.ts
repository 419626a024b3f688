import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseAutoscaler } from "../../src/formats/formats.ts";
import { readDocuments } from "../../src/formats/read-documents.ts";
import { at } from "../../src/shared/json-path.ts";
import { csvTables } from "../../src/sources/influxdb/flux.ts";
import { SOURCES } from "../../src/sources/registry.generated.ts";
import { withPath } from "../../src/sources/shared/http.ts";
import { instantOf, numeric } from "../../src/sources/shared/values.ts";
import { sourceTools } from "../support/source-tools.ts";

const LENGTH = 60_000;
/** What is linear takes about a millisecond; what is quadratic takes many seconds at this length. */
const MOST_MILLISECONDS = 1_000;

/** Pieces on which patterns that are not linear backtrack, when they are repeated and then do not match. */
const PIECES = [
  ..."/1a.,(\"' \n-=@{}*&%\\:~",
  ...["//", "1.", ".1", ".[0]", '""', "\t ", "$A", "1-", "*/", "0,", "-a", "1e", "group by ", "time(", "time(1"],
  ...["sum(", "'1m ", "&from=", "target=", "%41", "http://", "beanstalk://a/", "sqs.", "aws.", "x=y,"],
];
const NASTY = PIECES.map((piece) => `${piece.repeat(LENGTH / piece.length)}!`);

function isQuick(what: string, text: string, use: () => unknown): void {
  const began = performance.now();
  try {
    use();
  } catch {
    // That it is refused is fine; how long that takes is the question.
  }
  const milliseconds = performance.now() - began;
  assert.ok(
    milliseconds < MOST_MILLISECONDS,
    `${what} took ${milliseconds} ms for ${JSON.stringify(text.slice(0, 30))}`,
  );
}

test("no text in an answer keeps the process busy", () => {
  for (const text of NASTY) {
    isQuick("a number", text, () => numeric(text));
    isQuick("a time", text, () => instantOf(`2026-01-01${text}`));
    isQuick("a table", text, () => csvTables(text));
    isQuick("a path", text, () => at({ a: [1] }, text));
    isQuick("an address", text, () => withPath(`http://a${text}`, "query"));
  }
});

test("no text in a source's settings keeps the process busy", () => {
  for (const type of SOURCES) {
    const example = Object.entries(type.example ?? {}).map(([name, value]) => [name, isSecret(value) ? "x" : value]);
    for (const name of Object.keys(type.settings.shape)) {
      for (const text of NASTY) {
        isQuick(`${type.type}.${name}`, text, () => {
          const value = /url/i.test(name) ? `http://a/${text}` : text;
          const settings = { ...Object.fromEntries(example), [name]: name === "headers" ? { a: value } : value };
          type.connect(type.settings.parse(settings), sourceTools());
        });
      }
    }
  }
});

for (const file of ["worker-autoscaler.yaml", "worker-pod-autoscaler.yaml", "phpa.yaml"]) {
  test(`no text in a field of ${file} keeps the process busy`, () => {
    const [document] = readDocuments(readFileSync(`examples/${file}`, "utf8"));
    withEachText(document?.value, (field, text) => isQuick(field, text, () => parseAutoscaler(document?.value)));
  });
}

function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secretRef" in value;
}

/** Puts each of the texts into each field of a document, one at a time. */
function withEachText(value: unknown, use: (field: string, text: string) => void, path = ""): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, child] of Object.entries(value)) {
    const field = `${path}.${name}`;
    withEachText(child, use, field);
    if (typeof child === "object") continue;
    for (const text of NASTY) {
      Object.assign(value, { [name]: text });
      use(field, text);
    }
    Object.assign(value, { [name]: child });
  }
}
