import type { GlobalType } from "./global-types.js";

/** What a request for keys says. */
export interface JwksRequest {
  readonly headers: { readonly accept: string };
  readonly redirect: "manual";
  readonly cache?: "no-store";
  readonly signal: GlobalType<"AbortSignal">;
}

/** What is read of the answer to it; a `Response` has all of this. */
export interface JwksResponse {
  readonly type: string;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): JwksReader } | null;
}

interface JwksReader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** `fetch`, or what stands in for it. */
export type JwksFetch = (url: string, request: JwksRequest) => Promise<JwksResponse>;
