import { type Problem, printable } from "../core/index.ts";

/** A problem as one line: where, what, and what to write instead. */
export function describeProblem({ file, line, column, object = "", path, message, remedy }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  const about = [place, object, path].filter((part) => part !== "").map((part) => `${part}: `);
  return printable(`${about.join("")}${message}${remedy === undefined ? "" : ` (${remedy})`}`);
}

/** Whether it keeps the autoscaler from running. */
export function isError({ severity }: Problem): boolean {
  return severity !== "warning";
}
