import assert from "node:assert/strict";
import { parse } from "yaml";
import type { Conversion } from "../../src/formats/convert/convert.ts";

/** What a conversion that must succeed gives: its text with the comments, and the spec in it. */
export function madeBy(conversion: Conversion) {
  assert.ok(conversion.yaml !== undefined && conversion.problems.length === 0, JSON.stringify(conversion));
  return { text: conversion.yaml, spec: parse(conversion.yaml).spec };
}

/** What a conversion that must fail says, a line for each problem. */
export function refusedBy(conversion: Conversion): string {
  assert.equal(conversion.yaml, undefined);
  return conversion.problems.map(({ path, message, remedy }) => `${path}: ${message} (${remedy})`).join("\n");
}
