/** Truth: a server that is asked for what it offers, and answers when told to. */
import { Decoration } from "@codemirror/view";
import {
  type Catalogue,
  DEFAULT_SETTINGS,
  HeatField,
  HeatMemory,
  type Host,
  SubjectMemory,
  Workplace,
} from "@glasspane/core";
import { expect, test } from "vitest";
import { CATALOGUE } from "./sample_result.js";

function place() {
  const asked: { answer(catalogue: Catalogue): void; fail(): void }[] = [];
  const host = {
    catalogue: () =>
      new Promise<Catalogue>((resolve, reject) =>
        asked.push({ answer: resolve, fail: () => reject(new Error("gone")) }),
      ),
    ownKernel: () => null,
  } as unknown as Host;
  const heat = new HeatMemory(new HeatField(() => Decoration.mark({ class: "x" })));
  return {
    asked,
    workplace: new Workplace(host, heat, new SubjectMemory(null), { of: () => DEFAULT_SETTINGS }),
  };
}
const named = (glasspane: string): Catalogue => ({ ...CATALOGUE, glasspane });

test("two who ask at once wait for one answer", async () => {
  const { asked, workplace } = place();
  const both = [workplace.catalogueFor(null), workplace.catalogueFor(null)];
  expect(asked).toHaveLength(1);
  asked[0]?.answer(named("1"));
  expect(await Promise.all(both)).toEqual([named("1"), named("1")]);
  expect(workplace.catalogue).toEqual(named("1"));
  await workplace.catalogueFor(null);
  expect(asked).toHaveLength(1);
});

test("an answer of the server that was left is not kept: the new one is asked", async () => {
  const { asked, workplace } = place();
  const waiting = workplace.catalogueFor(null);
  workplace.forgetCatalogues();
  asked[0]?.answer(named("old"));
  await expect.poll(() => asked.length).toBe(2);
  expect(workplace.catalogue).toBeNull();
  asked[1]?.answer(named("new"));
  expect((await waiting).glasspane).toBe("new");
  expect(workplace.catalogue?.glasspane).toBe("new");
  workplace.forgetCatalogues();
  expect(workplace.catalogue).toBeNull();
});

test("a failure is not remembered", async () => {
  const { asked, workplace } = place();
  const first = workplace.ready();
  asked[0]?.fail();
  expect(await first).toBeNull();
  const second = workplace.ready();
  asked[1]?.answer(CATALOGUE);
  expect(await second).toBe(CATALOGUE);
});
