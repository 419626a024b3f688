import { ACCESS_MESSAGES } from "./messages/access.ts";
import { APPS_MESSAGES } from "./messages/apps.ts";
import { AUTOSCALING_MESSAGES } from "./messages/autoscaling.ts";
import { CLUSTER_MESSAGES } from "./messages/cluster.ts";
import { COORDINATION_MESSAGES } from "./messages/coordination.ts";
import { META_MESSAGES } from "./messages/meta.ts";
import { PLACEMENT_MESSAGES } from "./messages/placement.ts";
import { POD_STATUS_MESSAGES } from "./messages/pod-status.ts";
import { POD_MESSAGES } from "./messages/pods.ts";
import { VOLUME_MESSAGES } from "./messages/volumes.ts";

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

const TABLES = [
  META_MESSAGES,
  APPS_MESSAGES,
  AUTOSCALING_MESSAGES,
  CLUSTER_MESSAGES,
  POD_MESSAGES,
  PLACEMENT_MESSAGES,
  POD_STATUS_MESSAGES,
  VOLUME_MESSAGES,
  ACCESS_MESSAGES,
  COORDINATION_MESSAGES,
];

/**
 * Every message that can be read, by name: APIVERSION.KIND for whole objects. A table has a line `NAME:` for each, then
 * indented lines of fields, `NUMBER NAME TYPE` with commas between. `...` for a name is a field whose fields JSON shows
 * in its parent, `!` after it says that a zero is kept; `[]` before a type is a list, `map[]` a map with text keys.
 */
export const MESSAGES: ReadonlyMap<string, Message> = new Map(TABLES.flatMap(readTable));

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
