/** For commander: the words of an option that may be repeated, in their order. */
export function collected(word: string, words: readonly string[] = []): readonly string[] {
  return [...words, word];
}
