import type { GlobalType } from "./platform-types.js";

/** `fetch`, or a function that replaces it. */
export type Fetch = (url: string, request: FetchRequest) => Promise<FetchResponse>;

/** The options of a request for a document. */
export interface FetchRequest {
  readonly headers: { readonly accept: string };
  readonly redirect: "manual";
  readonly cache?: "no-store";
  readonly signal: GlobalType<"AbortSignal">;
}

/** The members of a `Response` that are read. */
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
