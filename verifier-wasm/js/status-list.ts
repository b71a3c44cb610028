import { bare, parsed } from "./bare.js";
import { readAtMost } from "./download.js";
import { VerificationError } from "./errors.js";
import type { Instance } from "./instance.js";
import { LoadedKeys } from "./loaded-keys.js";
import type { Policy } from "./options.js";
import { StatusListError } from "./status-list-error.js";
import { Reply } from "./wire.js";

/** The longest list that is verified. */
const MAX_LIST_BYTES = 1_048_576;

/** One more, so that the module still reports a longer list. */
const MAX_LIST_PASSED = MAX_LIST_BYTES + 1;

/** Maximum size of an inflated list: 16 million statuses of one bit. */
const MAX_INFLATED_BYTES = 2_097_152;

/** Bytes that are inflated at a time; zlib expands them a thousandfold at most. */
const CHUNK = 2048;

/** The claims of a verified list; the module has checked their types. */
interface ListClaims {
  iat: number;
  exp?: number;
  ttl?: number;
  status_list: { bits: 1 | 2 | 4 | 8; lst: string };
}

/** A verified and inflated list. */
export class StatusList {
  readonly #bits: number;
  readonly #bytes: Uint8Array;
  /** Unix time in seconds. */
  readonly issuedAt: number;
  /** Unix time in seconds. */
  readonly expiresAt: number | undefined;
  /** Seconds for which the list may be cached. */
  readonly ttl: number | undefined;

  constructor({ iat, exp, ttl, status_list: { bits } }: ListClaims, bytes: Uint8Array) {
    this.#bits = bits;
    this.#bytes = bytes;
    this.issuedAt = iat;
    this.expiresAt = exp;
    this.ttl = ttl;
  }

  /**
   * Returns the status at an index (draft-ietf-oauth-status-list, section 4.1); undefined beyond
   * the end.
   */
  at(idx: number): number | undefined {
    const perByte = 8 / this.#bits;
    const byte = this.#bytes[Math.floor(idx / perByte)];
    const mask = 0xff >> (8 - this.#bits);
    return byte === undefined ? undefined : (byte >> ((idx % perByte) * this.#bits)) & mask;
  }
}

/** Verifies lists with one key set. */
export class ListVerifier {
  /** The key text. */
  readonly keys: string;
  readonly #keys: LoadedKeys;

  /** @throws {KeyError} when the keys cannot be used */
  constructor(instance: Instance, keys: string, policy: Policy) {
    this.keys = keys;
    this.#keys = new LoadedKeys(instance, keys, policy);
  }

  /**
   * Verifies and inflates a list.
   *
   * @param list a JWT of the type `statuslist+jwt`
   * @param uri the required `sub`
   * @param now Unix time in seconds
   * @throws {VerificationError} when the list is refused
   * @throws {StatusListError} when it cannot be inflated
   */
  async verify(list: string, uri: string, now: number): Promise<StatusList> {
    const claims = this.#claims(list, uri, now);
    if (typeof DecompressionStream === "undefined") {
      throw new StatusListError("status_list_unsupported", {});
    }
    const compressed = decodeBase64url(claims.status_list.lst);
    let bytes: Uint8Array | undefined;
    try {
      bytes = await inflate(compressed, MAX_INFLATED_BYTES);
    } catch (cause) {
      throw new StatusListError("status_list_invalid", { reason: "not_zlib" }, cause);
    }
    if (bytes === undefined) {
      throw new StatusListError("status_list_too_large", { limit: MAX_INFLATED_BYTES });
    }
    return new StatusList(claims, bytes);
  }

  free(): void {
    this.#keys.free();
  }

  #claims(list: string, uri: string, now: number): ListClaims {
    const encoder = new TextEncoder();
    const text = encoder.encode(list.slice(0, MAX_LIST_PASSED));
    const sub = encoder.encode(uri);
    const { refusal, claims } = this.#keys.run((exports, verifier, policy) => {
      const offset = exports.buffer(text.length + sub.length) >>> 0;
      const buffer = new Uint8Array(exports.memory.buffer, offset);
      buffer.set(text);
      buffer.set(sub, text.length);
      const replied = exports.status_list!(verifier, text.length, sub.length, now);
      const reply = new Reply(exports, replied, policy, now);
      const refusal = reply.refusal();
      return refusal === undefined
        ? { refusal, claims: parsed(reply.payload()) as ListClaims }
        : { refusal, claims: undefined };
    });
    if (claims === undefined) {
      throw new VerificationError(refusal.code, refusal.details as never);
    }
    return claims;
  }
}

/** Decodes base64url that the module has checked. */
function decodeBase64url(text: string): Uint8Array {
  const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/**
 * Inflates zlib (RFC 1950) with the engine's `DecompressionStream`.
 *
 * @returns undefined when the result has more than `limit` bytes
 * @throws {TypeError} when the input is not zlib
 */
async function inflate(compressed: Uint8Array, limit: number): Promise<Uint8Array | undefined> {
  let offset = 0;
  // Some engines inflate a whole chunk before the first byte is read, so chunks are small.
  const source: UnderlyingDefaultSource<Uint8Array<ArrayBuffer>> = {
    pull(controller) {
      controller.enqueue(compressed.slice(offset, offset + CHUNK));
      offset += CHUNK;
      if (offset >= compressed.length) {
        controller.close();
      }
    },
  };
  const inflated = new ReadableStream(bare(source)).pipeThrough(new DecompressionStream("deflate"));
  const bytes = await readAtMost(limit, inflated.getReader());
  return bytes?.slice();
}
