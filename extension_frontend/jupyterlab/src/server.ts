import { type FetchJson, HttpFailure } from "@glasspane/core";
import { ServerConnection } from "@jupyterlab/services";

/** The Jupyter server's REST API under its base URL, with the session's token. */
export function fetchFrom(settings: ServerConnection.ISettings): FetchJson {
  return async (path, init = {}) => {
    const response = await ServerConnection.makeRequest(
      settings.baseUrl + path,
      {
        method: init.method ?? "GET",
        ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
        ...(init.signal === undefined ? {} : { signal: init.signal }),
      },
      settings,
    );
    const text = await response.text();
    const body = parsed(text);
    if (!response.ok) throw new HttpFailure(response.status, body ?? text);
    return body;
  };
}

function parsed(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
