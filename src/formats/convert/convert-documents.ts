import type { Problem } from "../../core/index.ts";
import { nearName } from "../../shared/near-name.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { isError } from "../problems.ts";
import { type Entry, listEntries, type ReadDocument, withPlaces } from "../read-documents.ts";
import { CONVERTIBLE, type ConvertOptions, convert } from "./convert.ts";
import { holdsEnvironment } from "./environment.ts";
import { isAuthentication } from "./trigger-authentication.ts";

/** A file's documents. */
interface ReadFile {
  readonly file: string;
  readonly documents: readonly ReadDocument[];
}

/** What the documents of all files were converted to. */
export interface Conversions {
  /** WorkerAutoscalers as YAML. */
  readonly results: readonly string[];
  readonly problems: readonly Problem[];
  /** Kinds of objects that are no autoscalers, each with the number of its objects. */
  readonly foreign: ReadonlyMap<string, number>;
  /** Autoscalers among the documents. */
  readonly objects: number;
  /** How many of them were converted as a whole. */
  readonly converted: number;
}

/** Converts all documents of the files; a TriggerAuthentication in one serves the ScaledObjects of all. */
export function convertDocuments(files: readonly ReadFile[], options: ConvertOptions): Conversions {
  const authentications = files
    .flatMap(({ documents }) => documents.flatMap(({ value }) => listEntries(value).map(asObject)))
    .filter((object) => isAuthentication(object) || holdsEnvironment(object));
  const [results, problems, foreign] = [[] as string[], [] as Problem[], new Map<string, number>()];
  let [objects, converted] = [0, 0];
  const convertEntry = (entry: Entry): readonly Problem[] => {
    const object = asObject(entry);
    if (isAuthentication(object)) return [];
    if (isForeign(object)) {
      const kind = String(object.kind);
      foreign.set(kind, (foreign.get(kind) ?? 0) + 1);
      return [];
    }
    objects += 1;
    const { yaml, problems: found } = convert(entry.value, { ...options, authentications });
    if (yaml !== undefined) results.push(yaml);
    if (!found.some(isError)) converted += 1;
    return found;
  };
  for (const { file, documents } of files) {
    if (documents.length === 0) problems.push({ file, path: "", message: "expected a manifest, got an empty file" });
    for (const document of documents) {
      problems.push(...withPlaces(document.problems, document, file));
      if (document.problems.length > 0) continue;
      for (const entry of listEntries(document.value)) {
        problems.push(...convertEntry(entry).map((problem) => placeProblem(problem, entry, document, file)));
      }
    }
  }
  if (results.length + problems.length === 0) {
    const found = foreign.size === 0 ? "none" : listKinds(foreign);
    problems.push({ path: "", message: `expected one of ${CONVERTIBLE.join(", ")}, got ${found}` });
  }
  return { results, problems, foreign, objects, converted };
}

/** "Deployment, 2 of kind Service". */
export function listKinds(kinds: ReadonlyMap<string, number>): string {
  return [...kinds].map(([kind, count]) => (count === 1 ? kind : `${count} of kind ${kind}`)).join(", ");
}

const asObject = ({ value }: Pick<Entry, "value">): KubernetesObject =>
  typeof value === "object" && value !== null ? value : {};

/** Groups whose objects scale: what cannot be converted of them is an error, and not left out. */
const GROUPS = ["keda.sh", "autoscaling", "muster.dev", "k8s.practo.dev"];

/** An object that people keep in one file with autoscalers, such as a Deployment. */
function isForeign({ apiVersion, kind }: KubernetesObject): boolean {
  if (typeof apiVersion !== "string" || typeof kind !== "string") return false;
  const group = apiVersion.split("/")[0] ?? "";
  return !GROUPS.includes(group) && nearName(kind, CONVERTIBLE) === undefined;
}

/** A problem with its object's name, and with its place in a document that may be a list. */
function placeProblem(problem: Problem, entry: Entry, document: ReadDocument, file: string): Problem {
  const path = [entry.at, problem.path].filter(Boolean).join(".");
  return { file, ...document.locate(path), object: nameOf(asObject(entry)), ...problem };
}

function nameOf({ kind, metadata }: KubernetesObject): string {
  const { namespace, name } = metadata ?? {};
  const named = [namespace, name].filter((one) => typeof one === "string").join("/");
  return [kind, named].filter((one) => typeof one === "string" && one !== "").join(" ");
}
