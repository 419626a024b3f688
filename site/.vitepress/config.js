import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { defineConfig } from "vitepress";
import { describePage, PAGES, ROOT, readPage, resolveLink, SECTIONS, shownAs, urlOf } from "../pages.js";

/** Vite finds its packages only from pages that lie in this folder. */
const STAGE = join(ROOT, "site", "pages");
const stagedAt = new Map(PAGES.map((path) => [path.replace(/README\.md$/, "index.md"), path]));
rmSync(STAGE, { recursive: true, force: true });
for (const [staged, path] of stagedAt) {
  mkdirSync(dirname(join(STAGE, staged)), { recursive: true });
  writeFileSync(join(STAGE, staged), readPage(path));
}
cpSync(join(ROOT, "docs", "images"), join(STAGE, "docs", "images"), { recursive: true });

/** Files of the repository that pages link to. */
const files = new Set();
const text = (path) => ({ text: describePage(path).title, link: urlOf(path) });

export default defineConfig({
  title: "Muster",
  description: "A Kubernetes worker autoscaler: from zero and back, and it always says why.",
  srcDir: "pages",
  outDir: "../build/site",
  cacheDir: "../build/site-cache",
  // Each link is resolved below, and check-links.js looks for its page and its anchor.
  ignoreDeadLinks: true,
  themeConfig: {
    search: { provider: "local" },
    outline: { level: [2, 3] },
    nav: ["docs/quick-start.md", "docs/worker-autoscaler.md", "docs/sources/README.md"].map(text),
    sidebar: Object.entries(SECTIONS).map(([title, paths], index) => ({
      text: title,
      collapsed: index > 4,
      items: paths.map(text),
    })),
  },
  markdown: {
    // As GitHub makes anchors, where the same pages are read.
    anchor: {
      slugify: (title) =>
        title
          .trim()
          .toLowerCase()
          .replace(/[^\p{L}\p{N} _-]/gu, "")
          .replaceAll(" ", "-"),
    },
    config(md) {
      md.core.ruler.push("repository-links", ({ tokens, env }) => {
        const page = stagedAt.get(env.relativePath);
        if (page === undefined) return;
        for (const token of tokens.flatMap((one) => one.children ?? [])) {
          const href = token.type === "link_open" ? token.attrGet("href") : null;
          if (href !== null) token.attrSet("href", resolveLink(page, href, files));
        }
      });
    },
  },
  /** Adds the files that pages link to, the pages as Markdown for programs, and llms.txt. */
  buildEnd({ outDir }) {
    for (const file of files) copy(file, join(outDir, "files", shownAs(file)));
    for (const folder of new Set([...files].map((file) => dirname(file)))) writeListing(folder, outDir);
    for (const page of PAGES) copy(page, join(outDir, page));
    copy("llms.txt", join(outDir, "llms.txt"));
  },
});

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(join(ROOT, from), to);
}

function writeListing(folder, outDir) {
  const page = join(outDir, "files", folder, "index.html");
  if (existsSync(page)) return;
  const own = [...files]
    .filter((file) => file.startsWith(`${folder}/`))
    .map((file) => shownAs(file.slice(folder.length + 1)));
  const items = own.map((file) => `<li><a href="${file}">${file}</a></li>`).join("\n");
  writeFileSync(
    page,
    `<!doctype html><meta charset="utf-8"><title>${folder}</title><h1>${folder}</h1><ul>\n${items}\n</ul>\n`,
  );
}
