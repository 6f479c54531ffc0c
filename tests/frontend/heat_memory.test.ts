/** Truth: the tokens painted last, and where Python finds them after an edit. */
import { ChangeSet, RangeValue } from "@codemirror/state";
import {
  type DocumentKey,
  HeatField,
  type HeatMark,
  HeatMemory,
  type TokenSpec,
  textOf,
} from "@glasspane/core";
import { expect, test } from "vitest";

class Coloured extends RangeValue {
  constructor(readonly token: TokenSpec) {
    super();
  }
}

const source = 'x = "The capital of France is"';
const key: DocumentKey = { document: {}, id: "" };
const at = { from: 10, to: 10 };

function mark(text: string, level: number, within = source): HeatMark {
  const from = within.indexOf(text);
  const span = { from, to: from + text.length };
  return { ...span, spans: [span], level, score: level, share: 0.5, tokens: [0], sign: "for" };
}

function heated() {
  const memory = new HeatMemory(new HeatField((token) => new Coloured(token)));
  const span = { from: 4, to: source.length };
  memory.apply(key, { do: "begin", id: "h", span, at, language: "python" }, () => source);
  const paint = (marks: HeatMark[], settled: boolean) =>
    memory.apply(key, { do: "paint", id: "h", marks, settled }, () => source);
  const drawn = () => {
    const found: string[] = [];
    const text = memory.textUnderHeat(key);
    memory.find(key, "h")?.tokens.between(0, text?.length ?? 0, (from, to, { token }) => {
      found.push(`${text?.sliceString(from, to)} ${token.mark.level}`);
    });
    return found;
  };
  return { memory, paint, drawn };
}

test("every paint is told: what refines a first result is drawn too", () => {
  const { memory, paint, drawn } = heated();
  const seen: string[][] = [];
  memory.changed.connect(() => seen.push(drawn()));
  paint([mark("France", 5)], false);
  paint([mark("France", 3), mark("capital", 1)], true);
  expect(seen).toEqual([["France 5"], ["capital 1", "France 3"]]);
});

test("an edit elsewhere moves heat without a word; one inside makes it out of date, and undoing it does not", () => {
  const { memory, paint, drawn } = heated();
  paint([mark("France", 5)], true);
  let told = 0;
  memory.changed.connect(() => {
    told += 1;
  });
  const edit = (from: number, to: number, insert: string) => {
    const before = memory.textUnderHeat(key) ?? textOf("");
    const changes = ChangeSet.of({ from, to, insert: textOf(insert) }, before.length);
    memory.edited(key, changes, before);
  };
  edit(0, 0, "# note\n");
  expect([drawn(), told]).toEqual([["France 5"], 0]);
  edit(12, 15, "A");
  expect([memory.find(key, "h")?.edited, told]).toEqual([true, 1]);
  edit(12, 13, "The");
  expect([memory.find(key, "h")?.edited, told]).toEqual([false, 2]);
});
