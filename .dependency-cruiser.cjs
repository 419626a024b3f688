// Which folder may import which (ARCHITECTURE.md, "Direction"). Type imports count.
const layer = (name, mayImport, why) => ({
  name: `${name}-direction`,
  severity: "error",
  comment: why,
  from: { path: `^src/${name}/` },
  to: { path: "^src/", pathNot: ["^src/shared/", `^src/${name}/`, ...mayImport.map((path) => `^src/${path}`)] },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "core-imports-nothing",
      severity: "error",
      comment: "core is pure: pass the value in instead.",
      from: { path: "^src/core/" },
      to: { pathNot: "^src/core/" },
    },
    layer("shared", ["core/"], "shared holds what every layer except core and engine needs, and reaches no other."),
    layer("sources", ["core/", "shared/"], "A source knows core's vocabulary, shared/ and nothing else."),
    {
      name: "sources-are-strangers",
      severity: "error",
      comment:
        "One source never imports another's file; what several need goes into src/sources/shared/. Only the generated registry sees them all.",
      from: { path: "^src/sources/([^/.]+)", pathNot: ["^src/sources/(registry\\.generated|shared/)"] },
      to: { path: "^src/sources/", pathNot: ["^src/sources/$1(/|\\.ts$)", "^src/sources/shared/"] },
    },
    layer("formats", ["core/", "shared/", "sources/"], "A format becomes an Autoscaler here and reaches no further."),
    layer("kubernetes", ["core/", "shared/"], "kubernetes speaks to the API server and knows core's vocabulary and shared/ alone."),
    layer(
      "controller",
      ["core/", "engine/", "shared/", "sources/shared/", "kubernetes/ports\\.ts"],
      "The controller knows core, the engine, the source interface and kubernetes' ports, never a format.",
    ),
    {
      name: "engine-imports-core",
      severity: "error",
      comment: "The engine is pure: it imports core and nothing else. Pass the value in instead.",
      from: { path: "^src/engine/" },
      to: { pathNot: "^src/(engine|core)/" },
    },
    layer(
      "feeds",
      ["core/", "formats/", "kubernetes/", "shared/", "sources/shared/", "controller/log\\.ts"],
      "A feed turns objects and files into autoscalers for the controller; it knows the formats and the cluster.",
    ),
    layer(
      "lab",
      ["core/", "formats/", "engine/", "journal/", "shared/", "sources/"],
      "The lab is a library: it takes paces and histories from the sources and decisions from a journal, and never sees kubernetes, the controller or cli.",
    ),
    {
      name: "kube-sandbox-knows-no-muster",
      severity: "error",
      comment: "kube-sandbox is a package of its own: it shares no code with what it is used to test.",
      from: { path: "^packages/kube-sandbox/src/" },
      to: { path: "^(src|test|bench|chaos|packages)/", pathNot: "^packages/kube-sandbox/src/" },
    },
    {
      name: "kube-sandbox-tests-know-no-muster",
      severity: "error",
      comment: "The tests of kube-sandbox reach nothing of Muster, not even through test/support.",
      from: { path: "^packages/kube-sandbox/" },
      to: { path: "^src/", reachable: true },
    },
    {
      name: "kube-sandbox-public-api",
      severity: "error",
      comment: "Import from \"kube-sandbox\": what it does not export is its own.",
      from: { pathNot: "^packages/kube-sandbox/" },
      to: { path: "^packages/kube-sandbox/", pathNot: "^packages/kube-sandbox/src/index\\.ts$" },
    },
    layer("journal", ["core/", "shared/"], "The journal records values of core; the controller hands them over through a port."),
    layer(
      "server",
      ["core/", "engine/", "shared/", "controller/", "journal/", "kubernetes/ports\\.ts"],
      "server shows what the controller and the journal hold, and takes what workers say of themselves to kubernetes' ports.",
    ),
    {
      name: "no-cycles",
      severity: "error",
      comment: "Move what both sides need into a third file.",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-orphans",
      severity: "error",
      comment: "Nothing imports this file: delete it.",
      from: { orphan: true, path: "^(src|packages/[^/]+/src)/", pathNot: ["/ports\\.ts$", "^src/(main|index|generate)\\.ts$", "\\.d\\.ts$"] },
      to: {},
    },
    {
      name: "no-tests-in-src",
      severity: "error",
      comment: "src/ never imports tests or benchmarks.",
      from: { path: "^src/" },
      to: { path: "^(test|bench|chaos)/|^packages/[^/]+/test/" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    includeOnly: "^(src|packages/[^/]+/(src|test)|test|bench|chaos)/",
    // Packages of this repository are resolved by their `exports`, like everywhere else.
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
