import type { JobClient, Place, SubjectCandidate, SubjectRef } from "@glasspane/core";
import { Dialog, showDialog } from "@jupyterlab/apputils";
import type { ServiceManager } from "@jupyterlab/services";
import { Widget } from "@lumino/widgets";
import { answerTo } from "./jobs";
import { subjectNamed } from "./settings";
import { kernelOf, placeOf, type Site } from "./site";
import type { SubjectChoice } from "./subject_memory";
import type { Workplace } from "./workplace";

/** Where a model chosen by its reference runs: the kernel's own stay there, all others get Glasspane's kernel. */
export function choiceOf(ref: SubjectRef): SubjectChoice {
  return { ref, where: ref.source === "kernel" || ref.source === "auto" ? "own" : "dedicated" };
}

/** "Choose model…": this kernel's models, other running kernels', the bundled ones, a folder or a hub id. */
export async function chooseModel(
  workplace: Workplace,
  services: ServiceManager.IManager,
  site: Site,
): Promise<SubjectChoice | null> {
  await workplace.ready();
  const picker = new ModelPicker(workplace, workplace.choiceFor(site));
  const own = kernelOf(site);
  if (own !== null) picker.addKernel("This notebook's kernel", placeOf(own), "own");
  await services.sessions.refreshRunning();
  for (const session of services.sessions.running()) {
    if (session.kernel && session.kernel.id !== own?.id) {
      const place: Place = { place: "kernel", kernel_id: session.kernel.id };
      picker.addKernel(session.name || session.path, place, { kernel: session.kernel.id });
    }
  }
  picker.addBundled();
  picker.addNamed();
  const answer = await showDialog({
    title: "Which model should Glasspane explain?",
    body: picker,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: "Choose" })],
    focusNodeSelector: "input",
  });
  return answer.button.accept ? answer.value : null;
}

class ModelPicker extends Widget implements Dialog.IBodyWidget<SubjectChoice | null> {
  private readonly choices: { input: HTMLInputElement; choice: () => SubjectChoice | null }[] = [];
  private readonly name = `gp-models-${Math.random().toString(36).slice(2)}`;

  constructor(
    private readonly workplace: Workplace,
    private readonly present: SubjectChoice,
  ) {
    super();
    this.addClass("gp-picker");
  }

  getValue(): SubjectChoice | null {
    return this.choices.find(({ input }) => input.checked)?.choice() ?? null;
  }

  addKernel(title: string, place: Place, where: SubjectChoice["where"]): void {
    const group = this.group(title);
    const status = line(group, "Asking the kernel …");
    candidatesIn(this.workplace.client, place).then(
      (candidates) => {
        status.remove();
        if (candidates.length === 0) line(group, "It holds no model that can be explained.");
        for (const candidate of candidates) this.addCandidate(group, candidate, where);
      },
      () => {
        status.textContent = "It does not answer now.";
      },
    );
  }

  addBundled(): void {
    const models = this.workplace.catalogue?.models ?? [];
    if (models.length === 0) return;
    const group = this.group("Comes with Glasspane");
    for (const { name, summary } of models) {
      this.option(group, name, summary, () => choiceOf({ source: "bundled", name }));
    }
  }

  addNamed(): void {
    const group = this.group("A local folder or Hugging Face id");
    const field = document.createElement("input");
    field.type = "text";
    field.placeholder = "./my-model or organisation/model";
    field.setAttribute("aria-label", "Folder or Hugging Face id");
    const radio = this.option(group, "", "", () => {
      const named = field.value.trim();
      return named === "" ? null : choiceOf(subjectNamed(named, this.workplace.catalogue));
    });
    field.addEventListener("input", () => {
      radio.checked = true;
    });
    radio.parentElement?.classList.add("gp-picker-named");
    radio.after(field);
  }

  private addCandidate(group: HTMLElement, candidate: SubjectCandidate, where: SubjectChoice["where"]): void {
    if (candidate.family === null) {
      line(group, `${candidate.label}: ${candidate.architecture} is not a kind that can be explained yet.`);
      return;
    }
    const size = `${candidate.architecture}, ${candidate.device}, ${candidate.dtype}`;
    if (candidate.tokenizer_match !== null) {
      this.option(group, candidate.label, `${size}; tokenizer: ${candidate.tokenizer_match}`, () => {
        return { ref: candidate.ref, where };
      });
      return;
    }
    for (const tokenizer of candidate.tokenizers) {
      this.option(group, `${candidate.label} with ${tokenizer}`, size, () => {
        return { ref: { ...candidate.ref, tokenizer }, where };
      });
    }
  }

  private group(title: string): HTMLElement {
    const group = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.textContent = title;
    group.append(legend);
    this.node.append(group);
    return group;
  }

  private option(
    group: HTMLElement,
    label: string,
    detail: string,
    choice: () => SubjectChoice | null,
  ): HTMLInputElement {
    const row = document.createElement("label");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = this.name;
    input.value = label;
    const text = document.createElement("span");
    text.textContent = label;
    const small = document.createElement("small");
    small.textContent = detail;
    row.append(input, text, small);
    group.append(row);
    this.choices.push({ input, choice });
    input.checked = JSON.stringify(choice()) === JSON.stringify(this.present);
    return input;
  }
}

async function candidatesIn(client: JobClient, place: Place): Promise<SubjectCandidate[]> {
  const { result } = await answerTo(client, place, { kind: "subjects" });
  return result.kind === "subjects" ? result.candidates : [];
}

function line(group: HTMLElement, text: string): HTMLElement {
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  group.append(paragraph);
  return paragraph;
}
