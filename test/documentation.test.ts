import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

const PAGES = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "bench/README.md",
  "packages/kube-sandbox/README.md",
  "deploy/helm/muster/README.md",
].concat(
  readdirSync("docs", { recursive: true })
    .map((file) => join("docs", String(file)))
    .filter((file) => file.endsWith(".md")),
);

function foldersOf(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => `${name}/`)
    .sort();
}

test("ARCHITECTURE.md's tree is the one on disk", () => {
  const tree = /## Folders\n\n```\n([^`]*)```/.exec(readFileSync("ARCHITECTURE.md", "utf8"))?.[1] ?? "";
  const named = (pattern: RegExp) => [...tree.matchAll(pattern)].map(([, name]) => name).sort();
  assert.deepEqual(named(/^ {2}(\S+\/)/gm), foldersOf("src"));
  const notOurs = ["build/", "node_modules/"];
  assert.deepEqual(
    named(/^(\S+\/)/gm),
    foldersOf(".").filter((name) => !notOurs.includes(name)),
  );
});

for (const page of PAGES) {
  test(`every link of ${page} leads somewhere`, () => {
    const targets = [...readFileSync(page, "utf8").matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, to]) => to ?? "");
    // "../../actions/" is a page of the repository where it is hosted.
    for (const target of targets.filter((to) => !/^https?:|^\.\.\/\.\.\/actions\//.test(to))) {
      assert.ok(existsSync(join(dirname(page), target)), `${page} links to ${target}`);
    }
  });
}

test("every test that docs/fault-tests.md names is there", () => {
  const rows = [
    ...readFileSync("docs/fault-tests.md", "utf8").matchAll(/^\|.*\[[^\]]+\]\(\.\.\/([^)]+)\) \| (.+) \|$/gm),
  ];
  assert.ok(rows.length > 50, `${rows.length} rows`);
  for (const [, file = "", name = ""] of rows) {
    assert.ok(readFileSync(file, "utf8").includes(name), `expected a test "${name}" in ${file}`);
  }
});

test("docs/fault-tests.md names the situations of make chaos, each of them", () => {
  const named = [...readFileSync("docs/fault-tests.md", "utf8").matchAll(/^\|.*`make chaos ONLY=([a-z-]+)`/gm)];
  assert.deepEqual(named.map(([, name]) => `${name}.ts`).sort(), readdirSync("chaos/situations").sort());
});
