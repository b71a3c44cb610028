declare const __ISSUER_URL__: string;
declare const __EDGE_URL__: string;

/** Addresses of the services, fixed when the page is built because the Content-Security-Policy names them. */
export const issuerUrl = __ISSUER_URL__;
export const edgeUrl = __EDGE_URL__;
