/** What Kubernetes takes as the name of an object (a DNS subdomain, RFC 1123); empty where a field may be. */
export const NAME = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$/;
export const OF_OBJECT = "expected the name of an object: a-z, 0-9, - and .";

/** One line of text that names something in an object. CRDs take no classes of Unicode; the rest is escaped where it is printed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it refuses them
export const LINE = /^[^\x00-\x1f\x7f-\x9f]*$/;
