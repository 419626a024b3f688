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

/** What the system's codes mean. */
const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is no folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left on the device",
};

/** Why a file cannot be read or written, in words: "ENOENT, there is no such file or folder". */
export function describeFileError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  const meaning = MEANINGS[code];
  return meaning === undefined ? code : `${code}, ${meaning}`;
}
