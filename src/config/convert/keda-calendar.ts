import type { Note, SignalDraft } from "./draft.ts";

interface Bounds {
  readonly minReplicaCount: number;
  readonly maxReplicaCount: number;
}

interface CronSettings {
  readonly value: number;
  readonly start: string;
  readonly end: string;
  readonly timeZone: string;
}

/**
 * Beside other triggers, KEDA's cron becomes a window with a minimum of its own: as a signal, which can always be
 * trusted, it would keep the fallback from ever beginning. Where there is nothing else, the signals stay.
 */
export function calendarOf(drafts: readonly SignalDraft[], bounds: Bounds) {
  const others = drafts.filter((draft) => cronOf(draft) === undefined);
  const crons = drafts.flatMap(({ signal }) => {
    const cron = cronOf({ signal });
    return cron === undefined ? [] : [{ name: signal.name, cron }];
  });
  if (others.length === 0) return { signals: drafts, schedule: { windows: [], notes: [] } };
  const windows = crons.map(({ name, cron: { start, end, timeZone, value } }) => {
    // KEDA takes the larger of the two below, and never more than the maximum.
    const minReplicas = Math.min(bounds.maxReplicaCount, Math.max(bounds.minReplicaCount, value));
    return { name, start, end, timeZone, minReplicas };
  });
  const notes: Note[] = [];
  if (windows.length > 1) {
    const text = "where windows overlap, the one that began last counts; under KEDA the largest did";
    notes.push({ path: ["spec", "schedule"], text });
  }
  return { signals: others, schedule: { windows, notes } };
}

function cronOf({ signal }: SignalDraft): CronSettings | undefined {
  return (signal.source as { readonly cron?: CronSettings }).cron;
}
