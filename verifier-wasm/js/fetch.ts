import type { GlobalType } from "./global-types.js";

/** What a request for a document says. */
export interface FetchRequest {
  readonly headers: { readonly accept: string };
  readonly redirect: "manual";
  readonly cache?: "no-store";
  readonly signal: GlobalType<"AbortSignal">;
}

/** What is read of the answer to it; a `Response` has all of this. */
export interface FetchResponse {
  readonly type: string;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): Reader } | null;
}

export interface Reader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** `fetch`, or what stands in for it. */
export type Fetch = (url: string, request: FetchRequest) => Promise<FetchResponse>;
