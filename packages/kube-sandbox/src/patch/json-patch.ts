import { equal, isFields, setOwn, textAt } from "../objects.ts";
import { badRequest, unprocessable } from "../rest/status-error.ts";

const MAX_OPERATIONS = 10_000;

/** RFC 6902. Throws a StatusError: 422 for an operation that fails (also `test`), 400 for a malformed patch. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    throw badRequest("json: cannot unmarshal object into Go value of type jsonpatch.Patch");
  }
  if (patch.length > MAX_OPERATIONS) throw unprocessable();
  return patch.reduce<unknown>(perform, structuredClone(target));
}

function perform(document: unknown, operation: unknown): unknown {
  const path = pointer(textAt(operation, "path"));
  const value = isFields(operation) ? operation.value : undefined;
  switch (textAt(operation, "op")) {
    case "test":
      if (!equal(find(document, path) ?? null, value ?? null)) throw unprocessable();
      return document;
    case "add":
      return add(document, path, value);
    case "remove":
      return remove(document, path);
    case "replace":
      return add(path.length === 0 ? document : remove(document, path), path, value);
    case "move": {
      const from = pointer(textAt(operation, "from"));
      const moved = find(document, from);
      return add(remove(document, from), path, moved);
    }
    case "copy":
      return add(document, path, structuredClone(mustFind(document, pointer(textAt(operation, "from")))));
    default:
      throw unprocessable();
  }
}

function pointer(text: string): readonly string[] {
  if (text === "") return [];
  if (!text.startsWith("/")) throw unprocessable();
  return text
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function find(document: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, step) => {
    if (Array.isArray(value)) return value[indexOf(step, value.length - 1)];
    return isFields(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }, document);
}

function mustFind(document: unknown, path: readonly string[]): unknown {
  const found = find(document, path);
  if (found === undefined) throw unprocessable();
  return found;
}

function add(document: unknown, path: readonly string[], value: unknown): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = find(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(last === "-" ? parent.length : indexOf(last, parent.length), 0, value);
  else if (isFields(parent)) setOwn(parent, last, value);
  else throw unprocessable();
  return document;
}

function remove(document: unknown, path: readonly string[]): unknown {
  const last = path.at(-1);
  const parent = find(document, path.slice(0, -1));
  if (last !== undefined && Array.isArray(parent)) parent.splice(indexOf(last, parent.length - 1), 1);
  else if (last !== undefined && isFields(parent) && Object.hasOwn(parent, last)) delete parent[last];
  else throw unprocessable();
  return document;
}

function indexOf(step: string, highest: number): number {
  const index = /^(0|[1-9]\d*)$/.test(step) ? Number(step) : Number.NaN;
  if (!(index <= highest)) throw unprocessable();
  return index;
}
