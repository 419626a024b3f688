/** What a person got wrong on the command line or in a file: printed as it is, exit status 2, never a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** Makes a user's mistake of what an attempt rejects with: for steps that fail only on what was written. */
export async function asUserError<Value>(attempt: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await attempt();
  } catch (error) {
    throw new UserError((error as Error).message, { cause: error });
  }
}
