const DIGITS = /^\d+$/;

/**
 * Whether `one` is an older version than `other`. Formally opaque until Kubernetes 1.35 said otherwise, they have
 * always been etcd's revisions; what is not a number is never older.
 */
export function isOlder(one: string, other: string): boolean {
  if (!DIGITS.test(one) || !DIGITS.test(other)) return false;
  return one.length === other.length ? one < other : one.length < other.length;
}

/** The newer of two, where there are two. */
export function newest(one: string | undefined, other: string): string {
  return one !== undefined && isOlder(other, one) ? one : other;
}
