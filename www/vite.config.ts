import { defineConfig, type Plugin } from "vite";

const headers = {
  // What a meta element cannot say.
  "Content-Security-Policy": "frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** The address of a service, without a slash at its end. */
function serviceUrl(variable: string, fallback: string): string {
  const text = process.env[variable] || fallback;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !["http:", "https:"].includes(url.protocol) ||
    url.search !== "" ||
    url.hash !== ""
  ) {
    console.error(
      `error: ${variable} must be an http(s) address such as ${fallback}; ` +
        `got ${JSON.stringify(text)}`,
    );
    process.exit(1);
  }
  return url.href.replace(/\/+$/, "");
}

/** Allows this page's own scripts only, and connections to its services only. */
function contentSecurityPolicy(services: string[]): Plugin {
  const origins = [...new Set(services.map((url) => new URL(url).origin))];
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src ${origins.length === 0 ? "'none'" : origins.join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
  return {
    name: "content-security-policy",
    // The development server injects its own styles and WebSocket.
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: () => [
        {
          tag: "meta",
          attrs: { "http-equiv": "Content-Security-Policy", content: policy },
          injectTo: "head-prepend",
        },
      ],
    },
  };
}

/** `--mode inspector` builds the page without the flow and without connections. */
export default defineConfig(({ mode }) => {
  const services =
    mode === "inspector"
      ? []
      : [
          serviceUrl("ISSUER_URL", "http://localhost:8000"),
          serviceUrl("EDGE_URL", "http://localhost:8001"),
        ];
  const [issuer = "", edge = ""] = services;
  return {
    define: {
      __ISSUER_URL__: JSON.stringify(issuer),
      __EDGE_URL__: JSON.stringify(edge),
      __WITH_SERVICES__: JSON.stringify(services.length > 0),
    },
    plugins: [contentSecurityPolicy(services)],
    // The polyfill would fetch from this page's own origin, which the policy does not allow;
    // browsers with wasm need none.
    build: { target: "es2022", modulePreload: { polyfill: false } },
    server: { host: "127.0.0.1", port: 8080, strictPort: true },
    preview: { host: "127.0.0.1", port: 8080, strictPort: true, headers },
  };
});
