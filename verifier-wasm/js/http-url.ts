/** Parses an http or https URL without user and password; returns undefined for all else. */
export function httpUrl(text: unknown, base?: string): URL | undefined {
  if (typeof text !== "string") {
    return undefined;
  }
  let url: URL;
  try {
    url = new URL(text, base);
  } catch {
    return undefined;
  }
  const isAllowed = /^https?:$/.test(url.protocol) && url.username + url.password === "";
  return isAllowed ? url : undefined;
}
