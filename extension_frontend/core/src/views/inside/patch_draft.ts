/** What stands in the form: kept as long as the pane lives. */
import { writtenText } from "../../explaining/other_prompt.js";
import { tokenScores } from "../../heat.js";
import type {
  AttributionResult,
  Direction,
  GridName,
  MetricName,
  PatchResult,
  Prompt,
  SiteName,
} from "../../protocol.js";
import type { ComparedPrompt, PatchQuestion, SideQuestion } from "../side_state.js";
import { comparesAnswers, SITES } from "./patch_words.js";
import { firstDifferent, type SwappableToken, swappableTokens, swapped } from "./token_swap.js";

export type Way = "token" | "text" | "explanation";

/** Which other prompt the explained one is held against: the same in all parts of the leaf. */
export interface OtherDraft {
  way: Way;
  /** The token to replace. */
  token: number | null;
  word: string;
  /** The prompt that `text` is an edit of. */
  of: string;
  text: string;
  /** Another explanation of the window. */
  explanation: string | null;
  wrong: string;
}

export interface PatchDraft extends OtherDraft {
  site: SiteName;
  grid: GridName;
  direction: Direction;
  metric: MetricName;
}

export const emptyDraft = (): PatchDraft => ({
  way: "token",
  token: null,
  word: "",
  of: "",
  text: "",
  explanation: null,
  wrong: "",
  site: "resid_pre",
  grid: "position",
  direction: "denoising",
  metric: "logit_difference",
});

/** Another prompt begins anew; the choices of what is patched stay. */
export function beginDraft(draft: PatchDraft, result: AttributionResult, preferred: number | null): void {
  const text = writtenText(result.request.prompt);
  const tokens = swappableTokens(result);
  if (draft.of !== text) Object.assign(draft, { of: text, text, token: null, word: "", wrong: "" });
  if (tokens.length === 0 && draft.way === "token") draft.way = "text";
  if (draft.word !== "" && draft.token !== null) return;
  const wanted = tokens.find(({ token }) => token.index === preferred) ?? null;
  if (wanted !== null) draft.token = wanted.token.index;
  else draft.token ??= strongest(result, tokens);
}

/** The token that the heat calls strongest. */
function strongest(result: AttributionResult, tokens: readonly SwappableToken[]): number | null {
  const scores = tokenScores(result);
  const size = ({ token }: SwappableToken) => Math.abs(scores[token.index] ?? 0);
  const [first, ...rest] = tokens;
  if (first === undefined) return null;
  return rest.reduce((best, each) => (size(each) > size(best) ? each : best), first).token.index;
}

/** The other prompt as it stands in the form; null: there is none yet. */
export function draftedOther(draft: OtherDraft, result: AttributionResult): ComparedPrompt | null {
  if (draft.way === "explanation") {
    return draft.explanation === null ? null : { from: "explanation", id: draft.explanation };
  }
  const text = draft.way === "text" ? draft.text : withWord(draft, result);
  return text === null || text === "" || text === draft.of ? null : { from: "text", text };
}

function withWord({ token, word, of }: OtherDraft, result: AttributionResult): string | null {
  const place = swappableTokens(result).find((each) => each.token.index === token);
  return place === undefined || word === "" ? null : swapped(of, place, word);
}

/** The question for pairs like the explained prompt and the other one. */
export function templateQuestion({ wrong }: OtherDraft, other: ComparedPrompt): SideQuestion {
  return { side: "template", ask: "pair_template", other, wrong: wrong === "" ? null : wrong };
}

/** What is asked by the form as it stands; null: there is no other prompt in it yet. */
export function draftedQuestion(draft: PatchDraft, result: AttributionResult): PatchQuestion | null {
  const other = draftedOther(draft, result);
  if (other === null) return null;
  const { site, grid, direction, metric, wrong } = draft;
  return {
    other,
    wrong: wrong === "" || !comparesAnswers(metric) ? null : wrong,
    site,
    grid: SITES[site].grids.includes(grid) ? grid : SITES[site].grids[0],
    direction,
    metric,
    layers: null,
    heads: null,
  };
}

/** Puts a word that fits in the place of the one that did not; `other`: the text that it stood in. False: there is no such place. */
export function takeWord(
  draft: OtherDraft,
  result: AttributionResult,
  other: ComparedPrompt | null,
  word: string,
): boolean {
  const tokens = swappableTokens(result);
  const place =
    draft.way === "token"
      ? tokens.find(({ token }) => token.index === draft.token)
      : firstDifferent(tokens, draft.of, other?.from === "text" ? other.text : draft.text);
  if (place === undefined) return false;
  Object.assign(draft, { way: "token", token: place.token.index, word });
  return true;
}

/** What an answer was asked by, for who did not keep the question; null: more than the last message was another. */
export function questionBehind({ request }: PatchResult): PatchQuestion | null {
  const [{ clean, corrupted, wrong }] = request.pairs;
  const [{ site, grid }] = request.sites;
  const begun = (prompt: Prompt) => (prompt.form === "text" ? null : prompt.messages.slice(0, -1));
  if (JSON.stringify(begun(clean)) !== JSON.stringify(begun(corrupted))) return null;
  return {
    other: { from: "text", text: writtenText(corrupted) },
    wrong: typeof wrong === "string" ? wrong : null,
    site,
    grid: grid ?? SITES[site].grids[0],
    direction: request.direction,
    metric: request.metric,
    layers: request.layers,
    heads: request.heads,
  };
}
