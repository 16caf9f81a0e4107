import { en, type Messages } from "./messages/en";
import { ko } from "./messages/ko";
import * as remarks from "./messages/remarks";
import type { Remark } from "./api";

export const catalogues: Record<string, Messages> = { en, ko };

export const LANGUAGES = { en: "English", ko: "한국어" };

const stored = (name: string): string | null => localStorage.getItem(`img2music.${name}`);

function preferred(): string {
  const wanted = [stored("language"), ...navigator.languages.map((each) => each.split("-")[0])];
  return wanted.find((each) => each != null && each in catalogues) ?? "en";
}

/** What the person has chosen for this browser. */
class Settings {
  language = $state(preferred());
  theme = $state(stored("theme") ?? "auto");
  keys = $state(stored("keys") !== "off");

  constructor() {
    $effect.root(() => {
      $effect(() => this.#keep("language", this.language));
      $effect(() => this.#keep("theme", this.theme));
      $effect(() => this.#keep("keys", this.keys ? "on" : "off"));
      $effect(() => {
        document.documentElement.lang = this.language;
        document.documentElement.dataset.theme = this.theme;
      });
    });
  }

  #keep(name: string, value: string): void {
    localStorage.setItem(`img2music.${name}`, value);
  }
}

export const settings = new Settings();

/** What the server remarks, in the words of the chosen language if it has some. */
export function remarked({ code, values }: Remark): string | undefined {
  const words = (settings.language === "ko" ? remarks.ko : remarks.en)[code];
  return words?.replace(/\{(\d)\}/g, (_, number: string) => values[Number(number)] ?? "");
}

/** The messages of the chosen language. */
export const t = (): Messages => catalogues[settings.language] ?? en;

/** What is said of films, for a project: of an album, some is called otherwise. */
export function filmWords(kind: "film" | "album"): Messages["films"] {
  const { films } = t();
  if (kind === "film") return films;
  const { cue, music, out, ...others } = films.ofAlbum;
  return {
    ...films,
    ...others,
    cue: { ...films.cue, ...cue },
    music: { ...films.music, ...music },
    out: { ...films.out, kinds: { ...films.out.kinds, ...out } },
  };
}
