// The text form of a module inside the JavaScript; js/decode.ts decodes it.

/** The alphabet: printable ASCII from "#" on, without the backslash, which would be escaped. */
const FIRST = "#".charCodeAt(0);
const BACKSLASH = "\\".charCodeAt(0);

/** Bytes below this number take one character; the others take a shift and a character. */
const RANGE = 89;

/** Encodes bytes. */
export function encoded(bytes) {
  const character = (digit) => {
    const code = FIRST + digit;
    return String.fromCharCode(code < BACKSLASH ? code : code + 1);
  };
  return Array.from(bytes, (byte) => {
    const shift = Math.floor(byte / RANGE);
    return (shift > 0 ? character(RANGE + shift - 1) : "") + character(byte % RANGE);
  }).join("");
}
