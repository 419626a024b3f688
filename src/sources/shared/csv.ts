type Row = readonly string[];

/** The tables of a CSV text (RFC 4180; a blank line ends a table, `#` begins an annotation), each with its head first. */
export function csvTables(text: string): readonly (readonly Row[])[] {
  const tables: Row[][] = [[]];
  for (const row of records(text)) {
    if (row.length === 1 && row[0] === "") tables.push([]);
    else if (!row[0]?.startsWith("#")) tables.at(-1)?.push(row);
  }
  return tables.filter((table) => table.length > 0);
}

/** In one pass, whatever the text is: a cell in quotes may hold commas, line ends and doubled quotes. */
function* records(text: string): Generator<Row> {
  let row: string[] = [];
  for (let from = 0; from <= text.length; ) {
    const cell = text[from] === '"' ? quotedCell(text, from) : plainCell(text, from);
    row.push(cell.value);
    from = cell.end + 1;
    if (text[cell.end] === ",") continue;
    if (text[cell.end] === "\r" && text[from] === "\n") from += 1;
    yield row;
    row = [];
  }
}

interface Cell {
  readonly value: string;
  /** Where the comma or the line's end stands that ends it, or the text's length. */
  readonly end: number;
}

function plainCell(text: string, from: number): Cell {
  let end = from;
  while (end < text.length && text[end] !== "," && text[end] !== "\n" && text[end] !== "\r") end += 1;
  return { value: text.slice(from, end), end };
}

/** What follows a closing quote up to the next comma belongs to no cell and is left out. */
function quotedCell(text: string, from: number): Cell {
  let close = text.indexOf('"', from + 1);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close < 0) return { value: text.slice(from + 1).replaceAll('""', '"'), end: text.length };
  return { value: text.slice(from + 1, close).replaceAll('""', '"'), end: plainCell(text, close + 1).end };
}
