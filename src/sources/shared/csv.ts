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

/** Cells in quotes may hold commas, line ends and doubled quotes. */
function* records(text: string): Generator<Row> {
  let row: string[] = [];
  for (const [, quoted, plain = "", end = ""] of text.matchAll(/(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ",") continue;
    yield row;
    row = [];
  }
}
