import { isFields } from "../objects/fields.ts";

/** One step of a path: from some values to the values inside them. */
type Step = (value: unknown) => readonly unknown[];

/**
 * The JSONPath of printer columns: `.a.b`, `['a.b']`, `['a','b']`, `.labels.a\.b`, `[0]`, `[*]`, `[?(@.type=="Ready")]`. Returns a
 * function from an object to what it finds. Throws a SyntaxError for anything else.
 */
export function jsonPath(path: string): (object: unknown) => readonly unknown[] {
  const steps = parse(path);
  return (object) => steps.reduce<readonly unknown[]>((values, step) => values.flatMap(step), [object]);
}

const TOKEN =
  /\.((?:\\.|[^.[\\\s])+)|\['((?:\\.|[^'\\])*)'\]|\[((?:'[^']*',\s*)+'[^']*')\]|\["((?:\\.|[^"])*)"\]|\[(-?\d+)\]|\[(\*)\]|\[\?\(@\.([^\s=!<>]+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|([^)\s]+))\)\]/y;

function parse(path: string): readonly Step[] {
  const text = path.startsWith("{") && path.endsWith("}") ? path.slice(1, -1) : path;
  const steps: Step[] = [];
  // A copy: a filter's own path is parsed while this one is.
  const token = new RegExp(TOKEN);
  token.lastIndex = text.startsWith("$") ? 1 : 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const match = token.exec(text);
    if (match === null) throw new SyntaxError(`unexpected "${text.slice(at)}" in the JSONPath ${path}`);
    steps.push(stepOf(match));
  }
  return steps;
}

function stepOf(match: RegExpExecArray): Step {
  const [, dotted, single, union, double, index, all, field, operator, ...literals] = match;
  if (union !== undefined) {
    const steps = union.split(/,\s*/).map((quoted) => property(quoted.slice(1, -1)));
    return (value) => steps.flatMap((step) => step(value));
  }
  const name = dotted ?? single ?? double;
  if (name === "*" || all !== undefined) return children;
  if (name !== undefined) return property(name.replace(/\\(.)/g, "$1"));
  if (index !== undefined) return (value) => (Array.isArray(value) ? value.slice(Number(index)).slice(0, 1) : []);
  const inner = parse(`.${field ?? ""}`);
  const literal = literals.find((one) => one !== undefined) ?? "";
  return (value) =>
    children(value).filter((item) => {
      const found = inner.reduce<readonly unknown[]>((values, step) => values.flatMap(step), [item]);
      return found.some((one) => String(one) === literal) === (operator === "==");
    });
}

const property =
  (name: string): Step =>
  (value) =>
    isFields(value) && Object.hasOwn(value, name) ? [value[name]] : [];

const children: Step = (value) => {
  if (Array.isArray(value)) return value;
  return isFields(value) ? Object.values(value) : [];
};
