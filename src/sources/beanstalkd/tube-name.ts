import { z } from "zod";

/** The protocol's limit, in bytes (its characters are all ASCII). */
const LONGEST_NAME = 200;

/** A tube's name by the protocol's rules. */
export const tubeName = z
  .string()
  .min(1, "expected the name of a tube, got nothing")
  .max(LONGEST_NAME, `expected a tube's name of at most ${LONGEST_NAME} bytes`)
  .regex(
    /^[A-Za-z0-9+/;.$_()][A-Za-z0-9+/;.$_()-]*$/,
    "expected a tube's name of letters, digits and + / ; . $ _ ( ) - that does not begin with a hyphen",
  );
