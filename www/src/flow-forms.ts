import { button, busy, el, setName, setText } from "./dom.ts";
import { t } from "./lang.ts";

// Texts are set in both languages, so a change of the language keeps inputs and running uploads.

/** Builds the login form. */
export function loginForm(
  logIn: (username: string, password: string) => Promise<void>,
): HTMLElement {
  const username = field("username", "사용자 이름", "Username", "username");
  const password = field("password", "비밀번호", "Password", "current-password");
  const submit = setText(el("button", "primary"), "로그인", "Log in");
  const form = el("form", "columns login", username, password, submit) as HTMLFormElement;
  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const values = new FormData(form);
    const [name, secret] = [String(values.get("username")), String(values.get("password"))];
    void busy(form, () => logIn(name, secret));
  });
  return form;
}

function field(name: string, ko: string, en: string, autocomplete: string): HTMLElement {
  const input = el("input", "") as HTMLInputElement;
  const type = name === "password" ? "password" : "text";
  Object.assign(input, { name, type, autocomplete, autocapitalize: "none", spellcheck: false });
  return el("label", "", setText(el("span", ""), ko, en), input);
}

/** A button of the session. */
export interface Action {
  ko: string;
  en: string;
  run: () => Promise<void> | void;
}

/** Builds the buttons of a session; the first one is the primary button. */
export function sessionControls(
  username: string,
  actions: readonly Action[],
  ...more: HTMLElement[]
): HTMLElement {
  const user = setText(el("span", ""), "사용자: ", "User: ");
  const token = el("div", "");
  token.id = "my-token";
  const buttons = actions.map(({ ko, en, run }, index) => {
    const press = (pressed: HTMLElement) => void busy(pressed, async () => run());
    return setText(button("", press, index === 0 ? "primary" : ""), ko, en);
  });
  return el(
    "div",
    "controls",
    el("p", "", user, el("strong", "", username)),
    token,
    el("div", "actions", ...buttons),
    ...more,
  );
}

/** Sends a file; calls back with the fraction that was sent, 0 to 1. */
type Upload = (file: File, onProgress: (sent: number) => void) => Promise<void>;

/** Builds the upload form. */
export function uploadForm(upload: Upload, onError: (message: () => string) => void): HTMLElement {
  const input = el("input", "") as HTMLInputElement;
  input.type = "file";
  const bar = setName(el("progress", ""), "올린 만큼", "Upload progress") as HTMLProgressElement;
  bar.max = 1;
  bar.value = 0;
  // Not an <output>: screen readers would announce every change.
  const percent = el("span", "percent");
  const onProgress = (sent: number) => {
    bar.value = sent;
    percent.textContent = `${Math.round(sent * 100)} %`;
  };
  const start = async () => {
    const file = input.files?.[0];
    if (file === undefined) {
      onError(() => t("먼저 파일을 고르세요.", "Choose a file first."));
      return;
    }
    onProgress(0);
    await upload(file, onProgress);
  };
  const send = button("", (pressed) => void busy(pressed, start));
  const label = el("label", "", setText(el("span", ""), "파일 올리기", "Upload a file"), input);
  return el("div", "upload", label, setText(send, "올리기", "Upload"), bar, percent);
}
