import type { Conditions } from "./api";

/** One condition that songs have to meet; `label` is shown where the value says nothing to a person. */
export interface Chosen {
  name: string;
  value: string | number | boolean;
  label?: string;
}

/** Conditions of lists, which films don't know. */
export const OF_LISTS = ["per_artist", "per_album"];
const SEVERAL = new Set(["genre", "not_genre", "artist", "not_artist", "folder", "not_folder"]);
const KEPT = "img2music.filters";

/** The conditions of all lists, kept while the tab is open. */
class Filters {
  chosen = $state.raw<Chosen[]>(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));

  conditions = $derived.by(() => {
    const found: Conditions = {};
    for (const { name, value } of this.chosen) {
      if (!SEVERAL.has(name)) found[name] = value;
      else found[name] = [...((found[name] as (string | number)[] | undefined) ?? []), value as string | number];
    }
    return found;
  });

  /** Those that films know, too. */
  ofSongs = $derived(Object.fromEntries(Object.entries(this.conditions).filter(([name]) => !OF_LISTS.includes(name))));

  valueOf(name: string): Chosen["value"] | undefined {
    return this.chosen.find((each) => each.name === name)?.value;
  }

  /** Add a condition; of those that there is one of, it takes the place of the one before. An empty value takes it away. */
  set(name: string, value: Chosen["value"], label?: string): void {
    const others = this.chosen.filter((each) => each.name !== name || (SEVERAL.has(name) && each.value !== value));
    this.#keep(value === "" ? others : [...others, { name, value, label }]);
  }

  remove(gone: Chosen): void {
    this.#keep(this.chosen.filter((each) => each !== gone));
  }

  clear(): void {
    this.#keep([]);
  }

  #keep(chosen: Chosen[]): void {
    this.chosen = chosen;
    sessionStorage.setItem(KEPT, JSON.stringify(chosen));
  }
}

export const filters = new Filters();
