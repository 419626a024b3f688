// Writes build/, the package as npm gets it: node build.js && npm publish ./build
// In this repository the sources run as they are; Node strips no types below node_modules, so users get JavaScript.
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const compiler = join(here, "../../node_modules/typescript-native/bin/tsc");

rmSync(join(here, "build"), { recursive: true, force: true });
execFileSync(process.execPath, [compiler, "-p", join(here, "tsconfig.json")], { stdio: "inherit" });
const { private: _, ...manifest } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const exports = { ".": { types: "./index.d.ts", default: "./index.js" }, "./package.json": "./package.json" };
writeFileSync(join(here, "build/package.json"), `${JSON.stringify({ ...manifest, exports }, null, 2)}\n`);
copyFileSync(join(here, "README.md"), join(here, "build/README.md"));
copyFileSync(join(here, "../../LICENSE"), join(here, "build/LICENSE"));
