/** A ring of numbers with twice the room, its first number, which stands at `head`, moved to the beginning. */
export function unrolled(ring: Float64Array, head: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(ring.length * 2);
  grown.set(ring.subarray(head));
  grown.set(ring.subarray(0, head), ring.length - head);
  return grown;
}
