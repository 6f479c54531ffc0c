/** Truth: edits made by hand on VS Code's side (lines and characters), and the text that they must lead to. */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { textOf } from "../../extension_frontend/core/src/explaining/heat_memory.js";
import { Position, Range } from "./vscode_stand_in.js";

vi.mock("vscode", () => import("./vscode_stand_in.js"));
const { changesOf, offsetAt, rangeOf, sourceOf } = await import(
  "../../extension_frontend/vscode/src/document_text.js"
);
type Event = Parameters<typeof changesOf>[1];
type TextDocument = Parameters<typeof sourceOf>[0];

const document = (text: string) => ({ getText: () => text }) as unknown as TextDocument;
const event = (after: string, ...edits: [[number, number, number, number], string][]) =>
  ({
    document: document(after),
    contentChanges: edits.map(([[line, from, toLine, to], text]) => ({
      range: new Range(new Position(line, from), new Position(toLine, to)),
      text,
    })),
  }) as unknown as Event;

test("lines that end as on Windows count as one character each", () => {
  const before = textOf(sourceOf(document("a\r\nbc\r\nd")));
  expect(before.toString()).toBe("a\nbc\nd");
  const changes = changesOf(before, event("a\r\nbX\r\nY\r\nd", [[1, 1, 1, 2], "X\r\nY"]));
  expect(changes.apply(before).toString()).toBe("a\nbX\nY\nd");
  // What was not touched stays where it is: heat there is not lost.
  expect(changes.mapPos(2)).toBe(2);
  expect(changes.mapPos(before.length)).toBe(changes.newLength);
});

test("several cursors, told last first as VS Code does", () => {
  const before = textOf("one\ntwo\nthree");
  const edits: [[number, number, number, number], string][] = [
    [[2, 0, 2, 0], "> "],
    [[1, 0, 1, 0], "> "],
    [[0, 0, 0, 0], "> "],
  ];
  const changes = changesOf(before, event("> one\n> two\n> three", ...edits));
  expect(changes.apply(before).toString()).toBe("> one\n> two\n> three");
  expect(changes.mapPos(before.line(2).from, 1)).toBe(8);
});

test("what does not lead to the text that is there is replaced by it", () => {
  const before = textOf("one\ntwo");
  for (const [range, text] of [
    [[0, 0, 0, 1], "wrong"],
    [[7, 0, 9, 4], "outside"],
  ] as [[number, number, number, number], string][]) {
    const changes = changesOf(before, event("quite\nanother", [range, text]));
    expect(changes.apply(before).toString()).toBe("quite\nanother");
  }
  const overlapping = event("quite\nanother", [[0, 0, 0, 2], "x"], [[0, 1, 0, 3], "y"]);
  expect(changesOf(before, overlapping).apply(before).toString()).toBe("quite\nanother");
});

test("places translate there and back in any text", () => {
  const texts = fc.array(fc.constantFrom("a", "é", "𝄞", "\n", "\r\n", " "), { maxLength: 20 });
  fc.assert(
    fc.property(texts, fc.nat(40), (parts, at) => {
      const text = textOf(sourceOf(document(parts.join(""))));
      const offset = Math.min(at, text.length);
      expect(offsetAt(text, rangeOf(text, offset, offset).start)).toBe(offset);
    }),
  );
  const text = textOf("ab\nc");
  expect(offsetAt(text, new Position(0, 99) as never)).toBe(2);
  expect(offsetAt(text, new Position(99, 99) as never)).toBe(4);
});
