export type Lang = "ko" | "en";

let lang: Lang =
  navigator.languages
    .find((tag) => /^(ko|en)\b/i.test(tag))
    ?.slice(0, 2)
    .toLowerCase() === "en"
    ? "en"
    : "ko";
const listeners: (() => void)[] = [];

export function currentLang(): Lang {
  return lang;
}

/** Returns the text in the current language. */
export function t(ko: string, en: string): string {
  return lang === "ko" ? ko : en;
}

/** Calls `listener` after every change of the language. */
export function onLanguage(listener: () => void): void {
  listeners.push(listener);
}

export function chooseLanguage(chosen: Lang): void {
  lang = chosen;
  for (const listener of listeners) {
    listener();
  }
}

/** Formats seconds as days, hours, minutes and seconds; the two largest parts only. */
export function duration(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds));
  const parts = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  const units = lang === "ko" ? ["일", "시간", "분", "초"] : ["d", "h", "min", "s"];
  const first = parts.findIndex((part) => part > 0);
  return parts
    .map((part, index) => `${part}${lang === "ko" ? "" : " "}${units[index]}`)
    .slice(first === -1 ? 3 : first, first === -1 ? 4 : first + 2)
    .join(" ");
}

/** The largest Unix time, in seconds, that a JavaScript date can hold. */
export const LAST_DATE = 8.64e12;

/** Formats a Unix time in seconds; returns an empty text beyond `LAST_DATE`. */
export function dateTime(seconds: number): string {
  return Math.abs(seconds) <= LAST_DATE
    ? new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "medium" }).format(
        seconds * 1000,
      )
    : "";
}

/** Formats the distance of a Unix time from another: "5 min ago", "in 2 h". */
export function relative(seconds: number, now: number): string {
  const apart = duration(seconds - now);
  return seconds > now ? t(`${apart} 뒤`, `in ${apart}`) : t(`${apart} 전`, `${apart} ago`);
}

/** Formats an unexpected error. */
export function unexpected(error: unknown): string {
  return `${t("예상하지 못한 오류입니다:", "Unexpected error:")} ${String(error)}`;
}
