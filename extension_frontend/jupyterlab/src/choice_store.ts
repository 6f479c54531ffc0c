import type { ChoiceStore, Remembered } from "@glasspane/core";
import type { IStateDB } from "@jupyterlab/statedb";
import type { ReadonlyPartialJSONObject } from "@lumino/coreutils";

const KEY = "glasspane:subjects";

/** Keeps chosen models in JupyterLab's workspace. */
export function workspaceStore(state: IStateDB): ChoiceStore {
  return {
    load: async () => {
      const stored = await state.fetch(KEY);
      return stored !== undefined && stored !== null && typeof stored === "object"
        ? (stored as unknown as Record<string, Remembered>)
        : {};
    },
    save: (choices) =>
      state.save(KEY, JSON.parse(JSON.stringify(choices)) as ReadonlyPartialJSONObject).then(() => undefined),
  };
}
