import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseAllDocuments,
  visit,
  YAMLParseError,
} from "yaml";
import type { Problem } from "../core/index.ts";

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
  // Its own check for keys that are written twice compares each with each, which takes minutes of a large mapping.
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    merge: true,
    // What it warns of on standard error, such as a mapping as a key, becomes a problem of the field.
    logLevel: "error",
  });
  if (!Array.isArray(documents)) return [];
  for (const document of documents) noteRepeatedKeys(document);
  return documents
    .filter((document) => document.errors.length > 0 || !isEmpty(document.contents))
    .map((document) => readDocument(document, lines));
}

/** Adds an error for each key that its mapping has already. */
function noteRepeatedKeys(document: Document.Parsed): void {
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key) || key.value === MERGE_KEY) continue;
        const [from = 0, to = 0] = key.range ?? [];
        if (seen.has(key.value))
          document.errors.push(new YAMLParseError([from, to], "DUPLICATE_KEY", "Map keys must be unique"));
        seen.add(key.value);
      }
    },
  });
}

/** May stand in a mapping more than once. */
const MERGE_KEY = "<<";

/** Characters that UTF-16, Latin-1 and binary files yield when they are read as UTF-8. */
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

/** Each place is searched for in the whole document. */
const MOST_PLACED_PROBLEMS = 100;

/** The problems with the place in the text that each speaks of; of a hundred and more, only the first have theirs. */
export function withPlaces(problems: readonly Problem[], document: ReadDocument, file: string): readonly Problem[] {
  return problems.map((problem, index) =>
    index < MOST_PLACED_PROBLEMS ? { file, ...document.locate(problem.path), ...problem } : { file, ...problem },
  );
}

function refused(message: string, remedy: string): ReadDocument {
  return { value: undefined, problems: [{ path: "", message, remedy }], locate: () => ({ line: 1, column: 1 }) };
}

/** The first line of the parser's message, as part of a sentence of ours. */
function sentence(message: string): string {
  const first = message.split("\n")[0] ?? "";
  return first.charAt(0).toLowerCase() + first.slice(1).replace(/\.$/, "");
}

/** One object of a document, and where it stands there. */
export interface Entry {
  readonly value: unknown;
  /** Its path; empty: the document itself. */
  readonly at: string;
}

/** The objects of a list, as `kubectl get -o yaml` prints one, or the document itself. */
export function listEntries(value: unknown): readonly Entry[] {
  const { kind, items } = (value ?? {}) as { kind?: unknown; items?: unknown };
  if (typeof kind !== "string" || !kind.endsWith("List") || !Array.isArray(items)) return [{ value, at: "" }];
  return items.map((item, index) => ({ value: item, at: `items[${index}]` }));
}

/** A place in a file, 1-based. */
interface Place {
  readonly line: number;
  readonly column: number;
}

/** Where a field stands in a document, by its path ("spec.signals[0].name"); a missing one is where it would belong. */
function locate(document: Document, lines: LineCounter, path: string): Place {
  let node: unknown = document.contents;
  let offset = isNode(node) ? node.range?.[0] : undefined;
  for (const key of path.match(/[^.[\]]+/g) ?? []) {
    const item = itemAt(node, key);
    if (item === undefined) break;
    const named: unknown = isPair(item) ? item.key : item;
    offset = isNode(named) ? named.range?.[0] : offset;
    node = isPair(item) ? item.value : item;
  }
  const { line, col } = lines.linePos(offset ?? 0);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** A list's entry, or a mapping's pair. */
function itemAt(node: unknown, key: string): unknown {
  if (!isCollection(node)) return undefined;
  if (!isMap(node)) return node.items[Number(key)];
  return node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}
