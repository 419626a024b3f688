import { type Fields, fieldsAt, listAt, textAt } from "../objects/fields.ts";

/** A LabelSelector as text: `app=web,tier in (a,b)`, `<none>` where it selects nothing in particular. */
export function selectorText(selector: Fields): string {
  const labels = Object.entries(fieldsAt(selector, "matchLabels")).map(([name, value]) => `${name}=${String(value)}`);
  const expressions = listAt(selector, "matchExpressions").map(expressionText);
  return [...labels.sort(), ...expressions].join(",") || "<none>";
}

function expressionText(expression: unknown): string {
  const [key, operator] = [textAt(expression, "key"), textAt(expression, "operator")];
  if (operator === "Exists") return key;
  if (operator === "DoesNotExist") return `!${key}`;
  return `${key} ${operator.toLowerCase()} (${listAt(expression, "values").join(",")})`;
}
