import { GlasspaneFailure } from "@glasspane/core";

/** A server as the settings name it, without what must not be printed. */
export interface NamedServer {
  /** Ends with a slash. */
  readonly url: string;
  /** The token within the address, if someone pasted it whole; else empty. */
  readonly token: string;
}

/** Jupyter prints its address with a page and a token: only the server is meant. Raises what a person can mend. */
export function namedServer(given: unknown): NamedServer | null {
  if (typeof given !== "string" || given.trim() === "") return null;
  let address: URL;
  try {
    address = new URL(given.trim());
  } catch {
    throw notAnAddress();
  }
  if (!/^https?:$/.test(address.protocol)) throw notAnAddress();
  const base = address.pathname.replace(/\/(?:lab|tree|notebooks|edit)(?:\/.*)?$/, "/").replace(/\/*$/, "/");
  return { url: address.origin + base, token: address.searchParams.get("token") ?? "" };
}

function notAnAddress(): GlasspaneFailure {
  return GlasspaneFailure.of(
    "bad_request",
    "The setting glasspane.serverUrl is not the address of a server.",
    "Write it as http://127.0.0.1:8888/, or leave it empty: Glasspane then starts its own.",
  );
}
