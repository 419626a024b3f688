/** What the system's codes mean, for whoever does not know them by heart. */
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
export function fileProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  const meaning = MEANINGS[code];
  return meaning === undefined ? code : `${code}, ${meaning}`;
}
