import { type Fields, fieldsAt, listAt, numberAt, textAt } from "../objects/fields.ts";
import { selectorText } from "../resources/selector-text.ts";
import { AGE, type Column, column, NAME, wideColumn } from "./column.ts";

const status = (field: string) => (object: Fields) => numberAt(object, "status", field) ?? 0;
const wanted = (object: Fields): number => numberAt(object, "spec", "replicas") ?? 0;
const readyOfWanted = column("Ready", "string", (object) => `${status("readyReplicas")(object)}/${wanted(object)}`);
const templateField = (field: string) => (object: Fields) =>
  listAt(object, "spec", "template", "spec", "containers")
    .map((container) => textAt(container, field))
    .join(",");
const CONTAINERS = wideColumn("Containers", "string", templateField("name"));
const IMAGES = wideColumn("Images", "string", templateField("image"));
const SELECTOR = wideColumn("Selector", "string", (object) => selectorText(fieldsAt(object, "spec", "selector")));

export const DEPLOYMENT_COLUMNS: readonly Column[] = [
  NAME,
  readyOfWanted,
  column("Up-to-date", "string", status("updatedReplicas")),
  column("Available", "string", status("availableReplicas")),
  AGE,
  CONTAINERS,
  IMAGES,
  SELECTOR,
];

export const REPLICA_SET_COLUMNS: readonly Column[] = [
  NAME,
  column("Desired", "integer", wanted),
  column("Current", "integer", status("replicas")),
  column("Ready", "integer", status("readyReplicas")),
  AGE,
  CONTAINERS,
  IMAGES,
  SELECTOR,
];

export const STATEFUL_SET_COLUMNS: readonly Column[] = [NAME, readyOfWanted, AGE, CONTAINERS, IMAGES];
