import type { ChoiceStore, Remembered } from "@glasspane/core";
import type * as vscode from "vscode";

const KEY = "subjects";

/** Keeps chosen models in the workspace's own state. */
export function workspaceStore(state: vscode.Memento): ChoiceStore {
  return {
    load: async () => state.get<Record<string, Remembered>>(KEY, {}),
    save: async (choices) => state.update(KEY, choices),
  };
}
