// The task of every consumer: each entry accepts a valid token and refuses a tampered one.

/** The verdict as a short text: `user 1`, or the code of a refusal. */
async function verdict(verify) {
  try {
    const { claims } = await verify();
    return `user ${claims.user_id}`;
  } catch (error) {
    return error.code ?? `${error.name}: ${error.message}`;
  }
}

/** @returns one line for each entry: `["user 1", "signature_invalid"]` is as it should be */
export async function tryEverything(
  { main, slim, jwks, slimJwks, explain, status, texts },
  { keySet, good, bad, now, jwksUrl, listUri },
  init,
) {
  const both = async (verify) => [
    await verdict(() => verify(good)),
    await verdict(() => verify(bad)),
  ];
  const outcome = {};
  const verifier = main.createVerifier(keySet);
  outcome.main = await both((token) => verifier.verify(token, { now }));
  outcome.early = await verdict(() => slim.createVerifier(keySet).verify(good, { now }));
  const initialised = [slim.init(init), slim.init()];
  await Promise.all(initialised);
  await slim.init();
  const slimVerifier = slim.createVerifier(keySet);
  outcome.slim = await both((token) => slimVerifier.verify(token, { now }));
  const remote = jwks.createRemoteJwks(jwksUrl);
  outcome.jwks = await both((token) => remote.verify(token, { now }));
  const slimRemote = slimJwks.createRemoteJwks(jwksUrl);
  outcome.slimJwks = await both((token) => slimRemote.verify(token, { now }));
  const explainer = explain.createExplainer(keySet);
  outcome.explain = explainer
    .explain(bad, { now })
    .steps.find(({ outcome }) => outcome === "failed").check;
  const lists = status.createStatusLists(remote, { allowed: listUri, clock: () => now });
  outcome.status = await Promise.all(
    [1, 2, 3].map(
      async (idx) =>
        (await lists.statusOf({ status: { status_list: { uri: listUri, idx } } })).status,
    ),
  );
  outcome.revoked = await verdict(() =>
    lists.check({ status: { status_list: { uri: listUri, idx: 2 } } }),
  );
  outcome.texts = texts.codeTexts.signature_invalid.en;
  return outcome;
}

const right = ["user 1", "signature_invalid"];

export const expected = {
  main: right,
  early: "Error: await init() before anything else is called",
  slim: right,
  jwks: right,
  slimJwks: right,
  explain: "signature",
  status: ["valid", "invalid", "suspended"],
  revoked: "token_revoked",
  texts: "The signature is not valid",
};
