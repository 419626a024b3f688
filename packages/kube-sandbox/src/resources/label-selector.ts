import { type Fields, fieldsAt, listAt, textAt } from "../objects/fields.ts";

type Labels = Readonly<Record<string, unknown>>;
export type LabelTest = (labels: Labels) => boolean;

const REQUIREMENT =
  /^\s*(?:(!)\s*([^\s!=,()]+)|([^\s!=,()]+)\s+(in|notin)\s*\(([^)]*)\)|([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)|([^\s!=,()]+))\s*$/;

/** The query's `labelSelector`: `a=b,c!=d,e in (f,g),!h`. Undefined where it cannot be read. */
export function parseLabelSelector(text: string): LabelTest | undefined {
  const parts = text.trim() === "" ? [] : splitOutsideBrackets(text);
  const tests = parts.map(requirementTest);
  if (!tests.every((test) => test !== undefined)) return undefined;
  return (labels) => tests.every((test) => test(labels));
}

/** A LabelSelector object, as workloads carry it. */
export function selectorTest(selector: Fields): LabelTest {
  const wanted = Object.entries(fieldsAt(selector, "matchLabels"));
  const expressions = listAt(selector, "matchExpressions");
  if (wanted.length + expressions.length === 0) return () => false;
  return (labels) =>
    wanted.every(([name, value]) => labels[name] === value) && expressions.every((one) => matches(one, labels));
}

function matches(expression: unknown, labels: Labels): boolean {
  const value = labels[textAt(expression, "key")];
  const values = listAt(expression, "values");
  switch (textAt(expression, "operator")) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false;
  }
}

function requirementTest(text: string): LabelTest | undefined {
  const match = REQUIREMENT.exec(text);
  if (match === null) return undefined;
  const [, not, absent, setKey, setOperator, set, key, operator, value, present] = match;
  if (not !== undefined) return (labels) => labels[absent ?? ""] === undefined;
  if (present !== undefined) return (labels) => labels[present] !== undefined;
  if (setKey !== undefined) {
    const values = (set ?? "").split(",").map((one) => one.trim());
    const wanted = setOperator === "in";
    return (labels) => values.includes(String(labels[setKey] ?? "\0")) === wanted;
  }
  return (labels) => (labels[key ?? ""] === value) === (operator !== "!=");
}

function splitOutsideBrackets(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/);
}
