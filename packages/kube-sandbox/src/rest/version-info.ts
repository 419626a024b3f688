import type { Fields } from "../objects/fields.ts";

/** The answer to `/version`: the Kubernetes version whose behaviour the sandbox keeps to. */
export const VERSION_INFO: Fields = {
  major: "1",
  minor: "32",
  gitVersion: "v1.32.0+kube-sandbox",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "none",
  platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
};
