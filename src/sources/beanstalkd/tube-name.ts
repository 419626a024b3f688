import * as z from "zod";

/** A tube's name by the protocol's rules. */
export const tubeName = z
  .string()
  .regex(
    /^[A-Za-z0-9+/;.$_()][A-Za-z0-9+/;.$_()-]{0,199}$/,
    "expected a tube's name: 1 to 200 letters, digits and + / ; . $ _ ( ) - with no hyphen first",
  );
