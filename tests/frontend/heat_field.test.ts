/** Truth: heat is out of date exactly when the prompt found at its place says something else. */
import { EditorState, RangeValue, StateEffect, StateField } from "@codemirror/state";
import { type DrawnHeat, findPrompt, HeatField, type HeatStep } from "@glasspane/core";
import { describe, expect, test } from "vitest";

const heatStep = StateEffect.define<HeatStep>();
const marks = new HeatField(() => new (class extends RangeValue {})());
const field = StateField.define<readonly DrawnHeat[]>({
  create: () => [],
  update: (heats, { changes, effects, newDoc, startState }) =>
    effects.reduce(
      (now, effect) => (effect.is(heatStep) ? marks.afterStep(now, effect.value, newDoc) : now),
      marks.afterEdit(heats, changes, startState.doc, newDoc),
    ),
});

/** `|` is where the person points, `«…»` what they selected. */
function heated(marked: string, language: "python" | "text" = "python"): EditorState {
  const from = marked.search(/[|«]/);
  const at = { from, to: marked.includes("»") ? marked.indexOf("»") - 1 : from };
  const doc = marked.replace(/[|«»]/g, "");
  const found = findPrompt(doc, at, language);
  if (found.kind === "none") throw new Error(found.reason);
  const span = found.kind === "text" ? found.template.span : found.span;
  const state = EditorState.create({ doc, extensions: field });
  const begin = heatStep.of({ do: "begin", id: "h", span, at, language });
  const token = { from: span.from, to: span.from + 1 };
  const mark = { tokens: [0], spans: [token], kind: "for", level: 3 } as never;
  const paint = heatStep.of({ do: "paint", id: "h", marks: [mark], settled: true });
  return state.update({ effects: [begin, paint] }).state;
}

/** Typed one character at a time in front of `before`, or at the document's end. */
function type(state: EditorState, text: string, before?: string): EditorState {
  let place = before === undefined ? state.doc.length : state.doc.toString().indexOf(before);
  let now = state;
  for (const character of text) {
    now = now.update({ changes: { from: place, insert: character } }).state;
    place += 1;
  }
  return now;
}

const heat = (state: EditorState) => state.field(field)[0];

describe("an edit at the prompt's edge", () => {
  test("text appended to a paragraph makes its heat out of date, and taking it away again does not", () => {
    const state = heated("Once upon |a time\n\nThe end", "text");
    const more = type(state, " there", "\n\nThe end");
    expect(heat(more)?.edited).toBe(true);
    const back = more.update({ changes: { from: 16, to: 22 } }).state;
    expect(back.doc.toString()).toBe("Once upon a time\n\nThe end");
    expect(heat(back)?.edited).toBe(false);
  });

  test("a cursor at the paragraph's end means the paragraph, whatever is typed there", () => {
    expect(heat(type(heated("Once upon a time|", "text"), "x"))?.edited).toBe(true);
  });

  test("a literal that Python joins to the prompt belongs to it", () => {
    expect(heat(type(heated('x = ("The |capital")'), ' " of"', ")"))?.edited).toBe(true);
    expect(heat(type(heated('x = ("The |capital"\n  # note\n)'), '  " of"', ")"))?.edited).toBe(true);
    expect(heat(type(heated('x = ("The |capital")'), '"In " ', '"The'))?.edited).toBe(true);
  });

  test("an f in front gives the prompt holes", () => {
    expect(heat(type(heated('p = "a {x} |b"'), "f", '"a'))?.edited).toBe(true);
    expect(heat(type(heated('p = "a x |b"'), "f", '"a'))?.edited).toBe(false);
  });

  test("a name that goes on is another name", () => {
    expect(heat(type(heated("generate(pro|mpt)"), "2", ")"))?.edited).toBe(true);
    expect(heat(type(heated("generate(prompt|)"), "2", ")"))?.edited).toBe(true);
  });

  test("what stands beside the prompt is none of its business", () => {
    const state = heated('p = "a |b"');
    expect(heat(type(state, "  # note"))?.edited).toBe(false);
    expect(heat(type(state, "\nq = 1"))?.edited).toBe(false);
    expect(heat(type(state, "y = 2\n", "p ="))?.edited).toBe(false);
    expect(heat(type(heated("a «b» c", "text"), "!"))?.edited).toBe(false);
  });
});

test("an edit inside is seen, and undone again", () => {
  const state = heated('pro|mpt = "The capital"');
  const edited = type(state, "big ", "capital");
  expect(heat(edited)?.edited).toBe(true);
  const back = edited.update({ changes: { from: 14, to: 18 } }).state;
  expect(heat(back)?.edited).toBe(false);
});

test("a conversation is followed in each of its messages", () => {
  const state = heated('m = [{"role": "user", "content": "H|i"}]');
  expect(heat(type(state, "!", '"}]'))?.edited).toBe(true);
  expect(heat(type(state, ', {"role": "user", "content": "Yo"}', "]"))?.edited).toBe(true);
});

test("a result that arrives after an edit is out of date at once", () => {
  const state = heated("Once |upon", "text");
  const begun = state.update({
    effects: heatStep.of({
      do: "begin",
      id: "h",
      span: { from: 0, to: 9 },
      at: { from: 5, to: 5 },
      language: "text",
    }),
  }).state;
  const painted = type(begun, " a").update({
    effects: heatStep.of({ do: "paint", id: "h", marks: [], settled: true }),
  }).state;
  expect(heat(painted)?.edited).toBe(true);
});

test("another view of the same scores leaves out of date what is, and running what runs", () => {
  const state = heated('x = "Once upon |a time"');
  const stale = state.update({
    effects: heatStep.of({ do: "outdate", id: "h", reason: "weights_changed" }),
  }).state;
  const mark = { tokens: [0, 1], spans: [{ from: 5, to: 9 }], kind: "for", level: 5 } as never;
  const seen = stale.update({ effects: heatStep.of({ do: "recolour", id: "h", marks: [mark] }) }).state;
  expect(heat(seen)).toMatchObject({ outdated: "weights_changed", pending: false });
  const covered: [number, number][] = [];
  heat(seen)?.tokens.between(0, 100, (from, to) => void covered.push([from, to]));
  expect(covered).toEqual([[5, 9]]);
  const running = state.update({ effects: heatStep.of({ do: "resume", id: "h" }) }).state;
  expect(
    heat(running.update({ effects: heatStep.of({ do: "recolour", id: "h", marks: [] }) }).state),
  ).toMatchObject({
    pending: true,
  });
});
