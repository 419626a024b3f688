// Each link of the built site, within it, leads to a page that is there, and to an anchor that is on it.
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SITE = fileURLToPath(new URL("../build/site", import.meta.url));
const pages = new Map(
  globSync("**/*.html", { cwd: SITE }).map((path) => [path, readFileSync(join(SITE, path), "utf8")]),
);
const anchors = new Map(
  [...pages].map(([path, html]) => [path, new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
);
const wrong = [];
let links = 0;
for (const [page, html] of pages) {
  for (const [, href] of html.matchAll(/<a [^>]*href="([^"]+)"/g)) {
    const { origin, pathname, hash } = new URL(href.replaceAll("&amp;", "&"), `http://site/${page}`);
    if (origin !== "http://site") continue;
    links += 1;
    const path = decodeURIComponent(pathname.slice(1));
    const isFolder = existsSync(join(SITE, path)) && statSync(join(SITE, path)).isDirectory();
    const target = isFolder ? join(path, "index.html") : path;
    if (!existsSync(join(SITE, target))) wrong.push(`${page}: ${href} leads nowhere`);
    else if (hash !== "" && !anchors.get(target)?.has(decodeURIComponent(hash.slice(1)))) {
      wrong.push(`${page}: ${href} names an anchor that is not there`);
    }
  }
}
for (const line of new Set(wrong)) process.stderr.write(`${line}\n`);
process.stdout.write(`${pages.size} pages, ${links} links, ${wrong.length} of them wrong\n`);
if (wrong.length > 0 || pages.size < 50) process.exitCode = 1;
