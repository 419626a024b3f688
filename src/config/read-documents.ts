import { type Document, isScalar, LineCounter, parseAllDocuments } from "yaml";
import type { Problem } from "../core/index.ts";
import { locate, type Place } from "./shared/locate.ts";

/** One document of a YAML (or JSON) text. */
export interface ReadDocument {
  /** Undefined where the text is not YAML. */
  readonly value: unknown;
  /** What keeps it from being YAML, with its place. */
  readonly problems: readonly Problem[];
  locate(path: string): Place;
}

/** More than any manifest needs, and little enough to be parsed in seconds. */
export const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

const WRITTEN_TWICE = { remedy: "a key is written twice, or what belongs under another one has lost its indentation" };

/** Reads all documents of a text; empty ones are left out. */
export function readDocuments(text: string): readonly ReadDocument[] {
  if (Buffer.byteLength(text) > MAX_DOCUMENT_BYTES) {
    const message = `expected a text of at most ${MAX_DOCUMENT_BYTES / 1024 / 1024} MiB, got a larger one`;
    return [refused(message, "write fewer documents into a file")];
  }
  if (NO_TEXT.test(text)) return [refused("expected a text in UTF-8, got other bytes", "save the file as UTF-8")];
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, merge: true });
  if (!Array.isArray(documents)) return [];
  return documents
    .filter((document) => document.errors.length > 0 || !isEmpty(document.contents))
    .map((document) => readDocument(document, lines));
}

/** What comes of UTF-16, of Latin-1 and of files that are no text, once they are read as UTF-8. */
const NO_TEXT = /[\0\ufffd]/;

/** Nothing between two `---`, or `null`. */
function isEmpty(contents: unknown): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

function readDocument(document: Document.Parsed, lines: LineCounter): ReadDocument {
  const place = (path: string): Place => locate(document, lines, path);
  const problems = syntaxProblems(document, lines);
  if (problems.length > 0) return { value: undefined, problems, locate: place };
  try {
    return { value: document.toJS({ maxAliasCount: 100 }), problems, locate: place };
  } catch (error) {
    const message = `expected YAML that can be resolved, got ${sentence((error as Error).message)}`;
    return { value: undefined, problems: [{ path: "", message, line: 1, column: 1 }], locate: place };
  }
}

/** Most of a long list of such errors follow from the first ones. */
const MOST_SYNTAX_PROBLEMS = 10;

function syntaxProblems({ errors }: Document.Parsed, lines: LineCounter): readonly Problem[] {
  return errors.slice(0, MOST_SYNTAX_PROBLEMS).map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    const message = `expected YAML, got ${sentence(error.message)}`;
    return { path: "", message, line, column: col, ...(error.code === "DUPLICATE_KEY" ? WRITTEN_TWICE : {}) };
  });
}

/** The problems with the place in the text that each speaks of. */
export function withPlaces(problems: readonly Problem[], document: ReadDocument, file: string): readonly Problem[] {
  return problems.map((problem) => ({ file, ...document.locate(problem.path), ...problem }));
}

function refused(message: string, remedy: string): ReadDocument {
  return { value: undefined, problems: [{ path: "", message, remedy }], locate: () => ({ line: 1, column: 1 }) };
}

/** The first line of the parser's message, as part of a sentence of ours. */
function sentence(message: string): string {
  const first = message.split("\n")[0] ?? "";
  return first.charAt(0).toLowerCase() + first.slice(1).replace(/\.$/, "");
}
