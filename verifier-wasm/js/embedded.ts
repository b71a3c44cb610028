/** First character of the alphabet of scripts/encode.mjs. */
const FIRST = 35;
/** The backslash, which is not in it. */
const BACKSLASH = 92;
/** Digits below this number are bytes; the two others add once or twice as much to the next. */
const RANGE = 89;

/**
 * Compiles a module from its text form.
 *
 * Of the text forms for bytes this one is the smallest, plain and compressed: base64 hides
 * repetitions from the compressor, and hexadecimal digits take twice the bytes.
 */
export function compileText(text: string): WebAssembly.Module {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  let shift = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const digit = code - FIRST - (code > BACKSLASH ? 1 : 0);
    if (digit < RANGE) {
      bytes[length] = shift + digit;
      length += 1;
      shift = 0;
    } else {
      shift = (digit - RANGE + 1) * RANGE;
    }
  }
  return new WebAssembly.Module(bytes.subarray(0, length));
}
