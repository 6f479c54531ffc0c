/** Truth: what the model was given and what it said, written out by hand. `«…»` is what the person marked. */

import { askedOf, askedOfUnknown, type OutputQuestion } from "@glasspane/core";
import { expect, test } from "vitest";

function marked(output: string): OutputQuestion {
  const selection = { from: output.indexOf("«"), to: output.indexOf("»") - 1 };
  return { output: output.replace(/[«»]/g, ""), selection };
}

const whole = { prompt: "The capital of France is", completion: " Paris. Paris is old." };

test.each([
  ["[{'generated_text': 'The capital of France is «Paris». Paris is old.'}]", "", " Paris"],
  ["The capital of France is Paris. «Paris» is old.", " Paris.", " Paris"],
  ["<s> The capital of France is« Paris. »Paris is old.", "", " Paris."],
  ["The capital of France is Paris. Paris «is old.»", " Paris. Paris", " is old."],
])("of %s", (output, before, completion) => {
  expect(askedOf(whole, marked(output))).toEqual({ prompt: whole.prompt + before, completion });
});

test("nothing marked asks about the whole answer", () => {
  expect(askedOf(whole, { output: "whatever", selection: null })).toEqual(whole);
});

test("words marked in the prompt are asked about as if the model had said them", () => {
  expect(askedOf(whole, marked("The capital of «France» is Paris. Paris is old."))).toEqual({
    prompt: "The capital of",
    completion: " France",
  });
});

test("escapes of a printed repr are read", () => {
  expect(askedOf({ prompt: "a", completion: "\nb\nc" }, marked("'a\\nb«\\nc»'"))).toEqual({
    prompt: "a\nb",
    completion: "\nc",
  });
});

test("without a known prompt, what stands before the marked words is it", () => {
  expect(askedOfUnknown(marked("Once upon a «time»\n"))).toEqual({
    prompt: "Once upon a",
    completion: " time",
  });
  expect(askedOfUnknown(marked("[{'generated_text': 'Once upon a «time»'}]"))).toEqual({
    prompt: "Once upon a",
    completion: " time",
  });
  expect(askedOfUnknown({ output: "Once", selection: null })).toBeNull();
});
