/** A view living in a host's element. */
export interface Mounted<State> {
  update(state: State): void;
  /** Empties the element and drops every listener. */
  dispose(): void;
}
