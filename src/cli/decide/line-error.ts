/** A line that cannot be understood. */
export class LineError extends Error {
  override readonly name = "LineError";
}

/** A JSON text's value. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LineError(`expected JSON, got something else: ${(error as Error).message}`);
  }
}
