import { type ISignal, Signal } from "@lumino/signaling";
import type { KernelSubject, SubjectRef } from "../protocol.js";

/** Which model explains a document's prompts, and where it lives. */
export interface SubjectChoice {
  readonly ref: SubjectRef;
  /** "own": the document's kernel; "dedicated": Glasspane's; else the id of another running kernel. */
  readonly where: "own" | "dedicated" | { readonly kernel: string };
}

/** Where a model chosen by its reference runs: the kernel's own stay there, all others get Glasspane's kernel. */
export function choiceOf(ref: SubjectRef): SubjectChoice {
  return { ref, where: ref.source === "kernel" || ref.source === "auto" ? "own" : "dedicated" };
}

/** The same model; its tokenizer may be named or found. */
export function isSameModel(one: SubjectRef, other: SubjectRef): boolean {
  return one.source === other.source && modelOf(one) === modelOf(other);
}

/** The same model in the same place. */
export function isSameChoice(one: SubjectChoice, other: SubjectChoice): boolean {
  return isSameModel(one.ref, other.ref) && JSON.stringify(one.where) === JSON.stringify(other.where);
}

function modelOf(ref: SubjectRef): string {
  switch (ref.source) {
    case "kernel":
      return ref.model;
    case "bundled":
      return ref.name;
    case "folder":
      return ref.path;
    case "hub":
      return `${ref.id}@${ref.revision ?? ""}`;
    case "auto":
      return "";
  }
}

/** The chosen model in few words. */
export function nameOfChoice({ ref }: SubjectChoice): string {
  switch (ref.source) {
    case "kernel":
      return ref.model;
    case "bundled":
      return ref.name;
    case "folder":
      return ref.path;
    case "hub":
      return ref.id;
    case "auto":
      return "the kernel's model";
  }
}

export interface Remembered {
  readonly choice?: SubjectChoice;
  /** How a chat model reads a plain string. */
  readonly template?: "chat" | "raw";
}

/** Where choices outlive the window. */
export interface ChoiceStore {
  load(): Promise<Readonly<Record<string, Remembered>>>;
  save(choices: Readonly<Record<string, Remembered>>): Promise<void>;
}

/** What was chosen for each notebook or file; kept in the workspace, never in the notebook. */
export class SubjectMemory {
  private byPath: Record<string, Remembered> = {};
  private readonly inUse = new Map<string, KernelSubject>();
  private readonly changes = new Signal<this, string>(this);

  constructor(private readonly store: ChoiceStore | null) {}

  /** The path whose choice changed. */
  get changed(): ISignal<this, string> {
    return this.changes;
  }

  async load(): Promise<void> {
    this.byPath = { ...(await this.store?.load()), ...this.byPath };
  }

  get(path: string): Remembered {
    return this.byPath[path] ?? {};
  }

  /** The model of the document's kernel that explained its prompts so far, chosen by nobody; for this window only. */
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
    this.save();
  }

  /** Files were renamed; null: not this one. */
  move(renamed: (path: string) => string | null): void {
    for (const [path, remembered] of Object.entries(this.byPath)) {
      const now = renamed(path);
      if (now === null) continue;
      const { [path]: _, ...others } = this.byPath;
      this.byPath = { ...others, [now]: remembered };
      this.changes.emit(now);
      this.save();
    }
    for (const [path, ref] of [...this.inUse]) {
      const now = renamed(path);
      if (now === null) continue;
      this.inUse.delete(path);
      this.inUse.set(now, ref);
    }
  }

  private save(): void {
    // Kernel ids do not outlive the server: such a choice is remembered for this window only.
    const lasting = Object.fromEntries(
      Object.entries(this.byPath).map(([each, { choice, ...rest }]) => [
        each,
        choice === undefined || typeof choice.where === "object" ? rest : { choice, ...rest },
      ]),
    );
    void this.store?.save(lasting);
  }
}
