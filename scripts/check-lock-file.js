// Fails where package-lock.json is not what `npm install` would make of package.json. npm has no such check: `npm ci` overlooks
// what was removed or moved, and asks the registry for what was added.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

const FIELDS = ["version", "engines", "workspaces", "dependencies", "devDependencies", "optionalDependencies"];

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
const problems = Object.keys(packages).flatMap((path) => [...problemsOf(path), ...addressIn(path)]);
for (const problem of problems) console.error(`package-lock.json ${problem}: run npm install`);
process.exitCode = problems.length > 0 ? 1 : 0;

/** What differs between a package.json of this repository and what the lock file says of it. */
function problemsOf(folder) {
  if (folder.includes("node_modules/")) return [];
  const file = join(folder, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  const differing = FIELDS.filter((field) => !isDeepStrictEqual(packages[folder][field], manifest[field]));
  const pinned = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  const others = pinned.filter(([name, wanted]) => {
    const found = packages[join(folder, "node_modules", name)] ?? packages[join("node_modules", name)];
    // A workspace is a link to its folder.
    return !found || !wanted.endsWith(found.link ? packages[found.resolved].version : found.version);
  });
  return [
    ...differing.map((field) => `has other ${field} than ${file}`),
    ...others.map(([name, wanted]) => `lacks ${name} ${wanted}, which ${file} wants`),
  ];
}

function addressIn(path) {
  return /^https?:/.test(packages[path].resolved ?? "") ? [`records where ${path} was downloaded`] : [];
}
