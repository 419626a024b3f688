const OFFSET = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/**
 * Milliseconds on the one scale that all threads of this process share (performance.now() counts from the start of each
 * thread). It goes on while the process is stopped by a signal, but perhaps not while its machine is suspended.
 */
export function processTime(local = performance.now()): number {
  return local + OFFSET;
}
