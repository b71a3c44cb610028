import { createExplainer, KeyError, type JwkSet } from "@dojang/verifier/explain";
import { codeTexts } from "@dojang/verifier/texts";
import { whyStillAccepted } from "./after-logout.ts";
import { edgeUrl, issuerUrl } from "./config.ts";
import { Diagram } from "./diagram.ts";
import { byId, el, setText } from "./dom.ts";
import { loginForm, sessionControls, uploadForm, type Action } from "./flow-forms.ts";
import type { Gallery } from "./gallery.ts";
import type { Inspector } from "./inspector.ts";
import { currentLang, onLanguage, t } from "./lang.ts";
import { describeStatus, lookUp, referenceIn } from "./revocation.ts";
import { describeFailure } from "./service-errors.ts";
import { isSuccess, listFetch, send, upload, type Exchange } from "./services.ts";
import type { Service, ServiceResponse } from "./services.ts";
import { claimsOf, tokensIn, type Session } from "./session.ts";
import { verdictView } from "./steps.ts";
import { openPart } from "./tabs.ts";
import { timeLeft } from "./token.ts";

/** Returns a text in the current language. */
type Message = () => string;

interface Body {
  bearer?: string;
  json?: Record<string, string>;
}

export const addresses = `${issuerUrl}  ·  ${edgeUrl}`;

/** Login, requests, upload and logout at the real services, drawn as they happen. */
export class Flow {
  readonly #inspector: Inspector;
  readonly #gallery: Gallery;
  readonly #diagram = new Diagram();
  readonly #draw = (exchange: Exchange) => this.#diagram.draw(exchange);
  readonly #messageBox = el("p", "message-box");
  #session: Session | undefined;
  #message: Message = () => "";
  #isError = false;
  /** The login form, or the controls of the session. */
  #controls = el("div", "");

  constructor(inspector: Inspector, gallery: Gallery) {
    this.#inspector = inspector;
    this.#gallery = gallery;
    this.#messageBox.id = "flow-message";
    this.#messageBox.setAttribute("role", "status");
    const hint = setText(
      el("p", "hint"),
      "진짜 발급 서버와 엣지에 요청을 보내고, 오가는 것을 그대로 그립니다. 목록의 줄을 열면 내용이 보입니다.",
      "Sends requests to the real issuer and the real edge, and draws them with their responses. Open a line of the list for the content.",
    );
    const title = setText(el("h2", ""), "흐름", "The flow");
    const lead = el("div", "card", title, hint, this.#controls, this.#messageBox);
    byId("flow").replaceChildren(lead, el("div", "card", this.#diagram.element));
    byId("inspect-mine").addEventListener("click", () => this.#inspect());
    onLanguage(() => this.#translate());
    this.#build();
  }

  /** Called every second. */
  tick(): void {
    this.#showToken();
  }

  /** Builds the controls for the state of the session. */
  #build(): void {
    const controls =
      this.#session === undefined
        ? loginForm((username, password) => this.#logIn(username, password))
        : this.#sessionControls(this.#session);
    this.#controls.replaceWith(controls);
    this.#controls = controls;
    byId("inspect-mine").hidden = this.#session === undefined;
    this.#translate();
  }

  #sessionControls(session: Session): HTMLElement {
    const lookUp: Action = {
      ko: "폐기 목록 보기",
      en: "Look at the revocation list",
      run: () => this.#lookUp(session),
    };
    if (session.ended) {
      return sessionControls(session.username, [
        {
          ko: "옛 토큰으로 /protected",
          en: "/protected with the old token",
          run: () => this.#callProtectedAfterLogout(session),
        },
        {
          ko: "옛 refresh 토큰으로 갱신",
          en: "Refresh with the old token",
          run: () => this.#refresh(session),
        },
        lookUp,
        { ko: "다시 로그인", en: "Log in again", run: () => this.#endSession() },
      ]);
    }
    const actions = [
      { ko: "/protected 호출", en: "Call /protected", run: () => this.#callProtected(session) },
      { ko: "토큰 갱신", en: "Refresh the token", run: () => this.#refresh(session) },
      { ko: "관리자 페이지 열기", en: "Open the admin page", run: () => this.#callAdmin(session) },
      lookUp,
      { ko: "내 토큰 검사", en: "Inspect my token", run: () => this.#inspect() },
      { ko: "로그아웃", en: "Log out", run: () => this.#logOut(session) },
    ];
    const form = uploadForm(
      (file, onProgress) => this.#upload(session, file, onProgress),
      (message) => this.#show(message, true),
    );
    return sessionControls(session.username, actions, form);
  }

  async #logIn(username: string, password: string): Promise<void> {
    if (username === "" || password === "") {
      const message = () =>
        t("사용자 이름과 비밀번호를 모두 입력하세요.", "Enter both the username and the password.");
      this.#show(message, true);
      return;
    }
    this.#diagram.clear();
    const json = { username, password };
    const response = await this.#send("issuer", "POST", "/api/token/", { json });
    const { access, refresh } = tokensIn(response);
    if (access === undefined || refresh === undefined) {
      const refused = () =>
        t(
          "사용자 이름 또는 비밀번호가 올바르지 않습니다.",
          "The username or the password is incorrect.",
        );
      this.#showFailure("issuer", response, refused);
      return;
    }
    const published = await this.#fetchKeys();
    if (published === undefined) {
      return;
    }
    this.#session = { username, access, refresh, ...published, ended: false };
    this.#setMessage(() =>
      t(
        "로그인했습니다. 발급 서버가 공개한 키로 이 브라우저가 토큰을 검증합니다.",
        "Logged in. This browser verifies the token with the keys that the issuer publishes.",
      ),
    );
    this.#build();
    focusIn(".controls button");
  }

  /** Fetches the issuer's keys; shows the failure and returns undefined when there are none. */
  async #fetchKeys(): Promise<Pick<Session, "keys" | "explainer"> | undefined> {
    const response = await this.#send("issuer", "GET", "/.well-known/jwks.json", {});
    if (response?.status !== 200) {
      this.#showFailure("issuer", response);
      return undefined;
    }
    const { body } = response;
    try {
      // As text, so that any JSON value is refused with a code.
      return { keys: body as JwkSet, explainer: createExplainer(JSON.stringify(body)) };
    } catch (error) {
      if (!(error instanceof KeyError)) {
        throw error;
      }
      const { code } = error;
      const message = () =>
        t(
          `발급 서버가 공개한 키를 쓸 수 없습니다: ${codeTexts[code].ko} (${code})`,
          `The keys that the issuer publishes cannot be used: ${codeTexts[code].en} (${code})`,
        );
      this.#show(message, true);
      return undefined;
    }
  }

  async #callProtected({ access }: Session): Promise<void> {
    const response = await this.#send("edge", "GET", "/protected", { bearer: access });
    const accepted = () =>
      t(
        "엣지가 같은 검증기로 토큰을 확인하고 들여보냈습니다.",
        "The edge verified the token with the same verifier and accepted it.",
      );
    this.#showOutcome("edge", response, accepted);
  }

  async #callProtectedAfterLogout({ access }: Session): Promise<void> {
    const response = await this.#send("edge", "GET", "/protected", { bearer: access });
    if (isSuccess(response)) {
      const health = await this.#send("edge", "GET", "/", {});
      this.#show(() => whyStillAccepted(health, access), false);
      return;
    }
    const refused = () =>
      t(
        "로그아웃한 토큰을 엣지가 거부했습니다.",
        "The edge refused the token that was logged out.",
      );
    this.#showFailure("edge", response, refused);
  }

  /** Looks the access token up in the issuer's list. */
  async #lookUp(session: Session): Promise<void> {
    const claims = claimsOf(session);
    if (referenceIn(claims) === undefined) {
      const message = () =>
        t(
          "이 토큰은 상태 목록을 가리키지 않습니다. 발급 서버를 ISSUER_PUBLIC_URL과 함께 시작해야 목록이 생깁니다.",
          "This token names no status list. Start the issuer with ISSUER_PUBLIC_URL to have lists.",
        );
      this.#show(message, true);
      return;
    }
    const status = await lookUp(claims, {
      keys: JSON.stringify(session.keys),
      options: {},
      now: () => Date.now() / 1000,
      list: "",
      fetch: listFetch(this.#draw),
    });
    session.revocation = describeStatus(status).outcome;
    this.#showToken();
    this.#show(() => describeStatus(status).sentence, status.status === "unknown");
  }

  async #refresh(session: Session): Promise<void> {
    const json = { refresh: session.refresh };
    const response = await this.#send("issuer", "POST", "/api/token/refresh/", { json });
    const { access, refresh } = tokensIn(response);
    if (access === undefined) {
      const refused = () =>
        t("발급 서버가 이 refresh 토큰을 거부합니다.", "The issuer refuses this refresh token.");
      this.#showFailure("issuer", response, refused);
      return;
    }
    session.access = access;
    session.refresh = refresh ?? session.refresh;
    delete session.revocation;
    this.#show(() => t("새 access 토큰을 받았습니다.", "Got a new access token."), false);
    const { verdict } = session.explainer.explain(access);
    if (!verdict.ok && verdict.code === "key_not_found") {
      await this.#replaceKeys(session);
    }
    this.#showToken();
  }

  async #replaceKeys(session: Session): Promise<void> {
    const published = await this.#fetchKeys();
    if (published !== undefined) {
      session.explainer.free();
      Object.assign(session, published);
    }
  }

  async #callAdmin(session: Session): Promise<void> {
    const path = "/admin/dashboard";
    const response = await this.#send("edge", "GET", path, { bearer: session.access });
    const role = JSON.stringify(claimsOf(session)["role"] ?? null);
    const command = `issuer users set-role ${session.username} admin`;
    this.#showOutcome(
      "edge",
      response,
      () =>
        t(
          `role이 ${role}이므로 관리자 페이지가 열립니다.`,
          `The role is ${role}, so the admin page opens.`,
        ),
      () =>
        t(
          `토큰은 올바르지만 role이 ${role}이라서 안 됩니다. 역할을 주려면 ${command} 을 실행하고 토큰을 갱신하세요.`,
          `The token is valid, but its role is ${role}. To set the role, run: ${command}, then refresh the token.`,
        ),
    );
  }

  async #upload(
    { access }: Session,
    file: File,
    onProgress: (sent: number) => void,
  ): Promise<void> {
    const response = await upload(file, access, currentLang(), onProgress, this.#draw);
    const message = () =>
      t(
        "파일을 올렸습니다. 응답의 sha256은 엣지가 받은 바이트로 계산한 것입니다.",
        "The file is uploaded. The edge computed the sha256 in the response from the bytes that it received.",
      );
    this.#showOutcome("edge", response, message);
  }

  async #logOut(session: Session): Promise<void> {
    const json = { refresh: session.refresh };
    const response = await this.#send("issuer", "POST", "/api/token/blacklist/", { json });
    // 401: the session had ended before.
    if (response?.status !== 200 && response?.status !== 401) {
      this.#showFailure("issuer", response);
      return;
    }
    session.ended = true;
    const message =
      response.status === 200
        ? () =>
            t(
              "로그아웃했습니다. 이제 옛 토큰을 써 보고 무엇이 일어나는지 보세요.",
              "Logged out. Now try the old tokens and see what happens.",
            )
        : () =>
            t(
              "이미 끝난 세션입니다. 이제 옛 토큰을 써 보고 무엇이 일어나는지 보세요.",
              "This session had ended before. Now try the old tokens and see what happens.",
            );
    this.#setMessage(message);
    // No other part of the page keeps the token.
    this.#inspector.clear();
    this.#gallery.clear();
    this.#build();
    focusIn(".controls button");
  }

  #endSession(): void {
    this.#session?.explainer.free();
    this.#session = undefined;
    this.#setMessage(() => "");
    this.#diagram.clear();
    this.#build();
    focusIn("[name=username]");
  }

  #inspect(): void {
    if (this.#session !== undefined) {
      const { access, keys, refresh } = this.#session;
      this.#inspector.open(access, keys, { refresh });
      openPart("inspector");
      byId("inspector-title").focus();
    }
  }

  #showToken(): void {
    const [session, container] = [this.#session, document.getElementById("my-token")];
    if (session === undefined || container === null) {
      return;
    }
    const { access, explainer, revocation } = session;
    const view = verdictView(explainer.explain(access), revocation);
    // An unchanged badge is not animated again.
    if (container.querySelector(".badge-row")?.textContent !== view.textContent) {
      container.replaceChildren(view, el("p", "in-words left"));
    }
    const left = container.querySelector(".left");
    if (left !== null) {
      left.textContent = t(
        `이 브라우저의 판정. 남은 시간 ${timeLeft(access)}`,
        `The verdict of this browser. Time left: ${timeLeft(access)}`,
      );
    }
  }

  #send(
    service: Service,
    method: string,
    path: string,
    body: Body,
  ): Promise<ServiceResponse | undefined> {
    return send({ service, method, path, ...body }, currentLang(), this.#draw);
  }

  /** Shows the message of success, or the failure; `refused` is the message for 401 and 403. */
  #showOutcome(
    service: Service,
    response: ServiceResponse | undefined,
    success: Message,
    refused?: Message,
  ): void {
    if (isSuccess(response)) {
      this.#show(success, false);
    } else {
      this.#showFailure(service, response, refused);
    }
  }

  #showFailure(
    service: Service,
    response: ServiceResponse | undefined,
    refused: Message = () => t("거부되었습니다.", "Refused."),
  ): void {
    this.#show(() => describeFailure(service, response, refused()), true);
  }

  #show(message: Message, isError: boolean): void {
    this.#setMessage(message, isError);
    this.#messageBox.classList.toggle("wrong", isError);
    this.#messageBox.textContent = message();
  }

  /** Sets the message that `#build` shows. */
  #setMessage(message: Message, isError = false): void {
    [this.#message, this.#isError] = [message, isError];
  }

  /** Writes the texts that depend on state in the current language. */
  #translate(): void {
    this.#diagram.show();
    this.#show(this.#message, this.#isError);
    this.#showToken();
  }
}

function focusIn(selector: string): void {
  byId("flow").querySelector<HTMLElement>(selector)?.focus();
}
