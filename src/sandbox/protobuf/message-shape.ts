/** What one field of a protobuf message is in JSON. */
export type FieldShape =
  | "text"
  | "number"
  /** A number of which 0 means left out. */
  | "count"
  | "flag"
  | "bytes"
  | "time"
  | "intOrString"
  /** A Quantity: its text alone. */
  | "quantity"
  | "texts"
  | { readonly map: "text" | "bytes" | "quantity" }
  | { readonly one: MessageShape }
  | { readonly many: MessageShape };

/** By field number of a message: its JSON name and shape. Fields that are not listed are left out. */
export type MessageShape = Readonly<Record<number, readonly [name: string, shape: FieldShape]>>;
