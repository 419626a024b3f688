type Stated<T> = { [Key in keyof T]: T[Key] | undefined };

/** The object without the fields that are there and undefined, as schemas leave them. */
export function withoutUndefined<T extends object>(value: Stated<T>): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}
