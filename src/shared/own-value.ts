/** What a record itself holds under a key that came from outside: `toString` and `__proto__` are not there by birth. */
export function ownValue<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
