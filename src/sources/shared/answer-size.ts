export const MIB = 1 << 20;
/** The largest answer that is taken where nobody says otherwise: honest ones to a single question have a few kB. */
export const USUAL_ANSWER_BYTES = MIB;

/** A size as errors state it. */
export function inBytes(bytes: number): string {
  return bytes % MIB === 0 ? `${bytes / MIB} MiB` : `${bytes} bytes`;
}
