import { bare } from "./bare.js";
import { bytesWithin } from "./download.js";

/** Compressed bytes that are handed over at a time: inflated, they are at most a thousand times as many. */
const PIECE = 2048;

/**
 * Inflates zlib (RFC 1950) with the engine's `DecompressionStream`.
 *
 * @returns undefined when there are more bytes than the limit
 * @throws {TypeError} when it is not zlib
 */
export async function inflated(compressed: Uint8Array, limit: number): Promise<Uint8Array | undefined> {
  let at = 0;
  // Some engines inflate all that they are given before the first byte is read, so they are given
  // little.
  const source: UnderlyingDefaultSource<Uint8Array<ArrayBuffer>> = {
    pull(controller) {
      controller.enqueue(compressed.slice(at, at + PIECE));
      at += PIECE;
      if (at >= compressed.length) {
        controller.close();
      }
    },
  };
  const pieces = new ReadableStream(bare(source));
  const bytes = await bytesWithin(limit, pieces.pipeThrough(new DecompressionStream("deflate")).getReader());
  return bytes?.slice();
}
