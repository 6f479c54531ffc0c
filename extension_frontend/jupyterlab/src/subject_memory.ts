import type { KernelSubject, SubjectRef } from "@glasspane/core";
import type { IStateDB } from "@jupyterlab/statedb";
import type { ReadonlyPartialJSONObject } from "@lumino/coreutils";
import { type ISignal, Signal } from "@lumino/signaling";

/** Which model explains a document's prompts, and where it lives. */
export interface SubjectChoice {
  readonly ref: SubjectRef;
  /** "own": the document's kernel; "dedicated": Glasspane's; else the id of another running kernel. */
  readonly where: "own" | "dedicated" | { readonly kernel: string };
}

export interface Remembered {
  readonly choice?: SubjectChoice;
  /** How a chat model reads a plain string. */
  readonly template?: "chat" | "raw";
}

const KEY = "glasspane:subjects";

/** What was chosen for each notebook or file; kept in the workspace, never in the notebook. */
export class SubjectMemory {
  private byPath: Record<string, Remembered> = {};
  private readonly inUse = new Map<string, KernelSubject>();
  private readonly changes = new Signal<this, string>(this);

  constructor(private readonly store: IStateDB | null) {}

  /** The path whose choice changed. */
  get changed(): ISignal<this, string> {
    return this.changes;
  }

  async load(): Promise<void> {
    const stored = await this.store?.fetch(KEY);
    if (stored !== undefined && stored !== null && typeof stored === "object") {
      this.byPath = { ...(stored as Record<string, Remembered>), ...this.byPath };
    }
  }

  get(path: string): Remembered {
    return this.byPath[path] ?? {};
  }

  /** The model of the document's kernel that explained its prompts so far, chosen by nobody; for this page only. */
  used(path: string): KernelSubject | null {
    return this.inUse.get(path) ?? null;
  }

  /** A second model in the kernel must not turn "auto" into a question: the one in use goes on. */
  use(path: string, ref: KernelSubject | null): void {
    if (ref === null) this.inUse.delete(path);
    else this.inUse.set(path, ref);
  }

  set(path: string, change: Remembered): void {
    this.byPath = { ...this.byPath, [path]: { ...this.get(path), ...change } };
    this.changes.emit(path);
    // Kernel ids do not outlive the server: such a choice is remembered for this page only.
    const lasting = Object.fromEntries(
      Object.entries(this.byPath).map(([each, { choice, ...rest }]) => [
        each,
        typeof choice?.where === "object" ? rest : { choice, ...rest },
      ]),
    );
    void this.store?.save(KEY, JSON.parse(JSON.stringify(lasting)) as ReadonlyPartialJSONObject);
  }
}
