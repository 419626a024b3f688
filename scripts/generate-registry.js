// Writes src/sources/registry.generated.ts: every file of src/sources/ is one source, its default export.
// A script of its own, before the build, since the build needs what it writes.
//   node scripts/generate-registry.js [--check]
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const path = "src/sources/registry.generated.ts";
const names = readdirSync("src/sources")
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".generated.ts"))
  .map((file) => file.slice(0, -".ts".length))
  .sort();
const identifier = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
const imports = names.map((name) => `import ${identifier(name)} from "./${name}.ts";\n`).join("");
const text = `// Generated from the files of this folder by \`make generate\`: do not edit.
${imports}import type { SourceType } from "./shared/source.ts";

/** Every source there is. */
export const SOURCES: readonly SourceType[] = [${names.map(identifier).join(", ")}];
`;

const present = existsSync(path) ? readFileSync(path, "utf8") : "";
if (present !== text) {
  if (process.argv.includes("--check")) {
    console.error(`${path} is out of date: run make generate`);
    process.exit(1);
  }
  writeFileSync(path, text);
}
