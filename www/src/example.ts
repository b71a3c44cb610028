// The token and the key that a visitor sees first. The private key was deleted after it had signed
// this one token, which is valid until 2100 so that the page can verify it at any time.

const header =
  "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6Im1MNXFDX2xER1ZOSmRGSHFpZnNQN1ZsOU8yWVFm" +
  "UlJ2WF9yM3ZLTjVfVU0ifQ";

const payload =
  "eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjo0MTAyNDQ0ODAwLCJpYXQiOjE3NjcyMjU2MDAsImp0aSI6" +
  "IjBmNmIxZjNjOWEwZTRkNWI4YzdkMmUxZjAwMTEyMjMzIiwidXNlcl9pZCI6MSwidXNlcm5hbWUiOiJ0ZXN0" +
  "dXNlciIsImVtYWlsIjoidGVzdEBleGFtcGxlLmNvbSIsInJvbGUiOiJpbnN0cnVjdG9yIiwicHJlbWl1bSI6" +
  "dHJ1ZX0";

const signature =
  "ZZfVjNQ9AsXldSmbCDdevPCFevgLiCd88zUd0UtRO44YYCjdJN9J4j_lm0XLiYZvqreN9JyMweKrg6vmR3Zs" +
  "m2KryYzhc8sROOF92lVUUL8NOtNh0NwfWQJd2Bt496cwVa5h0gHVoUmC97yZCSAFQTF4KdbeBubSBqXj8vIm" +
  "OzPz2NYJekE-5-JluFX5M9kmpk-aXpNkP5DUJqqo9G1-XGdnE15E9m4FSrBirOr-hijltjPO33irMmsWCG-9" +
  "TI-IwoqA4CiLiTiGjbZVm9nWJc61bxl4TBLmOQWvLnQ0vZ5GVY1twMh_vcp9DkgEW-hwuMAu24AUKq3_FBc5" +
  "teC70w";

const n =
  "qxbRnyLT1Oe0tpp6RI87hmoDj_IZTIShcxVfqFKB93SUXxliL1s0dj2AtnvbQvmCpk9eeM7wYPVdDUNSpjQJ" +
  "qrGk9gl0CXqA59IaOQlfRIBZUglU6LO3NIdLNUUrywZ7ZVmBpzFlmYPxihs_hRR7ASA8rMZW04IA7dpgySro" +
  "sUiAvVLq5e9QcairzCsvgypS1cohz-zuPkAoUkopIwkcg8z6wA130Izhwr41Ik1LUAgrkgyBDr8XZcSxYUxB" +
  "JEsLm4EoMF7skrXm3varTywbdcX4yt1yUEX-03ZItjdYg3s1kXLX5BlTAY495Awij6g6Mv-RskDPOxymWkAe" +
  "any5Mw";

const key = {
  kty: "RSA",
  n,
  e: "AQAB",
  kid: "mL5qC_lDGVNJdFHqifsP7Vl9O2YQfRRvX_r3vKN5_UM",
  alg: "RS256",
  use: "sig",
};

/** The texts of the fields. */
export const EXAMPLE = {
  token: `${header}.${payload}.${signature}`,
  keys: JSON.stringify({ keys: [key] }, null, 2),
} as const;

/** Parts of these texts that no other text has. In characters. */
const UNIQUE = 40;

/** Whether a text is a changed copy of a text of the example. */
export function isChangedCopy(text: string, original: string): boolean {
  const words = original.split(/[^\w-]+/).filter(({ length }) => length >= UNIQUE);
  return words.some((word) => text.includes(word));
}
