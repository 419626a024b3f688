/** Resolves when `work` does, but after `milliseconds` at the latest; 0 does not wait at all. */
export async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  if (milliseconds === 0) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
