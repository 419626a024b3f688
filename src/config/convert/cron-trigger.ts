import { type Conversion, lacking, refused } from "./trigger.ts";

/** KEDA's cron, as a signal: its number of replicas inside the window, none outside. */
export const cronTrigger: Conversion = ({ name, settings: s }) => {
  const wrong = lacking(s, "start", "end", "timezone", "desiredReplicas");
  if (wrong.length > 0) return { wrong };
  const value = Number(s.desiredReplicas);
  if (!Number.isInteger(value) || value < 1)
    return { wrong: [refused(s, "desiredReplicas", "a whole number above 0")] };
  const source = { cron: { start: s.start, end: s.end, timeZone: s.timezone, value } };
  return { signal: { name, source, perReplica: { value: 1, tolerance: 0 } } };
};
