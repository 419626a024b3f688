import { randomInt } from "node:crypto";

/** The letters Kubernetes uses in generated names: no vowels, so that no words come about. */
const LETTERS = "bcdfghjklmnpqrstvwxz2456789";

/** The five letters behind a generateName. */
export function randomSuffix(): string {
  return Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}

/** Text of digits and letters made safe for a name, as the Deployment controller does with its hash. */
export function safeLetters(text: string): string {
  return [...text].map((letter) => LETTERS[letter.charCodeAt(0) % LETTERS.length]).join("");
}
