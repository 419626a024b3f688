import { isIPv4, isIPv6 } from "node:net";

/** By format: whether a text has it. Formats that the API server does not know are not listed and never fail. */
const TEXT_FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  "date-time": (text) =>
    /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})?$/.test(text) &&
    !Number.isNaN(Date.parse(text.slice(0, 10))),
  date: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)),
  ipv4: isIPv4,
  ipv6: isIPv6,
  uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  uri: (text) => URL.canParse(text) || text.startsWith("/"),
  email: (text) => /^[^@\s]+@[^@\s]+$/.test(text),
  hostname: (text) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/i.test(text),
  byte: (text) => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0,
  duration: (text) =>
    /^([0-9.]+(ns|us|µs|ms|s|m|h))+$/.test(text) || /^\d+ ?(d|w|day|week|hour|minute|second)s?$/.test(text),
};

/** Whether a value is of the right type but lacks the format that its schema asks for. */
export function formatIsWrong(format: string, value: unknown): boolean {
  return typeof value === "string" && Object.hasOwn(TEXT_FORMATS, format) && TEXT_FORMATS[format]?.(value) === false;
}
