import type { RangeValue } from "@codemirror/state";
import type { Catalogue, SubjectRef } from "../protocol.js";
import type { JobRunner } from "./answer.js";
import { AuditedPrompts } from "./audited_prompts.js";
import type { HeatMemory } from "./heat_memory.js";
import { type Settings, subjectNamed } from "./settings.js";
import type { Host, Site } from "./site.js";
import type { SubjectChoice, SubjectMemory } from "./subject_memory.js";

/** What every explanation needs: the editor's documents and kernels, and what the person has chosen. */
export class Workplace<OfHost extends Site = Site> {
  /** What can be asked for, as last heard. */
  catalogue: Catalogue | null = null;
  /** Prompts that were read, and what audits found of them. */
  readonly audited = new AuditedPrompts<OfHost>();
  /** By kernel: versions may differ. Promises, so that who asks meanwhile waits for the same answer. */
  private readonly catalogues = new Map<string, Promise<Catalogue>>();

  constructor(
    readonly host: Host<OfHost>,
    readonly heat: HeatMemory<RangeValue>,
    readonly subjects: SubjectMemory,
    readonly settings: { of(site: OfHost): Settings },
  ) {}

  /** What can be asked for where the site's prompts are explained; loaded once. Rejects with {@link GlasspaneFailure}. */
  async catalogueFor(site: OfHost | null): Promise<Catalogue> {
    const key = this.kernelOf(site);
    const asked = this.catalogues.get(key) ?? this.host.catalogue(site);
    this.catalogues.set(key, asked);
    try {
      const heard = await asked;
      // Forgotten meanwhile: it was another server's or another kernel's answer.
      if (this.catalogues.get(key) !== asked) return this.catalogueFor(site);
      this.catalogue = heard;
      return heard;
    } catch (failure) {
      if (this.catalogues.get(key) === asked) this.catalogues.delete(key);
      throw failure;
    }
  }

  /** The same; null where it cannot be had now. */
  async ready(site: OfHost | null = null): Promise<Catalogue | null> {
    return this.catalogueFor(site).catch(() => null);
  }

  /** Another server answers from now on. */
  forgetCatalogues(): void {
    this.catalogues.clear();
    this.catalogue = null;
  }

  /** The site's kernel was started anew, or needs another Glasspane: it may offer something else by then. */
  forgetCatalogue(site: OfHost): void {
    this.catalogues.delete(this.kernelOf(site));
  }

  /** The model for a site: the one chosen for it, else the settings', else the one in use, else what its kernel holds. */
  choiceFor(site: OfHost): SubjectChoice {
    const chosen = this.subjects.get(site.path).choice;
    if (chosen !== undefined && !(chosen.where === "own" && this.host.ownKernel(site) === null))
      return chosen;
    const { defaultSubject } = this.settings.of(site);
    if (defaultSubject !== "auto") {
      return { ref: subjectNamed(defaultSubject, this.catalogue), where: "dedicated" };
    }
    return this.host.ownKernel(site) === null
      ? { ref: this.fallbackSubject(site), where: "dedicated" }
      : { ref: this.subjects.used(site.path) ?? { source: "auto" }, where: "own" };
  }

  /** Where a choice for a site runs. */
  runnerOf(site: OfHost, { where }: SubjectChoice): JobRunner {
    if (where === "dedicated") return this.host.dedicatedKernel();
    if (where === "own") return this.host.ownKernel(site) ?? this.host.dedicatedKernel();
    return this.host.runningKernel(where.kernel);
  }

  /** The kernel that knows the values in a site's prompts: its own, else the one whose model was chosen for it. */
  variablesOf(site: OfHost): JobRunner | null {
    const own = this.host.ownKernel(site);
    if (own !== null) return own;
    const choice = this.choiceFor(site);
    return typeof choice.where === "object" ? this.host.runningKernel(choice.where.kernel) : null;
  }

  fallbackSubject(site: OfHost): SubjectRef {
    return subjectNamed(this.settings.of(site).fallbackSubject, this.catalogue);
  }

  private kernelOf(site: OfHost | null): string {
    return (site === null ? null : this.host.ownKernel(site)?.key) ?? "";
  }
}
