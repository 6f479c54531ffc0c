/** The residual stream in words and measures. */
import { MatrixNumbers } from "../../matrix_numbers.js";
import type { Contribution, ResidualStream, Token } from "../../protocol.js";
import { percent, quoted } from "../figures.js";

/** Sizes of a {@link ResidualStream}, decoded: [layer (+ 1), token]. */
export interface StreamSizes {
  readonly stream: MatrixNumbers;
  readonly attention: MatrixNumbers;
  readonly mlp: MatrixNumbers;
}

export function streamSizes(answer: ResidualStream): StreamSizes {
  return {
    stream: MatrixNumbers.decode(answer.stream),
    attention: MatrixNumbers.decode(answer.attention_relative),
    mlp: MatrixNumbers.decode(answer.mlp_relative),
  };
}

/** Radius of a token's dot, in units of the chart: grows by the same for every doubling within the drawing. */
export function radiusOf(size: number, smallest: number, largest: number): number {
  if (!(size > 0) || !(smallest > 0) || largest <= smallest) return 3;
  return 2 + 4.5 * (Math.log(size / smallest) / Math.log(largest / smallest));
}

/** "“ is” takes 41 % of what it reads from “ France”" */
export function contributionSentence(
  { source, target, share }: Contribution,
  tokens: readonly Token[],
): string {
  const name = (index: number) => quoted(tokens[index]?.text ?? "");
  const from = source === target ? "itself" : name(source);
  return `${name(target)} takes ${percent(share)} of what it reads from ${from}`;
}

/** What is said of one dot. */
export function dotSentence(
  { stream, attention, mlp }: StreamSizes,
  layer: number,
  token: number,
  tokens: readonly Token[],
): string {
  const name = quoted(tokens[token]?.text ?? "");
  const size = stream.at(layer, token);
  const start = stream.at(0, token);
  const grown = start > 0 ? `, ${times(size / start)} its start` : "";
  if (layer >= attention.rows) return `${name} after the last layer: size ${size.toFixed(1)}${grown}`;
  return `${name} entering layer ${layer}: size ${size.toFixed(1)}${layer === 0 ? "" : grown}; here attention writes ${percent(attention.at(layer, token))} of that, the MLP ${percent(mlp.at(layer, token))}`;
}

function times(factor: number): string {
  return `${factor >= 9.95 ? factor.toFixed(0) : factor.toFixed(1)} ×`;
}
