import * as z from "zod";
import { printable } from "../../core/index.ts";

/** What Kubernetes takes as the name of an object (a DNS subdomain, RFC 1123); empty where a field may be. */
export const NAME = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$/;
export const OF_OBJECT = "expected the name of an object: a-z, 0-9, - and .";

/** As much of it as a CRD can say, which knows no classes of Unicode. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it refuses them
const LINE = /^[^\x00-\x1f\x7f-\x9f]*$/;
const OF_LINE = "expected one line without control characters and invisible ones";

/** A text that names something within an object or for messages: one line of what can be seen. */
export function lineName(name = z.string().min(1)) {
  return name.regex(LINE, { error: OF_LINE, abort: true }).refine((text) => printable(text) === text, OF_LINE);
}
