import * as api from "./api";
import { settings, t } from "./settings.svelte";

let known: Promise<Set<string>> | null = null;

const load = (): Promise<Set<string>> =>
  (known ??= api.emotions().then(
    (found) => new Set(found),
    (error: unknown) => {
      known = null;
      throw error;
    },
  ));

/** Words of the page's language with the words that the server knows for them. */
async function dictionary(): Promise<Map<string, string>> {
  const { words, emotions } = t();
  const found = new Map<string, string>();
  if (settings.language !== "en") {
    for (const [word, shown] of Object.entries(words)) found.set(shown, word);
    for (const [shown, word] of Object.entries(emotions)) found.set(shown, word);
  }
  for (const word of await load()) found.set(word, word);
  return found;
}

/** What may be typed. */
export const suggestions = async (): Promise<string[]> => [...(await dictionary()).keys()];

/** The word that the server knows for a word, or else those that are spelt most like it. */
export async function find(typed: string): Promise<{ word: string } | { like: string[] }> {
  const all = await dictionary();
  const wanted = typed.trim().toLowerCase();
  const word = all.get(wanted);
  if (word !== undefined) return { word };
  const scored = [...all.keys()].map((each): [number, string] => [alike(wanted, each), each]);
  const near = scored.filter(([score]) => score >= 0.4).sort(([a], [b]) => b - a);
  return { like: near.slice(0, 4).map(([, each]) => each) };
}

/** Dice's coefficient of the pairs of letters, the first one and its beginning included. */
function alike(a: string, b: string): number {
  const [one, other] = [pairs(a), pairs(b)];
  const shared = [...one].filter((pair) => other.has(pair)).length;
  return (2 * shared) / (one.size + other.size);
}

function pairs(word: string): Set<string> {
  // Syllables of Korean are taken apart, so that endings alone are no likeness.
  const letters = [...` ${word}`.normalize("NFD")];
  return new Set(letters.slice(1).map((letter, index) => letters[index]! + letter));
}

