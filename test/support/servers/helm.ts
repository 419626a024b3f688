import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { requirement } from "../requirement.ts";

const HINT = "run scripts/fetch-helm.sh";
const FOLDER = process.env.MUSTER_TEST_HELM ?? join(homedir(), ".cache/muster/helm");

export const HELM = requirement("helm", HINT, [FOLDER]);
export const HELM_UNITTEST = requirement("helm-unittest", HINT, [FOLDER]);
export const KUBECONFORM = requirement("kubeconform", HINT, [FOLDER]);
export const CHART = "deploy/helm/muster";

const run = promisify(execFile);

// biome-ignore lint/suspicious/noExplicitAny: objects of any kind
export type Manifest = any;

/** Runs helm and gives what it printed; it fails with what helm said. */
export async function helm(...words: string[]): Promise<string> {
  const { stdout } = await run(HELM.path ?? "helm", words, { maxBuffer: 32 * 1024 * 1024 });
  return stdout;
}

/** What the chart makes of some values (a JSON object) and further words, as text. */
export function template(values: object = {}, ...words: string[]): Promise<string> {
  const sets = Object.entries(values).flatMap(([name, value]) => ["--set-json", `${name}=${JSON.stringify(value)}`]);
  return helm("template", "muster", CHART, "--namespace", "muster", ...sets, ...words);
}

/** The same as objects. */
export async function render(values: object = {}, ...words: string[]): Promise<readonly Manifest[]> {
  const documents = parseAllDocuments(await template({ "crds.enabled": false, ...values }, ...words));
  return documents.map((document) => document.toJS()).filter((manifest) => manifest !== null);
}
