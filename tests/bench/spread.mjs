/** Times in milliseconds as one phrase: the middle one, and the one that 19 of 20 stay below. */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  const shown = (value) => (value < 10 ? value.toFixed(1) : String(Math.round(value)));
  return `p50 ${shown(at(0.5))} ms, p95 ${shown(at(0.95))} ms`;
}
