import type { Parsed, Problem } from "../core/index.ts";
import { didYouMean } from "../shared/near-name.ts";
import { ownValue } from "../shared/own-value.ts";
import { idOf, type KubernetesObject, originOf } from "./kubernetes-object.ts";
import { PHPA, parsePhpa } from "./phpa.ts";
import { shown } from "./problems.ts";
import { readDocuments, withPlaces } from "./read-documents.ts";
import { parseScaledObject, SCALED_OBJECT } from "./scaled-object.ts";
import type { SecretLookup } from "./source-settings.ts";
import { parseWorkerAutoscaler, WORKER_AUTOSCALER } from "./worker-autoscaler.ts";
import {
  parseWorkerPodAutoscaler,
  WORKER_POD_AUTOSCALER,
  WORKER_POD_AUTOSCALER_DEFAULTS,
  type WorkerPodAutoscalerDefaults,
} from "./worker-pod-autoscaler.ts";

/** What the controller's flags set for autoscalers of all formats. */
export interface Defaults extends WorkerPodAutoscalerDefaults {
  /** Where PHPA files look up credentials that they name as `${NAME}`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where objects look up keys of Secrets. */
  readonly secrets?: SecretLookup;
  /** KEDA's TriggerAuthentications, for ScaledObjects. */
  readonly authentications?: readonly KubernetesObject[];
}

/** The defaults of those flags. */
export const DEFAULTS: Defaults = WORKER_POD_AUTOSCALER_DEFAULTS;

/** Every format that we read, by its `kind`. */
const FORMATS: Readonly<Record<string, (document: KubernetesObject, defaults: Defaults, file?: string) => Parsed>> = {
  [WORKER_POD_AUTOSCALER]: (object, defaults) =>
    parseWorkerPodAutoscaler(object, defaults, undefined, defaults.secrets),
  [WORKER_AUTOSCALER]: (object, { secrets }) => parseWorkerAutoscaler(object, secrets === undefined ? {} : { secrets }),
  [SCALED_OBJECT]: (object, { secrets, authentications = [] }) =>
    parseScaledObject(object, { secrets, among: authentications }),
  [PHPA]: (document, { environment = {} }, file) =>
    parsePhpa(document, { environment, ...(file === undefined ? {} : { file }) }),
};

/** The kinds that `parseAutoscaler` understands. */
export const KINDS: readonly string[] = Object.keys(FORMATS);

/** Makes an autoscaler of a document of any format, or reports all that is wrong with it. */
export function parseAutoscaler(document: unknown, defaults: Defaults = DEFAULTS, file?: string): Parsed {
  const object = (typeof document === "object" && document !== null ? document : {}) as KubernetesObject;
  const kind = typeof object.kind === "string" ? object.kind : "";
  const parse = ownValue(FORMATS, kind);
  if (parse !== undefined) return parse(object, defaults, file);
  const origin = originOf(kind, object);
  const problem = {
    path: "kind",
    message: `expected one of ${KINDS.join(", ")}, got ${shown(object.kind)}`,
    ...didYouMean(kind, KINDS),
  };
  return { id: idOf(origin), origin, problems: [problem] };
}

/** Makes an autoscaler of a file's text that must hold exactly one, or reports all that is wrong, with line and column. */
export function parseFile(text: string, file: string, defaults: Defaults): Parsed {
  const [document, ...others] = readDocuments(text);
  if (document === undefined)
    return refuse(file, [{ file, path: "", message: "expected an autoscaler, got an empty file" }]);
  if (others.length > 0) {
    const message = `expected one document, got ${others.length + 1}`;
    return refuse(file, [{ file, path: "", message, remedy: "write each into a file of its own" }]);
  }
  if (document.problems.length > 0) return refuse(file, withPlaces(document.problems, document, file));
  const parsed = parseAutoscaler(document.value, defaults, file);
  return { ...parsed, problems: withPlaces(parsed.problems, document, file) };
}

function refuse(file: string, problems: readonly Problem[]): Parsed {
  return { id: file, origin: { kind: "", namespace: "", name: "", file }, problems };
}
