import { setTimeout as pause } from "node:timers/promises";
import type { Stage } from "./stage.ts";

/** From the start of the process, most of which Node takes. */
const FROM_START_MS = 1_500;
/** From when the program has begun its work: the time in which connections are made. */
const FROM_WORK_MS = 700;
/** On a machine that has other things to do. What is left open is found out by the watchdog, after 2 s. */
const ENDED_WITHIN_MS = 20_000;

/** Starts the program, ends it by SIGTERM at a random moment of its first seconds, and says whether it ended by itself. */
export async function stopAtRandomMoment(
  stage: Stage,
  round: number,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly held: boolean; readonly milliseconds: number; readonly seen: string }> {
  const muster = stage.run([], { env });
  const afterWork = round % 2 === 1;
  if (afterWork) await muster.saying("Acting");
  const moment = Math.random() * (afterWork ? FROM_WORK_MS : FROM_START_MS);
  await pause(moment);
  const { status, signal, milliseconds } = await muster.stop();
  // Node itself is ended by the signal until the program has been loaded.
  const beforeProgram = signal === "SIGTERM" && muster.said("Started").length === 0;
  const forced = muster.said("Expected the process to end by itself, ending it")[0]?.open;
  const held = (status === 0 || beforeProgram) && forced === undefined && milliseconds <= ENDED_WITHIN_MS;
  const open = forced === undefined ? "" : `, with ${forced} open`;
  const when = `SIGTERM ${moment.toFixed(0)} ms after ${afterWork ? "Acting" : "the start"}`;
  const seen = `${when}: ended with ${status ?? signal} after ${milliseconds.toFixed(0)} ms${open}\n${muster.text}`;
  return { held, milliseconds, seen };
}
