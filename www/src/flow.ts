import { createExplainer, KeyError, type Explainer, type JwkSet } from "@dojang/verifier/explain";
import { codeTexts } from "@dojang/verifier/texts";
import { edgeUrl, issuerUrl } from "./config.ts";
import { Diagram } from "./diagram.ts";
import { button, busy, byId, el, setName, setText } from "./dom.ts";
import type { Gallery } from "./gallery.ts";
import type { Inspector } from "./inspector.ts";
import { currentLang, onLanguage, t } from "./lang.ts";
import { lookUp, placeOf, told as toldOf, type Revocation } from "./revocation.ts";
import { addressOf, ask, listFetch, upload, type Answer, type Service } from "./services.ts";
import { verdictView } from "./steps.ts";
import { whyStillAccepted } from "./after-logout.ts";
import { openPart } from "./tabs.ts";
import { decoded, left } from "./token.ts";

/** What a login gave: in this object and nowhere else. */
interface Session {
  username: string;
  access: string;
  refresh: string;
  keys: JwkSet;
  explainer: Explainer;
  /** What the issuer's list says of the access token, once it was looked up. */
  revocation?: Revocation["outcome"];
  /** After a logout the tokens stay for one thing: to see what they are still good for. */
  ended: boolean;
}

type Told = () => string;

/** Login, protected, refresh, upload, admin and logout against the real services, drawn as they happen. */
export class Flow {
  readonly #inspector: Inspector;
  readonly #gallery: Gallery;
  readonly #diagram = new Diagram();
  #session: Session | undefined;
  /** What the last action came to, in the language of the moment. */
  #told: Told = () => "";
  #wrong = false;
  /** The login, or what can be done in the session. */
  #actions = el("div", "");

  constructor(inspector: Inspector, gallery: Gallery) {
    this.#inspector = inspector;
    this.#gallery = gallery;
    const told = el("p", "message-box");
    told.id = "flow-message";
    told.setAttribute("role", "status");
    const lead = el(
      "div",
      "card",
      setText(el("h2", ""), "흐름", "The flow"),
      setText(el("p", "hint"), "진짜 발급 서버와 엣지에 요청을 보내고, 오가는 것을 그대로 그립니다. 목록의 줄을 열면 내용이 보입니다.", "Sends requests to the real issuer and the real edge, and draws what goes back and forth. Open a line of the list to read it."),
      this.#actions,
      told,
    );
    byId("flow").replaceChildren(lead, el("div", "card", this.#diagram.element));
    byId("inspect-mine").addEventListener("click", () => this.#inspect());
    onLanguage(() => this.#translate());
    this.#build();
  }

  /** A second has passed. */
  tick(): void {
    this.#showToken();
  }

  /** Builds what the state of the session allows. Another language leaves it: what was typed or chosen, and what is under way. */
  #build(): void {
    const actions = this.#session === undefined ? this.#loginForm() : this.#controls(this.#session);
    this.#actions.replaceWith(actions);
    this.#actions = actions;
    byId("inspect-mine").hidden = this.#session === undefined;
    this.#translate();
  }

  /** Says in the language of the moment what is no fixed text. */
  #translate(): void {
    this.#diagram.show();
    this.#tell(this.#told, this.#wrong);
    this.#showToken();
  }

  #loginForm(): HTMLElement {
    const field = (name: string, ko: string, en: string, type: string, complete: string) => {
      const input = el("input", "") as HTMLInputElement;
      Object.assign(input, { name, type, autocomplete: complete, autocapitalize: "none", spellcheck: false });
      return el("label", "", setText(el("span", ""), ko, en), input);
    };
    const submit = setText(el("button", "primary"), "로그인", "Log in");
    const form = el(
      "form",
      "columns login",
      field("username", "사용자 이름", "Username", "text", "username"),
      field("password", "비밀번호", "Password", "password", "current-password"),
      submit,
    ) as HTMLFormElement;
    form.noValidate = true;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const fields = new FormData(form);
      void busy(form, () => this.#logIn(String(fields.get("username")), String(fields.get("password"))));
    });
    return form;
  }

  #controls(session: Session): HTMLElement {
    const { username, ended } = session;
    const act = (ko: string, en: string, action: () => Promise<void>, className = "") =>
      setText(button("", (pressed) => void busy(pressed, action), className), ko, en);
    const token = el("div", "");
    token.id = "my-token";
    const actions = ended
      ? [
          act("옛 토큰으로 /protected", "/protected with the old token", () => this.#callProtected(session), "primary"),
          act("옛 refresh 토큰으로 갱신", "Refresh with the old token", () => this.#refresh(session)),
          act("폐기 목록 보기", "Look at the revocation list", () => this.#lookUp(session)),
          setText(button("", () => this.#forget()), "다시 로그인", "Log in again"),
        ]
      : [
          act("/protected 호출", "Call /protected", () => this.#callProtected(session), "primary"),
          act("토큰 갱신", "Refresh the token", () => this.#refresh(session)),
          act("관리자 페이지 열기", "Open the admin page", () => this.#callAdmin(session)),
          act("폐기 목록 보기", "Look at the revocation list", () => this.#lookUp(session)),
          setText(button("", () => this.#inspect()), "내 토큰 검사", "Inspect my token"),
          act("로그아웃", "Log out", () => this.#logOut(session)),
        ];
    const who = el("p", "", setText(el("span", ""), "사용자: ", "User: "), el("strong", "", username));
    return el("div", "controls", who, token, el("div", "actions", ...actions), ...(ended ? [] : [this.#uploadForm(session)]));
  }

  #uploadForm(session: Session): HTMLElement {
    const input = el("input", "") as HTMLInputElement;
    input.type = "file";
    const bar = setName(el("progress", ""), "올린 만큼", "Upload progress") as HTMLProgressElement;
    bar.max = 1;
    bar.value = 0;
    // No <output>: that would be read out at every step.
    const percent = el("span", "percent");
    const send = setText(button("", (pressed) => void busy(pressed, async () => {
      const file = input.files?.[0];
      if (file === undefined) {
        this.#tell(() => t("먼저 파일을 고르세요.", "Choose a file first."), true);
        return;
      }
      const progress = (sent: number) => {
        bar.value = sent;
        percent.textContent = `${Math.round(sent * 100)} %`;
      };
      progress(0);
      const answer = await upload(file, session.access, currentLang(), progress, (exchange) => this.#diagram.draw(exchange));
      this.#tellAnswer("edge", answer, () => t("파일을 올렸습니다. 응답의 sha256은 엣지가 받은 바이트로 계산한 것입니다.", "The file is uploaded; the sha256 of the answer was computed by the edge of the bytes it got."));
    })), "올리기", "Upload");
    return el("div", "upload", el("label", "", setText(el("span", ""), "파일 올리기", "Upload a file"), input), send, bar, percent);
  }

  async #logIn(username: string, password: string): Promise<void> {
    if (username === "" || password === "") {
      this.#tell(() => t("사용자 이름과 비밀번호를 모두 입력하세요.", "Enter both the username and the password."), true);
      return;
    }
    this.#diagram.clear();
    const answer = await this.#ask("issuer", "POST", "/api/token/", { json: { username, password } });
    const { access, refresh } = tokensIn(answer);
    if (access === undefined || refresh === undefined) {
      this.#tellFailure("issuer", answer, () => t("사용자 이름 또는 비밀번호가 올바르지 않습니다.", "The username or the password is wrong."));
      return;
    }
    const published = await this.#publishedKeys();
    if (published === undefined) {
      return;
    }
    this.#session = { username, access, refresh, ...published, ended: false };
    this.#told = () => t("로그인했습니다. 발급 서버가 공개한 키로 이 브라우저가 토큰을 검증합니다.", "Logged in. This browser checks the token with the keys that the issuer publishes.");
    this.#wrong = false;
    this.#build();
    byId("flow").querySelector<HTMLElement>(".controls button")?.focus();
  }

  /** The keys that the issuer publishes, with what explains tokens under them; undefined when that was told to fail. */
  async #publishedKeys(): Promise<Pick<Session, "keys" | "explainer"> | undefined> {
    const answer = await this.#ask("issuer", "GET", "/.well-known/jwks.json", {});
    if (answer?.status !== 200) {
      this.#tellFailure("issuer", answer);
      return undefined;
    }
    try {
      // As a text: then whatever it is, it is refused with a code.
      return { keys: answer.body as JwkSet, explainer: createExplainer(JSON.stringify(answer.body)) };
    } catch (error) {
      if (!(error instanceof KeyError)) {
        throw error;
      }
      const { code } = error;
      this.#tell(() => t(
        `발급 서버가 공개한 키를 쓸 수 없습니다: ${codeTexts[code].ko} (${code})`,
        `The keys that the issuer publishes cannot be used: ${codeTexts[code].en} (${code})`,
      ), true);
      return undefined;
    }
  }

  async #callProtected(session: Session): Promise<void> {
    const answer = await this.#ask("edge", "GET", "/protected", { bearer: session.access });
    if (!session.ended) {
      this.#tellAnswer("edge", answer, () => t("엣지가 같은 검증기로 토큰을 확인하고 들여보냈습니다.", "The edge checked the token with the same verifier and let it in."));
    } else if (answer !== undefined && answer.status < 400) {
      const health = await this.#ask("edge", "GET", "/", {});
      this.#tell(() => whyStillAccepted(health, session.access), false);
    } else {
      this.#tellAnswer("edge", answer, () => "", () => t("로그아웃한 토큰을 엣지가 거부했습니다.", "The edge refused the token that was logged out."));
    }
  }

  /** Looks the access token up in the issuer's list, which this browser verifies. */
  async #lookUp(session: Session): Promise<void> {
    const claims = decoded(session.access.split(".")[1]) ?? {};
    if (placeOf(claims) === undefined) {
      this.#tell(() => t(
        "이 토큰은 상태 목록을 가리키지 않습니다. 발급 서버를 ISSUER_PUBLIC_URL과 함께 시작해야 목록이 생깁니다.",
        "This token names no status list. The issuer has lists when it is started with ISSUER_PUBLIC_URL.",
      ), true);
      return;
    }
    const fetch = listFetch((exchange) => this.#diagram.draw(exchange));
    const status = await lookUp(claims, { keys: JSON.stringify(session.keys), options: {}, now: () => Date.now() / 1000, list: "", fetch });
    session.revocation = toldOf(status).outcome;
    this.#showToken();
    this.#tell(() => toldOf(status).sentence, status.status === "unknown");
  }

  async #refresh(session: Session): Promise<void> {
    const answer = await this.#ask("issuer", "POST", "/api/token/refresh/", { json: { refresh: session.refresh } });
    const { access, refresh } = tokensIn(answer);
    if (access === undefined) {
      this.#tellFailure("issuer", answer, () => t("발급 서버가 이 refresh 토큰을 거부합니다.", "The issuer refuses this refresh token."));
      return;
    }
    session.access = access;
    session.refresh = refresh ?? session.refresh;
    delete session.revocation;
    this.#tell(() => t("새 access 토큰을 받았습니다.", "Here is a new access token."), false);
    const { verdict } = session.explainer.explain(access);
    const published = !verdict.ok && verdict.code === "key_not_found" ? await this.#publishedKeys() : undefined;
    if (published !== undefined) {
      session.explainer.free();
      [session.keys, session.explainer] = [published.keys, published.explainer];
    }
    this.#showToken();
  }

  async #callAdmin(session: Session): Promise<void> {
    const answer = await this.#ask("edge", "GET", "/admin/dashboard", { bearer: session.access });
    const role = JSON.stringify(decoded(session.access.split(".")[1])?.["role"] ?? null);
    this.#tellAnswer(
      "edge",
      answer,
      () => t(`role이 ${role}이므로 관리자 페이지가 열립니다.`, `The role is ${role}, so the admin page opens.`),
      () => t(
        `토큰은 올바르지만 role이 ${role}이라서 안 됩니다. 역할을 주려면 issuer users set-role ${session.username} admin 을 실행하고 토큰을 갱신하세요.`,
        `The token is good, but its role is ${role}. To give the role, run: issuer users set-role ${session.username} admin, then refresh the token.`,
      ),
    );
  }

  async #logOut(session: Session): Promise<void> {
    const answer = await this.#ask("issuer", "POST", "/api/token/blacklist/", { json: { refresh: session.refresh } });
    // 401: the session was over before.
    if (answer?.status !== 200 && answer?.status !== 401) {
      this.#tellFailure("issuer", answer);
      return;
    }
    session.ended = true;
    this.#told = answer.status === 200
      ? () => t("로그아웃했습니다. 이제 옛 토큰을 써 보고 무엇이 일어나는지 보세요.", "Logged out. Now try the old tokens and see what happens.")
      : () => t("이미 끝난 세션입니다. 이제 옛 토큰을 써 보고 무엇이 일어나는지 보세요.", "This session was over already. Now try the old tokens and see what happens.");
    this.#wrong = false;
    // Nothing of the session stays in the other parts.
    this.#inspector.clear();
    this.#gallery.clear();
    this.#build();
    byId("flow").querySelector<HTMLElement>(".controls button")?.focus();
  }

  #forget(): void {
    this.#session?.explainer.free();
    this.#session = undefined;
    this.#told = () => "";
    this.#diagram.clear();
    this.#build();
    byId("flow").querySelector<HTMLElement>("[name=username]")?.focus();
  }

  #inspect(): void {
    if (this.#session !== undefined) {
      this.#inspector.open(this.#session.access, this.#session.keys, { refresh: this.#session.refresh });
      openPart("inspector");
      byId("inspector-title").focus();
    }
  }

  #showToken(): void {
    const [session, place] = [this.#session, document.getElementById("my-token")];
    if (session === undefined || place === null) {
      return;
    }
    const view = verdictView(session.explainer.explain(session.access), session.revocation);
    // Not stamped again while it is the same.
    if (place.querySelector(".badge-row")?.textContent !== view.textContent) {
      place.replaceChildren(view, el("p", "in-words left"));
    }
    const shown = place.querySelector(".left");
    if (shown !== null) {
      shown.textContent = t(`이 브라우저의 판정. 남은 시간 ${left(session.access)}`, `The verdict of this browser. Time left: ${left(session.access)}`);
    }
  }

  #ask(to: Service, method: string, path: string, more: { bearer?: string; json?: Record<string, string> }): Promise<Answer | undefined> {
    return ask({ to, method, path, lang: currentLang(), ...more }, (exchange) => this.#diagram.draw(exchange));
  }

  /** Says what an answer means; `refused` stands for 401 and 403. */
  #tellAnswer(service: Service, answer: Answer | undefined, good: Told, refused?: Told): void {
    if (answer !== undefined && answer.status < 400) {
      this.#tell(good, false);
    } else {
      this.#tellFailure(service, answer, refused);
    }
  }

  /** Says why an answer is not the one that was wanted. */
  #tellFailure(service: Service, answer: Answer | undefined, refused: Told = () => t("거부되었습니다.", "Refused.")): void {
    if (answer === undefined) {
      this.#tell(() => unreachable(service), true);
      return;
    }
    const { status, body, retryAfter = 60 } = answer;
    if (status === 429) {
      this.#tell(() => t(`시도가 너무 많습니다. ${retryAfter}초 뒤에 다시 시도하세요.`, `Too many tries. Try again in ${retryAfter} seconds.`), true);
      return;
    }
    const { detail } = (body ?? {}) as { detail?: unknown };
    const said = typeof detail === "string" ? ` (HTTP ${status}: ${detail})` : ` (HTTP ${status})`;
    this.#tell(() => `${[401, 403].includes(status) ? refused() : failure(service, status)}${said}`, true);
  }

  #tell(told: Told, wrong: boolean): void {
    this.#told = told;
    this.#wrong = wrong;
    const place = byId("flow-message");
    place.classList.toggle("wrong", wrong);
    place.textContent = told();
  }
}

/** The tokens in a good answer of the issuer, as far as there are any. */
function tokensIn(answer: Answer | undefined): { access?: string; refresh?: string } {
  const { access, refresh } = (answer?.status === 200 ? (answer.body ?? {}) : {}) as { access?: unknown; refresh?: unknown };
  return { ...(typeof access === "string" && { access }), ...(typeof refresh === "string" && { refresh }) };
}

/** What a status means that nobody foresaw. */
function failure(service: Service, status: number): string {
  if (status < 400) {
    return t(`${addressOf(service)} 의 응답에 있어야 할 것이 없습니다.`, `The answer of ${addressOf(service)} lacks what belongs in it.`);
  }
  return status < 500
    ? t("거부되었습니다.", "Refused.")
    : t(`${addressOf(service)} 에 문제가 있어 지금은 처리하지 못합니다.`, `${addressOf(service)} is in trouble and cannot do this now.`);
}

function unreachable(service: Service): string {
  const url = addressOf(service);
  return t(`${url} 에 연결할 수 없습니다. 서버가 실행 중인지 확인하세요.`, `Cannot reach ${url}. Is the server running?`);
}

export const addresses = `${issuerUrl}  ·  ${edgeUrl}`;
