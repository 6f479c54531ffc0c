import { RangeValue } from "@codemirror/state";
import { HeatField, HeatMemory, type TokenSpec } from "@glasspane/core";

/** A coloured token of a document: VS Code draws it, this remembers it. */
export class HeatValue extends RangeValue {
  constructor(readonly token: TokenSpec) {
    super();
  }
}

export type EditorHeatMemory = HeatMemory<HeatValue>;

export function heatMemory(): EditorHeatMemory {
  return new HeatMemory(new HeatField((token) => new HeatValue(token)));
}
