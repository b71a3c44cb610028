// Every entry of the package, by its name.

export * as main from "@dojang/verifier";
export * as explain from "@dojang/verifier/explain";
export * as jwks from "@dojang/verifier/jwks";
export * as slim from "@dojang/verifier/slim";
export * as slimJwks from "@dojang/verifier/slim/jwks";
export * as status from "@dojang/verifier/status";
export * as texts from "@dojang/verifier/texts";
