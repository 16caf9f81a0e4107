import type { Affect, Match } from "./api";

/** What the person did to the list of a question, which comes back with it. */
export interface Arrangement {
  limit: number;
  /** Songs that stay where they are, by their ids. */
  locked: ReadonlyMap<number, { at: number; match: Match }>;
  /** Where songs were put in the place of others, by their ids: they stay there as long as they are found. */
  swapped: ReadonlyMap<number, number>;
  /** Ids of songs that were taken off. */
  removed: ReadonlySet<number>;
}

export const untouched = (limit: number): Arrangement => ({ limit, locked: new Map(), swapped: new Map(), removed: new Set() });

/** Songs that were found, as a list that is arranged so. */
export function arranged(found: Match[], { limit, locked, swapped, removed }: Arrangement): Match[] {
  const byId = new Map(found.filter(({ track }) => !removed.has(track.id)).map((match) => [match.track.id, match]));
  const placed = new Map([...swapped].filter(([id]) => byId.has(id)).map(([id, at]) => [at, byId.get(id)!]));
  for (const [id, { at, match }] of locked) placed.set(at, byId.get(id) ?? match);
  for (const { track } of placed.values()) byId.delete(track.id);
  const others = [...byId.values()];
  const list: Match[] = [];
  while (list.length < limit) {
    const at = list.length;
    const next = placed.get(at) ?? others.shift();
    if (next === undefined) break;
    placed.delete(at);
    list.push(next);
  }
  // What is locked further down than the list is long is its end.
  return [...list, ...[...placed].sort(([a], [b]) => a - b).map(([, match]) => match)];
}

/** What outlives that the page is loaded again, while its tab is open: files that were sent are with the server. */
export interface Kept {
  pictures: string[];
  songs: string[];
  /** What was asked first, and how it is called. */
  begun: string;
  named: string;
  /** Where the point was moved to. */
  point: Affect | null;
  arrangements: ReadonlyMap<string, Arrangement>;
}

const KEPT = "img2music.find";

export function keep(kept: Kept): void {
  const write = (value: Kept): void =>
    sessionStorage.setItem(
      KEPT,
      JSON.stringify(value, (_, each) => (each instanceof Map ? { Map: [...each] } : each instanceof Set ? { Set: [...each] } : each)),
    );
  try {
    write(kept);
  } catch {
    write({ ...kept, arrangements: new Map() }); // there is no room for so many
  }
}

export const kept = (): Kept | null =>
  JSON.parse(sessionStorage.getItem(KEPT) ?? "null", (_, each) => {
    if (Array.isArray(each?.Map)) return new Map(each.Map);
    return Array.isArray(each?.Set) ? new Set(each.Set) : each;
  });
