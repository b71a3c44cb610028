declare const __ISSUER_URL__: string;
declare const __EDGE_URL__: string;
declare const __WITH_SERVICES__: boolean;

/** URLs of the services. Constants of the build, because the Content-Security-Policy has them. */
export const issuerUrl = __ISSUER_URL__;
export const edgeUrl = __EDGE_URL__;

/** False in a build of the inspector alone, which connects to no service. */
export const withServices = __WITH_SERVICES__;
