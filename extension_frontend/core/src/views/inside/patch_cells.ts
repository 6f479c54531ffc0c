/** The numbers of a map as cells and rows: what each moved, and how it is known. */
import { visibleToken } from "../../heat.js";
import type { PatchMap, PatchResult, Token } from "../../protocol.js";
import { type CsvColumn, csvTable } from "../csv.js";
import { figure, quoted } from "../figures.js";
import type { Place } from "./part.js";

/** Heads that a map by head and position shows: those with the strongest cells. */
export const HEAD_ROWS = 24;

export interface PatchCell {
  /** Its place in the map's numbers. */
  readonly index: number;
  readonly layer: number;
  /** Null where the map has none. */
  readonly head: number | null;
  readonly position: number | null;
  /** How far it moved the patched run towards the other: 1 is all the way; where that has no meaning, the change. */
  readonly effect: number;
  readonly raw: number;
  readonly normalised: number | null;
  /** Of the mean over several pairs. */
  readonly interval: readonly [low: number, high: number] | null;
  readonly estimated: boolean;
}

/** One line of a map: a layer, or a head of one. */
export interface PatchRow {
  readonly name: string;
  readonly cells: readonly PatchCell[];
}

export interface PatchRows {
  /** The lowest layer first. */
  readonly rows: readonly PatchRow[];
  /** Heads that are not shown. */
  readonly hidden: number;
  readonly largest: number;
}

/** The cell of a place that was pointed out elsewhere; undefined where the map has none. */
export function cellOfPlace({ rows }: PatchRows, place: Place): PatchCell | undefined {
  return rows
    .flatMap(({ cells }) => cells)
    .find(
      ({ layer, head, position }) =>
        layer === place.layer && head === place.head && position === place.position,
    );
}

/** The metric of the run that was patched. */
export function baseValue({ direction, clean, corrupted }: PatchResult): number {
  return direction === "noising" ? clean.value : corrupted.value;
}

export function patchCells(result: PatchResult, map: PatchMap): PatchCell[] {
  const base = baseValue(result);
  const gap = (result.direction === "noising" ? result.corrupted.value : result.clean.value) - base;
  const guessed = new Set(map.estimated);
  const places = (name: "layer" | "head" | "position") =>
    map.axes.find((axis) => axis.name === name)?.places ?? [null];
  const [layers, heads, positions] = [places("layer"), places("head"), places("position")];
  return map.raw.map((raw, index) => {
    const [low, high] = [map.low?.[index], map.high?.[index]];
    return {
      index,
      layer: layers[Math.floor(index / (heads.length * positions.length))] ?? 0,
      head: heads[Math.floor(index / positions.length) % heads.length] ?? null,
      position: positions[index % positions.length] ?? null,
      effect: result.refused === null ? (raw - base) / gap : raw - base,
      raw,
      normalised: map.normalised?.[index] ?? null,
      interval: low === undefined || high === undefined ? null : [low, high],
      estimated: guessed.has(index),
    };
  });
}

/** The lines of a map; of too many heads, those with the strongest cells. */
export function patchRows(result: PatchResult, map: PatchMap): PatchRows {
  const cells = patchCells(result, map);
  const width = map.axes.at(-1)?.places.length ?? 1;
  const rows = Array.from({ length: cells.length / width }, (_, row): PatchRow => {
    const own = cells.slice(row * width, (row + 1) * width);
    const { layer = 0, head = null } = own[0] ?? {};
    return { name: map.axes.length === 3 ? `${layer}.${head}` : String(layer), cells: own };
  });
  const strength = (row: PatchRow) => strongestOf(row.cells);
  const shown =
    map.axes.length < 3 || rows.length <= HEAD_ROWS
      ? rows
      : keepOrder(rows, [...rows].sort((one, other) => strength(other) - strength(one)).slice(0, HEAD_ROWS));
  return {
    rows: shown,
    hidden: rows.length - shown.length,
    largest: Math.max(0, ...shown.map(strength)),
  };
}

function keepOrder<Item>(all: readonly Item[], some: readonly Item[]): Item[] {
  const kept = new Set(some);
  return all.filter((item) => kept.has(item));
}

function strongestOf(cells: readonly PatchCell[]): number {
  return cells.reduce((most, { effect }) => Math.max(most, Math.abs(effect) || 0), 0);
}

/** Cells that moved anything, strongest first. */
export function strongestCells({ rows }: PatchRows, count: number): PatchCell[] {
  return rows
    .flatMap(({ cells }) => cells)
    .filter(({ effect }) => effect !== 0)
    .sort((one, other) => Math.abs(other.effect) - Math.abs(one.effect))
    .slice(0, count);
}

/** "layer 3 at 9 ·John", "head 2.0 at 13 ·to", "head 3.1", as Python names it. */
export function cellName(cell: PatchCell, { clean }: PatchResult): string {
  return placeName(cell, clean.tokens);
}

export function placeName({ layer, head, position }: Place, tokens: readonly Token[]): string {
  const what = head === null ? `layer ${layer}` : `head ${layer}.${head}`;
  return position === null ? what : `${what} at ${position} ${visibleToken(tokens[position]?.text ?? "")}`;
}

/** Whether the two prompts have different tokens there. */
export function differsAt({ clean, corrupted }: PatchResult, position: number): boolean {
  return clean.tokens[position]?.id !== corrupted.tokens[position]?.id;
}

/** Everything about one cell in a line. */
export function cellSentence(cell: PatchCell, result: PatchResult): string {
  const { layer, head, position, raw, normalised, interval, estimated } = cell;
  const place = head === null ? `Layer ${layer}` : `Layer ${layer}, head ${head}`;
  return [
    position === null ? place : `${place}, position ${position}: ${tokensThere(result, position)}`,
    `${result.metric} ${figure(raw)}${interval === null ? "" : ` (95 % interval ${figure(interval[0])} to ${figure(interval[1])})`}`,
    normalised === null
      ? `changed by ${figure(raw - baseValue(result), true)}`
      : `normalised ${figure(normalised)}`,
    estimated ? "estimated" : "exact",
  ].join(" · ");
}

function tokensThere({ clean, corrupted }: PatchResult, position: number): string {
  const [own, other] = [clean.tokens[position]?.text ?? "", corrupted.tokens[position]?.text ?? ""];
  return own === other
    ? `${quoted(own)} in both prompts`
    : `${quoted(own)} here, ${quoted(other)} in the other prompt`;
}

/** A row for every cell, with the columns that `PatchMaps.to_frame()` has in Python. */
export function csvOfMaps(result: PatchResult): string {
  const [map] = result.maps;
  if (map === undefined) return "";
  const cells = result.maps.flatMap((each) =>
    patchCells(result, each).map((cell) => ({ site: each.site, ...cell })),
  );
  const [by, several] = [new Set(map.axes.map(({ name }) => name)), result.pairs > 1];
  const columns: readonly (readonly [isThere: boolean, ...column: CsvColumn<(typeof cells)[number]>])[] = [
    [true, "site", ({ site }) => site],
    [true, "layer", ({ layer }) => layer],
    [by.has("head"), "head", ({ head }) => head],
    [by.has("position"), "position", ({ position }) => position],
    [by.has("position"), "token", ({ position }) => result.clean.tokens[position ?? 0]?.text ?? ""],
    [true, "raw", ({ raw }) => raw],
    [result.refused === null, "normalised", ({ normalised }) => normalised],
    [several, "low", ({ interval }) => interval?.[0] ?? null],
    [several, "high", ({ interval }) => interval?.[1] ?? null],
    [true, "exact", ({ estimated }) => !estimated],
  ];
  const used = columns.flatMap(([isThere, ...column]) => (isThere ? [column] : []));
  return csvTable(used, cells);
}
