import { KeyError } from "@dojang/verifier";
import { codeTexts } from "@dojang/verifier/texts";
import { ATTACKS, attacked, type Attack } from "./attacks.ts";
import { edgeUrl, issuerUrl } from "./config.ts";
import { byId, el } from "./dom.ts";
import { Inspector } from "./inspector.ts";
import { attackLabel, cannotReach, currentLang, label, showLanguage, tryAgainIn, type Lang } from "./labels.ts";
import { callProtected, RefusedError, UnreachableError, type Answer } from "./services.ts";
import { Session, type Verdict } from "./session.ts";
import { answerView, showMembers, showRawToken, showTimeLeft, verdictView } from "./view.ts";

let session: Session | undefined;
/** What is shown of the last verdict, so that the page only changes when the verdict does. */
let shownVerdict = "";
/** How each answer on the page is drawn, by the id of its place; drawn again in another language. */
const answers = new Map<string, () => void>();

const inspector = new Inspector();

const loginForm = byId<HTMLFormElement>("login-form");

loginForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = new FormData(loginForm);
  const [username, password] = [String(fields.get("username")), String(fields.get("password"))];
  problem("login-problem", "");
  if (username === "" || password === "") {
    problem("login-problem", label("missingField"));
    loginForm.querySelector<HTMLInputElement>(username === "" ? "[name=username]" : "[name=password]")?.focus();
    return;
  }
  void busy(loginForm, "login-problem", async () => {
    session = await Session.open(username, password);
    loginForm.reset();
    showSession();
    byId("token-title").focus();
  });
});

byId("refresh").addEventListener("click", (event) => {
  const current = session;
  if (current !== undefined) {
    void busy(event.currentTarget as HTMLElement, "token-problem", async () => {
      try {
        await current.refresh();
      } catch (error) {
        if (error instanceof RefusedError && error.answer.status === 401) {
          logOut(label("sessionEnded"));
          return;
        }
        throw error;
      }
      if (session === current) {
        showToken(current);
      }
    });
  }
});

byId("inspect-mine").addEventListener("click", () => {
  if (session !== undefined) {
    inspector.open(session.tokens.access, session.keys);
  }
});

byId("logout").addEventListener("click", () => logOut(""));

byId("call-edge").addEventListener("click", (event) => {
  const current = session;
  if (current !== undefined) {
    void busy(event.currentTarget as HTMLElement, "token-problem", async () => {
      const answer = await atEdge(current.tokens.access);
      showAnswer(current, "edge-answer", () => [answer()]);
    });
  }
});

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-lang]")) {
  button.addEventListener("click", () => changeLanguage(button.dataset["lang"] as Lang));
}

async function breakToken(current: Session, attack: Attack): Promise<void> {
  const token = attacked(attack, current.tokens);
  const verdict = current.verify(token);
  const answer = await atEdge(token);
  showAnswer(current, "attack-result", () => [
    el("div", "", el("h3", "", label("inBrowser")), verdictView(verdict), inspectButton(current, token)),
    el("div", "", el("h3", "", label("atEdge")), answer()),
  ]);
}

function inspectButton(current: Session, token: string): HTMLElement {
  const button = el("button", "inspect", label("inspectIt")) as HTMLButtonElement;
  button.type = "button";
  button.addEventListener("click", () => inspector.open(token, current.keys));
  return button;
}

/** Calls the edge; the result draws its answer, or that there was none. */
async function atEdge(token: string): Promise<() => HTMLElement> {
  try {
    const answer: Answer = await callProtected(token, currentLang());
    return () => answerView(answer);
  } catch (error) {
    return () => el("p", "problem", messageOf(error));
  }
}

/** Shows an answer, unless its session is over by now. */
function showAnswer(current: Session, id: string, draw: () => HTMLElement[]): void {
  if (session === current) {
    const redraw = () => byId(id).replaceChildren(...draw());
    redraw();
    answers.set(id, redraw);
  }
}

function showSession(): void {
  for (const id of ["token", "edge", "break"]) {
    byId(id).hidden = session === undefined;
  }
  byId("login").hidden = session !== undefined;
  byId("inspect-mine").hidden = session === undefined;
  if (session !== undefined) {
    byId("user").textContent = session.user.username;
    showToken(session);
  }
}

/** Shows everything about the access token of this moment. */
function showToken(current: Session): void {
  shownVerdict = "";
  showRawToken(current.tokens.access);
  showVerdict(current);
}

function showVerdict(current: Session): void {
  const verdict: Verdict = current.verify(current.tokens.access);
  if (verdict.accepted) {
    showTimeLeft(verdict.token.claims.exp, Date.now() / 1000);
  } else if (verdict.code === "token_expired") {
    byId("time-left").textContent = label("expired");
  }
  const shown = verdict.accepted ? "accepted" : verdict.code;
  if (shown !== shownVerdict) {
    shownVerdict = shown;
    byId("verdict").replaceChildren(verdictView(verdict));
    if (verdict.accepted) {
      showMembers("header", verdict.token.header);
      showMembers("claims", verdict.token.claims);
    }
  }
}

function logOut(message: string): void {
  session?.close();
  session = undefined;
  answers.clear();
  inspector.clear();
  for (const id of ["verdict", "header", "claims", "user", "time-left", "raw-token", "edge-answer", "attack-result"]) {
    byId(id).replaceChildren();
  }
  problem("token-problem", "");
  problem("login-problem", message);
  showSession();
  loginForm.querySelector<HTMLInputElement>("[name=username]")?.focus();
}

function changeLanguage(lang: Lang): void {
  showLanguage(lang);
  byId("attacks").replaceChildren(...ATTACKS.map(attackButton));
  problem("login-problem", "");
  problem("token-problem", "");
  if (session !== undefined) {
    showToken(session);
  }
  for (const redraw of answers.values()) {
    redraw();
  }
  inspector.show();
}

function attackButton(attack: Attack): HTMLElement {
  const button = el("button", "", attackLabel(attack)) as HTMLButtonElement;
  button.type = "button";
  button.dataset["attack"] = attack;
  button.addEventListener("click", () => {
    const current = session;
    if (current !== undefined) {
      void busy(button, "token-problem", () => breakToken(current, attack));
    }
  });
  return button;
}

/** Runs one action of a control: no second one starts meanwhile, and a failure is shown. */
async function busy(control: HTMLElement, problemId: string, action: () => Promise<void>): Promise<void> {
  if (control.ariaBusy === "true") {
    return;
  }
  control.ariaBusy = "true";
  problem(problemId, "");
  try {
    await action();
  } catch (error) {
    problem(problemId, messageOf(error));
  } finally {
    control.ariaBusy = null;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof UnreachableError) {
    return cannotReach(error.url);
  }
  if (error instanceof RefusedError) {
    if (error.retryAfter !== undefined) {
      return tryAgainIn(error.retryAfter);
    }
    return error.answer.status === 401
      ? label("wrongCredentials")
      : `${label("unexpected")} HTTP ${error.answer.status} ${JSON.stringify(error.answer.body)}`;
  }
  if (error instanceof KeyError) {
    return `${label("unusableKeys")} ${codeTexts[error.code][currentLang()]} (${error.code})`;
  }
  return `${label("unexpected")} ${error instanceof Error ? error.message : String(error)}`;
}

function problem(id: string, message: string): void {
  byId(id).textContent = message;
}

changeLanguage(currentLang());
document.querySelector(".addresses")?.append(`${issuerUrl}  ·  ${edgeUrl}`);
setInterval(() => {
  inspector.tick();
  if (session !== undefined) {
    showVerdict(session);
  }
}, 1000);
