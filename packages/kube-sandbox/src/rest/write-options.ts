import type { FieldValidation } from "./decode-object.ts";
import { badRequest } from "./status-error.ts";

/** How a write is to be carried out. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly validation: FieldValidation;
  readonly fieldManager: string;
  /** Filled while the write is carried out. */
  readonly warnings: string[];
}

/** Reads a write's options from its query. */
export function writeOptions(query: URLSearchParams): WriteOptions {
  const dryRun = query.get("dryRun") ?? "";
  if (dryRun !== "" && dryRun !== "All") throw badRequest(`invalid dryRun value "${dryRun}": supported values: "All"`);
  return {
    dryRun: dryRun === "All",
    validation: fieldValidation(query.get("fieldValidation") ?? ""),
    fieldManager: query.get("fieldManager") ?? "",
    warnings: [],
  };
}

function fieldValidation(text: string): FieldValidation {
  if (text === "" || text === "Warn") return "Warn";
  if (text === "Ignore" || text === "Strict") return text;
  throw badRequest(`invalid fieldValidation value "${text}": supported values: "Ignore", "Warn", "Strict"`);
}
