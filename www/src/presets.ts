import type { VerifierOptions } from "@dojang/verifier/explain";

/** The policy for the tokens of an issuer. Parts in angle brackets are placeholders. */
export interface Preset {
  id: string;
  name: string;
  options: VerifierOptions;
  /** Where the issuer publishes its keys. */
  keys: string;
  /** What the policy does not decide, in Korean and English. */
  note: readonly [string, string];
}

/** The placeholders in a text, such as `<TENANT>`. */
export function placeholdersIn(text: string): string[] {
  return text.match(/<[A-Z_]+>/g) ?? [];
}

const scopesOrRoles = [
  "검증 뒤 scp나 roles를 보세요. 둘 다 없는 토큰에는 권한이 없습니다.",
  "Check scp or roles after the verification. A token with neither grants nothing.",
] as const;

export const PRESETS: readonly Preset[] = [
  {
    id: "auth0",
    name: "Auth0",
    options: {
      issuer: "https://<TENANT>.auth0.com/",
      audience: "<API_IDENTIFIER>",
      tokenType: null,
    },
    keys: "https://<TENANT>.auth0.com/.well-known/jwks.json",
    note: [
      "iss는 /로 끝납니다. 권한은 scope와 permissions에 있습니다.",
      "iss ends with a slash. Permissions are in scope and permissions.",
    ],
  },
  {
    id: "keycloak",
    name: "Keycloak",
    options: {
      issuer: "https://<HOST>/realms/<REALM>",
      audience: "<API>",
      tokenType: null,
    },
    keys: "https://<HOST>/realms/<REALM>/protocol/openid-connect/certs",
    note: [
      "aud에 API를 넣으려면 audience mapper가 필요합니다. 검증 뒤 클레임 typ가 Bearer인지 비교하세요.",
      "An audience mapper puts the API into aud. Compare the claim typ with Bearer after the verification.",
    ],
  },
  {
    id: "cognito",
    name: "Amazon Cognito",
    options: {
      issuer: "https://cognito-idp.<REGION>.amazonaws.com/<POOL>",
      anyAudience: true,
      tokenType: null,
      requiredClaims: ["client_id", "token_use"],
    },
    keys: "https://cognito-idp.<REGION>.amazonaws.com/<POOL>/.well-known/jwks.json",
    note: [
      "액세스 토큰에는 aud가 없습니다. 검증 뒤 token_use가 access인지, client_id가 여러분의 앱인지 비교하세요.",
      "Access tokens have no aud. After the verification, compare token_use with access, and client_id with your app.",
    ],
  },
  {
    id: "entra-v2",
    name: "Microsoft Entra ID v2.0",
    options: {
      issuer: "https://login.microsoftonline.com/<TENANT_ID>/v2.0",
      audience: "<API_CLIENT_ID>",
      tokenType: null,
      requiredClaims: ["azp"],
    },
    keys: "https://login.microsoftonline.com/<TENANT_ID>/discovery/v2.0/keys",
    note: scopesOrRoles,
  },
  {
    id: "entra-v1",
    name: "Microsoft Entra ID v1.0",
    options: {
      issuer: "https://sts.windows.net/<TENANT_ID>/",
      audience: ["<API_CLIENT_ID>", "<APPLICATION_ID_URI>"],
      tokenType: null,
      requiredClaims: ["appid"],
    },
    keys: "https://login.microsoftonline.com/<TENANT_ID>/discovery/keys",
    note: scopesOrRoles,
  },
  {
    id: "google",
    name: "Google (ID token)",
    options: {
      issuer: ["https://accounts.google.com", "accounts.google.com"],
      audience: "<CLIENT_ID>.apps.googleusercontent.com",
      tokenType: null,
      requiredClaims: ["sub"],
    },
    keys: "https://www.googleapis.com/oauth2/v3/certs",
    note: [
      "한 조직의 사용자만 받는다면 검증 뒤 hd를 그 도메인과 비교하세요.",
      "For the users of one organization, compare hd with its domain after the verification.",
    ],
  },
  {
    id: "firebase",
    name: "Firebase (ID token)",
    options: {
      issuer: "https://securetoken.google.com/<PROJECT_ID>",
      audience: "<PROJECT_ID>",
      tokenType: null,
      requiredClaims: ["sub", "auth_time"],
    },
    keys: "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
    note: [
      "검증 뒤 sub가 비어 있지 않은지, auth_time이 지난 시각인지 보세요.",
      "After the verification, check that sub is not empty and auth_time lies in the past.",
    ],
  },
  {
    id: "okta",
    name: "Okta",
    options: {
      issuer: "https://<DOMAIN>/oauth2/<SERVER>",
      audience: "<AUDIENCE>",
      tokenType: null,
      requiredClaims: ["cid"],
    },
    keys: "https://<DOMAIN>/oauth2/<SERVER>/v1/keys",
    note: [
      "사용자 지정 인가 서버의 액세스 토큰입니다. 검증 뒤 scp와 cid를 보세요.",
      "For access tokens of a custom authorization server. Check scp and cid after the verification.",
    ],
  },
  {
    id: "clerk",
    name: "Clerk",
    options: {
      issuer: "https://<FRONTEND_API>",
      anyAudience: true,
      tokenType: null,
      requiredClaims: ["sub", "sid"],
    },
    keys: "https://<FRONTEND_API>/.well-known/jwks.json",
    note: [
      "세션 토큰에는 aud가 없습니다. 검증 뒤 azp가 여러분의 출처인지 비교하고, sts가 pending이면 거부하세요.",
      "Session tokens have no aud. After the verification, compare azp with your origins, and refuse an sts of pending.",
    ],
  },
  {
    id: "supabase",
    name: "Supabase",
    options: {
      issuer: "https://<PROJECT>.supabase.co/auth/v1",
      audience: "authenticated",
      tokenType: null,
      requiredClaims: ["session_id"],
    },
    keys: "https://<PROJECT>.supabase.co/auth/v1/.well-known/jwks.json",
    note: [
      "서명 키가 RSA인 프로젝트의 토큰입니다. 익명 사용자의 토큰에는 is_anonymous: true가 있습니다.",
      "For projects with an RSA signing key. Tokens of anonymous users have is_anonymous: true.",
    ],
  },
  {
    id: "github-actions",
    name: "GitHub Actions",
    options: {
      issuer: "https://token.actions.githubusercontent.com",
      audience: "<AUDIENCE>",
      tokenType: null,
      requiredClaims: ["repository_id", "ref"],
    },
    keys: "https://token.actions.githubusercontent.com/.well-known/jwks",
    note: [
      "어느 저장소든 이 대상의 토큰을 받을 수 있습니다. 검증 뒤 repository_id와 ref를 비교하세요.",
      "Any repository can get a token for this audience. Compare repository_id and ref after the verification.",
    ],
  },
  {
    id: "kubernetes",
    name: "Kubernetes",
    options: {
      issuer: "<CLUSTER_ISSUER>",
      audience: "<AUDIENCE>",
      tokenType: null,
      requiredClaims: ["kubernetes.io"],
    },
    keys: "kubectl get --raw /openid/v1/jwks",
    note: [
      "iss는 클러스터마다 다르고, 흔히 https://kubernetes.default.svc.cluster.local입니다. 검증 뒤 sub를 서비스 계정과 비교하세요.",
      "The cluster determines iss, often https://kubernetes.default.svc.cluster.local. Compare sub with the service account after the verification.",
    ],
  },
];
