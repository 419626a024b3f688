import type { Autoscaler } from "../autoscaler.ts";
import type { Reading } from "../reading.ts";

/** Whether messages are known to arrive and to take time: then an empty queue is a fast one, not an idle one. */
export function hasArrivals(autoscaler: Autoscaler, reading: Reading | undefined): boolean {
  return (autoscaler.secondsPerMessage ?? 0) > 0 && (reading?.arrivalsPerMinute ?? 0) > 0;
}

/** WPA's floor: minReplicas, or as many workers as the arriving work keeps busy. Not held to maxReplicas. */
export function rateFloor(autoscaler: Autoscaler, reading: Reading | undefined): number {
  const seconds = autoscaler.secondsPerMessage ?? 0;
  const arrivals = reading?.arrivalsPerMinute ?? 0;
  if (seconds <= 0 || arrivals <= 0) return autoscaler.minReplicas;
  return Math.max(autoscaler.minReplicas, Math.ceil((seconds * arrivals) / 60));
}

/** Where the floor comes from, as a clause. */
export function explainFloor(autoscaler: Autoscaler, reading: Reading | undefined): string {
  const floor = rateFloor(autoscaler, reading);
  if (floor === autoscaler.minReplicas) return `minReplicas is ${floor}`;
  return `${reading?.arrivalsPerMinute} messages a minute at ${autoscaler.secondsPerMessage} s each keep ${floor} busy`;
}
