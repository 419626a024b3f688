import { setImmediate as nextTurn } from "node:timers/promises";
import type { Held } from "../controller/held.ts";
import { printableLines } from "../core/index.ts";

/** One series of one object: its labels, written out, and its value. */
export type Series = readonly [labels: string, value: number];

/** A metric with series for each object, made while it is being read: nothing is kept, so nothing outlives its object. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly labelNames: readonly string[];
  readonly series: (held: Held) => readonly Series[];
}

/** Objects between two turns of the event loop: ten thousand of them are megabytes of text. */
const OBJECTS_A_TURN = 500;

/** Prometheus's text format for all objects, in pieces. */
export async function* exposition(families: readonly Family[], all: Iterable<Held>): AsyncGenerator<string> {
  const objects = [...all];
  for (const { name, help, type, series } of families) {
    let text = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const [index, held] of objects.entries()) {
      for (const [labels, value] of series(held)) text += `${name}{${labels}} ${value}\n`;
      if (index % OBJECTS_A_TURN !== OBJECTS_A_TURN - 1) continue;
      yield text;
      text = "";
      await nextTurn();
    }
    yield text;
  }
}

/** One label, written out. */
export function label(name: string, value: string): string {
  return `${name}="${printableLines(value).replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')}"`;
}

/** No series where there is no value. */
export function atMostOne(labels: string, value: number | undefined): readonly Series[] {
  return value === undefined ? [] : [[labels, value]];
}
