import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceFrom } from "../src/formats/source-settings.ts";
import { sourcePage, sourcesPage } from "../src/generate.ts";
import { SOURCES } from "../src/sources/registry.generated.ts";

for (const source of SOURCES) {
  test(`the page of ${source.type} has every setting, and an example that is right`, () => {
    const page = sourcePage(source);
    for (const name of Object.keys(source.settings.shape)) assert.ok(page.includes(`| \`${name}\` |`), name);
    assert.ok(!/undefined|\[object/.test(page), page);
    if (!source.example) return;
    const stated = sourceFrom({ [source.type]: source.example }, [], SOURCES, () => "a credential");
    assert.deepEqual("problems" in stated ? stated.problems : [], []);
  });
}

test("credentials are marked, and their values have no default", () => {
  const postgresql = SOURCES.find(({ type }) => type === "postgresql");
  assert.ok(postgresql);
  assert.match(sourcePage(postgresql), /\| `password` \| credential \| {2}\| Password \|/);
});

test("the list of sources has them all", () => {
  for (const { type } of SOURCES) assert.ok(sourcesPage(SOURCES).includes(`[${type}](${type}.md)`));
});
