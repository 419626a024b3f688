// Writes build/muster/: the program as a few files instead of several hundred, which load in less than half the time.
//   node scripts/bundle.js [--image] [--outdir DIR] [--metafile FILE]
// --image: only what the controller's image runs. --metafile: what was bundled, as esbuild describes it.
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { image, outdir, ...options } = parseArgs({
  options: {
    image: { type: "boolean", default: false },
    outdir: { type: "string", default: "build/muster" },
    metafile: { type: "string" },
  },
}).values;

/**
 * Packages that become part of the program, as the development dependencies of src do. The client library of one system stays
 * a package, loaded by its source.
 */
const BUNDLED = new Set(["commander", "croner", "picomatch", "@prometheus-io/client", "undici", "yaml", "zod"]);

/**
 * Takes of @platformatic/kafka what is used of it, which its package does not allow by itself: else its clients, validators and
 * schema registries would come along, which take 40 MB of memory. Its encoder needs its tools for debugging alone.
 */
const protocolOfKafka = {
  name: "protocol of kafka",
  setup(build) {
    const dist = resolve("node_modules/@platformatic/kafka/dist");
    build.onResolve({ filter: /^@platformatic\/kafka$/ }, () => ({ path: join(dist, "index.js"), sideEffects: false }));
    build.onResolve({ filter: /^\./ }, ({ path, resolveDir, importer }) => {
      if (!resolveDir.startsWith(dist)) return undefined;
      if (importer.endsWith("writer.js") && path === "../utils.js") return { path: "debugging", namespace: "kafka" };
      return { path: join(resolveDir, path), sideEffects: false };
    });
    build.onLoad({ filter: /^/, namespace: "kafka" }, () => ({
      contents: 'export { inspect as humanize } from "node:util";',
    }));
  },
};

const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"));
const entryPoints = image
  ? [{ in: "src/image.ts", out: "main" }, "src/lease-thread.ts", "src/parse-thread.ts"]
  : ["src/main.ts", "src/rehearsal-thread.ts", "src/lease-thread.ts", "src/parse-thread.ts", "src/index.ts"];

rmSync(outdir, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: entryPoints.map((entry) =>
    typeof entry === "string" ? { in: entry, out: basename(entry, ".ts") } : entry,
  ),
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node22",
  external: Object.keys(dependencies).filter((name) => !BUNDLED.has(name)),
  // CommonJS packages ask for Node's own modules by `require`, which an ES module does not have.
  banner: {
    js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
  },
  // Of these the program needs a part that they do not give by itself.
  plugins: [protocolOfKafka],
  alias: { undici: "./scripts/undici-dispatchers.js" },
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
});

// The live page, which the controller serves.
const page = await build({
  entryPoints: [
    { in: "web/live/main.tsx", out: "live" },
    { in: "web/live/live.css", out: "live" },
  ],
  outdir: join(outdir, "web"),
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  tsconfig: "web/tsconfig.json",
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
});
for (const file of ["index.html", "live.svg"]) copyFileSync(join("web/live", file), join(outdir, "web", file));

if (options.metafile !== undefined) {
  const inputs = { ...metafile.inputs, ...page.metafile.inputs };
  writeFileSync(options.metafile, JSON.stringify({ ...metafile, inputs }));
}

// A CommonJS package has no named exports for `await import` once it is bundled: a file of ours must stand between.
for (const [file, { imports }] of Object.entries(metafile.inputs)) {
  const wrong = imports.find(({ kind, path }) => kind === "dynamic-import" && path.startsWith("node_modules/"));
  if (!file.startsWith("src/") || wrong === undefined) continue;
  console.error(`${file} imports ${wrong.original} dynamically: import a file of src/ that imports it`);
  process.exitCode = 1;
}
