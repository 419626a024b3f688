// The pages of the site, in the order of its side bar and of llms.txt. A page that is missing here fails the build.
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
const inFolder = (folder) => globSync(`${folder}/*.md`, { cwd: ROOT }).sort();

/** Paths from the root of the repository. */
export const SECTIONS = {
  Start: ["README.md", "docs/quick-start.md", "docs/concepts.md"],
  "Run it": [
    "docs/worker-autoscaler.md",
    "docs/jobs.md",
    "docs/long-jobs.md",
    "docs/operations.md",
    "docs/live-page.md",
    "docs/why.md",
    "docs/kubectl.md",
    "docs/notifications.md",
    "docs/aws.md",
  ],
  "Before it is live": ["docs/simulate.md", "docs/tune.md", "docs/shadow.md", "docs/policies.md"],
  "Install and fit in": [
    "deploy/helm/muster/README.md",
    "docs/upgrade-and-uninstall.md",
    "docs/gitops.md",
    "docs/multi-tenancy.md",
    "docs/security.md",
  ],
  "Migrate from": [
    "docs/migrating-from-worker-pod-autoscaler.md",
    "docs/migrating-from-phpa.md",
    "docs/migrating-from-keda.md",
    "docs/migrating-from-hpa.md",
    "docs/migrating-from-prometheus-adapter.md",
  ],
  Sources: ["docs/sources/README.md", ...inFolder("docs/sources").filter((path) => !path.endsWith("README.md"))],
  Reference: [...inFolder("docs/reference"), "docs/metrics.md", "docs/sandbox.md"],
  "How it is made": [
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/fault-tests.md",
    "bench/README.md",
    ...inFolder("bench/results"),
    ...inFolder("docs/adr"),
    "packages/kube-sandbox/README.md",
    "CHANGELOG.md",
  ],
};

export const PAGES = Object.values(SECTIONS).flat();
const unlisted = inFolder("docs").filter((path) => !PAGES.includes(path));
const missing = PAGES.filter((path) => !existsSync(join(ROOT, path)));
if (unlisted.length + missing.length > 0) {
  throw new Error(
    `site/pages.js: not listed: ${unlisted.join(", ") || "none"}; not there: ${missing.join(", ") || "none"}`,
  );
}

/** A page without its badges: they are loaded from elsewhere, and lead to pages of the repository where it is hosted. */
export function readPage(path) {
  const badge = /^\[?!\[[^\]]*\]\((?:https:\/\/img\.shields\.io|\.\.\/\.\.\/actions)\/.*\n/gm;
  return readFileSync(join(ROOT, path), "utf8").replace(badge, "");
}

/** A page's title and first sentence. */
export function describePage(path) {
  const text = readPage(path).replace(/<!--.*?-->/gs, "");
  const title = /^# (.+)$/m.exec(text)?.[1] ?? path;
  const paragraphs = text.slice(text.indexOf(title) + title.length).split(/\n\s*\n/);
  const first =
    paragraphs
      .find((one) => /^(?!```)[A-Z`[*]/.test(one.trim()))
      ?.trim()
      .replaceAll("\n", " ") ?? "";
  const plain = first.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/\*\*/g, "");
  return { title: title.replaceAll("`", ""), about: /^.*?[.:](?= |$)/.exec(plain)?.[0].replace(/:$/, ".") ?? plain };
}

/** Where the site has a page. */
export function urlOf(path) {
  if (path === "README.md") return "/";
  return `/${path.replace(/README\.md$/, "").replace(/\.md$/, ".html")}`;
}

/** The name under which the site shows a file of the repository: as text, where a browser would not show it. */
export function shownAs(file) {
  return /\.(ya?ml|json|ts|js|svg)$/.test(file) ? file : `${file}.txt`;
}

/**
 * Where a link of a page leads on the site: to another page, or to a copy of a file of the repository. `files` gets
 * the latter. Throws where there is nothing.
 */
export function resolveLink(page, href, files) {
  if (/^([a-z]+:|#)/i.test(href)) return href;
  const [path, fragment] = href.split("#");
  const target = join(dirname(page), decodeURIComponent(path ?? ""));
  const anchor = fragment === undefined ? "" : `#${fragment}`;
  if (PAGES.includes(target)) return urlOf(target) + anchor;
  if (PAGES.includes(join(target, "README.md"))) return urlOf(join(target, "README.md")) + anchor;
  const full = join(ROOT, target);
  if (!existsSync(full)) throw new Error(`${page}: a link to ${href} leads nowhere`);
  // A folder is shown by its first page, or as a list of its files.
  if (statSync(full).isDirectory()) {
    const page = PAGES.find((path) => path.startsWith(`${target}/`));
    if (page !== undefined) return urlOf(page);
    for (const file of globSync("**", { cwd: full }))
      if (statSync(join(full, file)).isFile()) files.add(join(target, file));
    return `/files/${target}/`;
  }
  files.add(target);
  return `/files/${shownAs(target)}`;
}
