import type { KeyPlace } from "../endpoint_keys.js";
import type { DocumentLanguage } from "../prompt_source.js";
import type { Catalogue } from "../protocol.js";
import type { JobRunner } from "./answer.js";

/**
 * What stays the same of a cell or a file while its models and editors come and go.
 *
 * Moving a cell makes a new model for it; its id within the notebook stays. Ids alone
 * will not do: a copy of a notebook has the same ones.
 */
export interface DocumentKey {
  /** The notebook, or the text of a file, as an object that lives as long as it is open. */
  readonly document: object;
  /** The cell's id; empty for a file. */
  readonly id: string;
}

export function sameKey(a: DocumentKey, b: DocumentKey): boolean {
  return a.document === b.document && a.id === b.id;
}

/** The document a prompt stands in: one notebook cell or one file. */
export interface Site {
  readonly key: DocumentKey;
  readonly language: DocumentLanguage;
  /** Path of the file or notebook: what choices are remembered for. */
  readonly path: string;
  /** Where it is, as a phrase: "cell 3", "notes.md". */
  readonly phrase: string;
  /** Which cell of its notebook it is, from 0; null for a file. */
  readonly cellIndex: number | null;
  /** Its text now, with \n between lines; empty once it is closed. */
  source(): string;
}

/** What an editor provides: its documents and the kernels around them. */
export interface Host<OfHost extends Site = Site> {
  /** What can be asked for where the site's prompts are explained; null: where no document is open. */
  catalogue(site: OfHost | null): Promise<Catalogue>;
  /** The same cell or file again, after it moved or was shown anew; null if it is gone. */
  again(site: OfHost): OfHost | null;
  /** Calls back once no window shows the document any more; a later call for the same document replaces it. */
  whenClosed(site: OfHost, then: () => void): void;
  /** The document was closed. A cell that was only deleted may come back. */
  isClosed(site: OfHost): boolean;
  /** The kernel the document's code runs in; null if it has none. */
  ownKernel(site: OfHost): JobRunner | null;
  /** Glasspane's own kernel, started on first use. */
  dedicatedKernel(): JobRunner;
  /** Another running kernel. */
  runningKernel(id: string): JobRunner;
  /** Whether a secret store of the host's reaches what answers there. */
  keyPlace(where: "own" | "dedicated" | "running"): KeyPlace;
  /** Writes what nobody foresaw to the log that people are sent to. */
  unforeseen(failure: unknown): void;
}
