declare const __ISSUER_URL__: string;
declare const __EDGE_URL__: string;
declare const __WITH_SERVICES__: boolean;

/** Addresses of the services, fixed when the page is built because the Content-Security-Policy names them. */
export const issuerUrl = __ISSUER_URL__;
export const edgeUrl = __EDGE_URL__;

/** False in a build of the inspector alone: it names no service, and may not connect to any. */
export const withServices = __WITH_SERVICES__;
