import * as api from "./api";
import { clamp, stemOf, titleOf, wordOf } from "./affect";
import { player } from "./player.svelte";
import { t } from "./settings.svelte";

const FIRST = 10;
/** How long what was done is shown, with its undoing; what was said can be undone in its list at any time. */
const TOLD = 20_000;

/** What is asked, the songs that answer it, and what the person has said. */
class Session {
  tracks = $state<number | null>(null);
  pictures = $state<api.Picture[]>([]);
  picture = $state<api.Picture | null>(null);
  query = $state.raw<api.Query | null>(null);
  named = $state(""); // the word or song that was asked for
  read = $state.raw<api.Recommendation | null>(null); // the answer before the point was moved
  answer = $state.raw<api.Recommendation | null>(null); // the last one
  point = $state.raw<api.Affect | null>(null); // where the point is on the plane
  matches = $state.raw<api.Match[]>([]);
  locked = $state.raw(new Set<number>());
  said = $state.raw<api.Said[]>([]);
  reading = $state(0);
  waiting = $state(false);
  problem = $state<string | null>(null);
  told = $state.raw<{ text: string; undo: (() => void) | null } | null>(null);
  login = $state(false);
  more = $state(false); // whether there may be more songs

  #begun = ""; // what was asked first; until something else is, locks and what was taken off hold
  #limit = FIRST;
  #removed = new Set<number>();
  #asking = new AbortController();
  #following = false; // the point moved while the list for where it was is on its way
  #forgetting = 0;

  liked = $derived(
    new Map(this.said.filter((each) => each.kind === "like" && each.track && !each.picture).map((each) => [keyOf(each.track!), each])),
  );
  moved = $derived(
    this.read !== null &&
      this.point !== null &&
      Math.hypot(this.point.valence - this.read.position[0], this.point.arousal - this.read.position[1]) > 0.004,
  );

  /** Do something on the server; what goes wrong is told in one line. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work();
      if (this.problem === t().offline) this.problem = null;
      return result;
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return undefined;
      if (!(error instanceof api.Problem)) throw error;
      if (error.status === 401) this.login = true;
      else this.problem = error.status === 0 ? t().offline : error.message;
      return undefined;
    }
  }

  async open(): Promise<void> {
    await this.attempt(async () => {
      this.tracks = (await api.health()).tracks;
      this.said = await api.said();
    });
  }

  async upload(files: File[]): Promise<void> {
    const wrong: string[] = [];
    let first = true;
    this.reading += files.length;
    for (const file of files) {
      this.problem = null;
      const picture = await this.attempt(() => api.upload(file));
      this.reading -= 1;
      if (this.problem !== null) wrong.push(this.problem);
      if (picture === undefined) continue;
      this.pictures.push(picture);
      if (first) this.show(picture);
      first = false;
    }
    if (wrong.length) this.problem = wrong.join("\n");
  }

  show(picture: api.Picture): void {
    this.picture = picture;
    this.#begin({ picture: picture.id }, "");
  }

  drop(picture: api.Picture): void {
    this.pictures = this.pictures.filter((each) => each.id !== picture.id);
    void this.attempt(() => api.forget(picture.id));
    if (this.picture?.id !== picture.id) return;
    const next = this.pictures[0];
    if (next) return this.show(next);
    this.#asking.abort();
    [this.picture, this.query, this.read, this.point, this.matches] = [null, null, null, null, []];
    player.queue = [];
  }

  mood(word: string): void {
    this.picture = null;
    this.#begin({ emotion: word }, word);
  }

  moreLike(track: api.Track): void {
    this.picture = null;
    this.#begin({ track: track.id }, titleOf(track, t().list.untitled));
  }

  /** Move the point; the list follows. */
  move(valence: number, arousal: number): void {
    const point = { valence: clamp(valence), arousal: clamp(arousal) };
    this.point = point;
    this.query = { point };
    if (this.read === null || this.picture === null) this.named = "";
    // One request at a time: if each ended the one before it, none would come back while the point is dragged.
    if (this.waiting) this.#following = true;
    else void this.#ask();
  }

  nudge(valence: number, arousal: number): void {
    if (this.point) this.move(this.point.valence + valence, this.point.arousal + arousal);
  }

  putBack(): void {
    if (this.picture) this.show(this.picture);
  }

  askMore(): void {
    this.#limit += FIRST;
    void this.#ask();
  }

  lock(track: api.Track): void {
    const locked = new Set(this.locked);
    if (!locked.delete(track.id)) locked.add(track.id);
    this.locked = locked;
  }

  remove(track: api.Track): void {
    const before = this.matches;
    this.#removed.add(track.id);
    this.locked = new Set([...this.locked].filter((each) => each !== track.id));
    this.#show(before.filter((each) => each.track.id !== track.id));
    this.tell(t().list.removed(titleOf(track, t().list.untitled)), () => {
      this.#removed.delete(track.id);
      this.told = null;
      this.#show(before);
    });
  }

  async like(track: api.Track): Promise<void> {
    const known = this.liked.get(keyOf(track));
    if (known) await this.unsay(known);
    else await this.#say({ track: track.id, says: { like: true } });
  }

  async never(track: api.Track): Promise<void> {
    const entry = await this.#say({ track: track.id, says: { never: true } });
    if (entry === undefined) return;
    if (this.locked.has(track.id)) this.lock(track);
    if (player.match?.track.id === track.id) player.stop();
    this.#renew();
    this.tell(t().list.banned(titleOf(track, t().list.untitled)), () => void this.unsay(entry));
  }

  /** Remember where the person feels the picture. */
  async feel(): Promise<void> {
    const { picture, point } = this;
    if (!picture || !point) return;
    const entry = await this.#say({ picture: picture.id, says: { position: point } });
    if (entry === undefined) return;
    this.tell(t().correct.saved, () => void this.unsay(entry));
    this.show(picture);
  }

  async unsay(entry: api.Said): Promise<void> {
    this.told = null;
    await this.attempt(async () => {
      await api.unsay(entry.id);
      this.said = await api.said();
    });
    if (entry.kind !== "like") this.#renew();
  }

  #say(what: Record<string, unknown>): Promise<api.Said | undefined> {
    return this.attempt(async () => {
      const entry = await api.say(what);
      this.said = await api.said();
      return entry;
    });
  }

  /** Tell what was done, with its undoing. */
  tell(text: string, undo: (() => void) | null): void {
    this.told = { text, undo };
    clearTimeout(this.#forgetting);
    this.#forgetting = window.setTimeout(() => (this.told = null), TOLD);
  }

  /** Ask again what was asked, after something was said. */
  #renew(): void {
    if (this.picture && this.query && "picture" in this.query) this.show(this.picture);
    else void this.#ask();
  }

  #begin(query: api.Query, named: string): void {
    [this.query, this.named, this.read] = [query, named, null];
    const begun = JSON.stringify(query);
    if (begun !== this.#begun) [this.#begun, this.#limit, this.#removed, this.locked] = [begun, FIRST, new Set(), new Set()];
    void this.#ask();
  }

  async #ask(): Promise<void> {
    const query = this.query;
    if (query === null) return;
    this.#following = false;
    this.#asking.abort();
    const asking = (this.#asking = new AbortController());
    this.waiting = true;
    const wanted = this.#limit + this.#removed.size + this.locked.size;
    const found = await this.attempt(() => api.recommend(query, wanted, asking.signal));
    if (asking !== this.#asking) return;
    this.waiting = false;
    if (found !== undefined && !("point" in query)) {
      this.read = found;
      if (!this.#following) this.point = { valence: found.position[0], arousal: found.position[1] };
    }
    if (this.#following) void this.#ask();
    if (found === undefined) return;
    this.answer = found;
    this.more = found.matches.length === wanted;
    this.#show(this.#arranged(found.matches));
  }

  /** Locked songs stay where they are, those taken off stay away, and the others fill the list. */
  #arranged(found: api.Match[]): api.Match[] {
    const held = new Map(
      [...this.matches.entries()].filter(([, each]) => this.locked.has(each.track.id)),
    );
    const fresh = found.filter((each) => !this.#removed.has(each.track.id) && !this.locked.has(each.track.id));
    const list: api.Match[] = [];
    while (list.length < this.#limit) {
      const next = held.get(list.length) ?? fresh.shift();
      if (next === undefined) break;
      list.push(next);
    }
    return list;
  }

  #show(matches: api.Match[]): void {
    this.matches = matches;
    player.queue = matches;
  }

  /** What the list is like, in words. */
  get title(): string {
    const { list, words } = t();
    if (this.picture && !this.moved) return list.like(stemOf(this.picture.name));
    if (this.query && "track" in this.query) return list.like(this.named);
    if (this.query && "emotion" in this.query) return list.word(words[this.named as keyof typeof words] ?? this.named);
    return this.point ? list.word(words[wordOf(this.point)]) : list.heading;
  }
}

/** What a track is known by in what was said. */
export const keyOf = (track: Pick<api.Track, "content" | "identifier">): string => track.content ?? track.identifier ?? "";

export const session = new Session();
