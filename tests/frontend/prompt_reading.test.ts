/** Truth: a planted kernel that keeps a list of every expression it was made to evaluate. */
import type { HoleExpression, HoleValue, PaneQuestion } from "@glasspane/core";
import { HoleAnswers, type Reading, readPrompt } from "@glasspane/core";
import { expect, test } from "vitest";

class Kernel {
  readonly evaluated: string[] = [];
  constructor(readonly names: Record<string, string> = {}) {}

  readonly valuesOf = async (expressions: readonly HoleExpression[], consent: boolean) =>
    expressions.map(({ source }): HoleValue => {
      const answer = { source, text: null, messages: null, problem: null };
      if (/^\w+$/.test(source)) {
        const text = this.names[source];
        return text === undefined ? { ...answer, status: "failed" } : { ...answer, status: "value", text };
      }
      if (!consent) return { ...answer, status: "needs_consent" };
      this.evaluated.push(source);
      return { ...answer, status: "value", text: `<${source}>` };
    });
}

const read = (source: string, kernel: Kernel | null, answers: HoleAnswers, evaluateFreely = false) =>
  readPrompt(source, { from: 5, to: 5 }, "python", {
    valuesOf: kernel?.valuesOf ?? null,
    unknown: "No kernel.",
    evaluateFreely,
    answers,
  });

function question(reading: Reading): PaneQuestion {
  if (reading.got !== "question") throw new Error(`no question: ${JSON.stringify(reading)}`);
  return reading.question;
}

const texts = (reading: Reading) => (reading.got === "prompt" ? reading.prompt.texts : reading);

test("consent covers only the expressions that were agreed to", async () => {
  const [kernel, answers] = [new Kernel(), new HoleAnswers()];
  answers.agree(question(await read('x = f"Hi {country.title()}"', kernel, answers)));
  expect(texts(await read('x = f"Hi {country.title()}"', kernel, answers))).toEqual(["Hi <country.title()>"]);
  const edited = question(await read('x = f"Hi {wipe()}"', kernel, answers));
  expect(edited).toMatchObject({ ask: "consent", expressions: [{ source: "wipe()" }] });
  expect(kernel.evaluated).toEqual(["country.title()"]);
  await read('x = f"Hi {country.title()!r}"', kernel, answers);
  expect(kernel.evaluated).toEqual(["country.title()"]);
});

test("nothing is evaluated while one of several has not been agreed to", async () => {
  const [kernel, answers] = [new Kernel(), new HoleAnswers()];
  answers.agree(question(await read('x = f"{a()}"', kernel, answers)));
  const both = question(await read('x = f"{a()} {b()}"', kernel, answers));
  expect(both).toMatchObject({ ask: "consent" });
  expect(kernel.evaluated).toEqual([]);
});

test("typed values are of an expression, and give way to the kernel once it knows", async () => {
  const answers = new HoleAnswers();
  const source = 'x = f"{city} in {land}"';
  answers.type(question(await read(source, new Kernel(), answers)), ["Rome", "Italy"]);
  expect(texts(await read(source, new Kernel(), answers))).toEqual(["Rome in Italy"]);
  expect(texts(await read('x = f"{land}: {city}"', new Kernel(), answers))).toEqual(["Italy: Rome"]);
  expect(texts(await read(source, new Kernel({ city: "Oslo" }), answers))).toEqual(["Oslo in Italy"]);
});

test("who would rather type is asked for values, each once, with the reason", async () => {
  const [kernel, answers] = [new Kernel(), new HoleAnswers()];
  answers.refuse(question(await read('x = f"{a()} {a()}"', kernel, answers)));
  const asked = question(await read('x = f"{a()} {a()}"', kernel, answers));
  expect(asked).toMatchObject({ ask: "holes", holes: [{ expression: { source: "a()" } }] });
  answers.type(asked, ["A"]);
  expect(texts(await read('x = f"{a()} {a()}"', kernel, answers))).toEqual(["A A"]);
  const alone = question(await read('x = f"{b}"', null, answers));
  expect(alone).toMatchObject({ ask: "holes", holes: [{ problem: "No kernel." }] });
  expect(kernel.evaluated).toEqual([]);
});

test("with the setting off, everything is evaluated at once", async () => {
  const [kernel, answers] = [new Kernel({ n: "1" }), new HoleAnswers()];
  expect(texts(await read('x = f"{a()} {n}"', kernel, answers, true))).toEqual(["<a()> 1"]);
});
