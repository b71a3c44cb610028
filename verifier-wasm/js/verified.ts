/** The JOSE header of an accepted token (RFC 7515, section 4). */
export interface Header {
  alg: "RS256";
  typ?: string;
  kid?: string;
  [name: string]: unknown;
}

/** The claims of an accepted token (RFC 7519, section 4): those that were checked, and whatever else it carries. */
export interface Claims {
  /** Seconds since 1970 in UTC. */
  exp: number;
  token_type: "access" | "refresh";
  nbf?: number;
  iat?: number;
  iss?: string;
  aud?: string | string[];
  jti?: string;
  [name: string]: unknown;
}

export interface VerifiedToken {
  header: Header;
  claims: Claims;
}
