import { after } from "node:test";

/** What a server ends with: a test, or a test file. */
export interface Ending {
  after(end: () => void | Promise<void>): void;
}

const stacks = new WeakMap<Ending, (() => void | Promise<void>)[]>();

/** Does `end` at the end of a test, the latest first: a server stops before its folder goes. (Node runs the earliest first.) */
export function atEnd(ending: Ending, end: () => void | Promise<void>): void {
  const stack = stacks.get(ending);
  if (stack) {
    stack.push(end);
    return;
  }
  const ends = [end];
  stacks.set(ending, ends);
  ending.after(async () => {
    for (const next of ends.toReversed()) await next();
  });
}

/** Lets a server live as long as the tests of a file. To be called at the file's top: within a hook, Node would not wait. */
export function fileEnding(): Ending {
  let last: () => void | Promise<void> = () => undefined;
  after(() => last());
  return {
    after: (end) => {
      last = end;
    },
  };
}
