/** What the log has of an error: its name and where it came from; what it says may hold a prompt. */
export function traceOf(failure: unknown): string {
  if (!(failure instanceof Error)) return `a ${typeof failure} was thrown`;
  const { name, message, stack = "" } = failure;
  const said = stack.indexOf(message);
  return name + (said < 0 ? "" : stack.slice(said + message.length));
}
