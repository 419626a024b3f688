import { KUBERNETES_MESSAGES } from "./messages.generated.ts";

/** One field of a message. */
export interface MessageField {
  /** As JSON has it; empty where the field's own fields stand in its parent's place. */
  readonly name: string;
  /** A scalar's type, or a message's name. */
  readonly type: string;
  readonly holds: "one" | "list" | "map";
  /** Whether JSON shows a zero: one that was set differs from none. Elsewhere the sender writes zeros always. */
  readonly keepsZero: boolean;
}

/** A message's fields by number. */
export type Message = ReadonlyMap<number, MessageField>;

/**
 * Every message that can be read, by name: APIVERSION.KIND for whole objects. The table, which generate/ writes, has a
 * line `NAME:` for each and an indented line of its fields, `NUMBER NAME TYPE` with commas between. The name `...` stands
 * for a field whose fields JSON shows in its parent; `!` after a name: JSON keeps a zero; `[]` before a type: a list;
 * `map[]`: a map with text keys.
 */
export const MESSAGES: ReadonlyMap<string, Message> = new Map(readTable(KUBERNETES_MESSAGES));

function readTable(table: string): [string, Message][] {
  return table
    .trim()
    .split(/\n(?! )/)
    .map((block) => {
      const [name = "", ...lines] = block.split(":\n");
      return [name, new Map(lines.join("").split(",").filter(Boolean).map(readField))];
    });
}

function readField(text: string): [number, MessageField] {
  const [number, name = "", type = ""] = text.trim().split(" ");
  const [, shape, element = ""] = /^(\[\]|map\[\])?(.+)$/.exec(type) ?? [];
  return [
    Number(number),
    {
      name: name === "..." ? "" : name.replace("!", ""),
      type: element,
      holds: shape === undefined ? "one" : shape === "[]" ? "list" : "map",
      keepsZero: name.endsWith("!"),
    },
  ];
}
