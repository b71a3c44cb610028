import { parsed } from "./bare.js";
import { VerificationError } from "./errors.js";
import { inflated } from "./inflate.js";
import type { Instance } from "./instance.js";
import { Keyed } from "./keyed.js";
import type { Policy } from "./options.js";
import { StatusListError } from "./status-list-error.js";
import { Reply } from "./wire.js";

/** The longest list that is looked at. */
const MAX_LIST_BYTES = 1_048_576;

/** A little more: enough to be refused for its length. */
const PASSED_ON = MAX_LIST_BYTES + 1;

/** Most bytes of a list when inflated: 16 million statuses of one bit. */
const MOST_BYTES = 2_097_152;

const encoder = new TextEncoder();

/** The claims of a list that was verified: the verifier has read them more strictly than `JSON.parse` does. */
interface ListClaims {
  iat: number;
  exp?: number;
  ttl?: number;
  status_list: { bits: 1 | 2 | 4 | 8; lst: string };
}

/** A list that was verified and inflated. */
export class StatusList {
  readonly #bits: number;
  readonly #bytes: Uint8Array;
  /** Unix times, and seconds for which a copy may be kept. */
  readonly issuedAt: number;
  readonly expiresAt: number | undefined;
  readonly ttl: number | undefined;

  constructor({ iat, exp, ttl, status_list: { bits } }: ListClaims, bytes: Uint8Array) {
    this.#bits = bits;
    this.#bytes = bytes;
    this.issuedAt = iat;
    this.expiresAt = exp;
    this.ttl = ttl;
  }

  /** The status at a place (draft-ietf-oauth-status-list, section 4.1); undefined beyond the end. */
  at(idx: number): number | undefined {
    const perByte = 8 / this.#bits;
    const byte = this.#bytes[Math.floor(idx / perByte)];
    return byte === undefined ? undefined : (byte >> ((idx % perByte) * this.#bits)) & (0xff >> (8 - this.#bits));
  }
}

/** Verifies lists with one key set. */
export class ListVerifier {
  /** The key text. */
  readonly keys: string;
  readonly #keyed: Keyed;

  /** @throws {KeyError} when the keys cannot be used */
  constructor(instance: Instance, keys: string, policy: Policy) {
    this.keys = keys;
    this.#keyed = new Keyed(instance, keys, policy);
  }

  /**
   * @param list a JWT of the type `statuslist+jwt`
   * @param uri the address that it must be for
   * @param now Unix time in seconds
   * @throws {VerificationError} when it is refused
   * @throws {StatusListError} when it cannot be inflated
   */
  async verify(list: string, uri: string, now: number): Promise<StatusList> {
    const claims = this.#verified(list, uri, now);
    if (typeof DecompressionStream === "undefined") {
      throw new StatusListError("status_list_unsupported", {});
    }
    const compressed = bytesOf(claims.status_list.lst);
    let bytes: Uint8Array | undefined;
    try {
      bytes = await inflated(compressed, MOST_BYTES);
    } catch (cause) {
      throw new StatusListError("status_list_invalid", { reason: "not_zlib" }, cause);
    }
    if (bytes === undefined) {
      throw new StatusListError("status_list_too_large", { limit: MOST_BYTES });
    }
    return new StatusList(claims, bytes);
  }

  free(): void {
    this.#keyed.free();
  }

  #verified(list: string, uri: string, now: number): ListClaims {
    const [text, address] = [encoder.encode(list.slice(0, PASSED_ON)), encoder.encode(uri)];
    const { refusal, claims } = this.#keyed.run((exports, verifier, policy) => {
      const at = exports.buffer(text.length + address.length) >>> 0;
      const room = new Uint8Array(exports.memory.buffer, at);
      room.set(text);
      room.set(address, text.length);
      const reply = new Reply(exports, exports.status_list!(verifier, text.length, address.length, now), policy, now);
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

/** The bytes of strict base64url, which the verifier has found it to be. */
function bytesOf(base64url: string): Uint8Array {
  return Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
}
