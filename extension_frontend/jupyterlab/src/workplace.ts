import type { Catalogue, JobClient, SubjectRef } from "@glasspane/core";
import type { HeatMemory } from "./heat_memory";
import { type SettingsSource, subjectNamed } from "./settings";
import { kernelOf, type Site, type SiteFinder } from "./site";
import type { SubjectChoice, SubjectMemory } from "./subject_memory";

/** What every explanation needs: the server, the documents, and what the person has chosen. */
export class Workplace {
  catalogue: Catalogue | null = null;

  constructor(
    readonly client: JobClient,
    readonly heat: HeatMemory,
    readonly sites: SiteFinder,
    readonly subjects: SubjectMemory,
    readonly settings: SettingsSource,
  ) {}

  /** Loaded once, on first need; a failure is tried again next time. */
  async ready(): Promise<Catalogue | null> {
    this.catalogue ??= await this.client.catalogue().catch(() => null);
    return this.catalogue;
  }

  again(site: Site): Site | null {
    return this.sites.again(site);
  }

  /** The model for a site: the one chosen for it, else the settings', else the one in use, else what its kernel holds. */
  choiceFor(site: Site): SubjectChoice {
    const chosen = this.subjects.get(site.path).choice;
    if (chosen !== undefined && !(chosen.where === "own" && kernelOf(site) === null)) return chosen;
    const { defaultSubject } = this.settings.current;
    if (defaultSubject !== "auto") {
      return { ref: subjectNamed(defaultSubject, this.catalogue), where: "dedicated" };
    }
    return kernelOf(site) === null
      ? { ref: this.fallbackSubject(), where: "dedicated" }
      : { ref: this.subjects.used(site.path) ?? { source: "auto" }, where: "own" };
  }

  fallbackSubject(): SubjectRef {
    return subjectNamed(this.settings.current.fallbackSubject, this.catalogue);
  }
}
