import * as api from "./api";
import { clamp, stemOf, titleOf, wordOf } from "./affect";
import { arranged, keep, kept, untouched, type Arrangement, type Kept } from "./arrangement";
import { filters } from "./filters.svelte";
import { player } from "./player.svelte";
import { remarked, t } from "./settings.svelte";

const FIRST = 10;
/** Songs that the server gives at once. */
const MOST = 500;
/** How long what was done is shown, with its undoing; what was said can be undone in its list at any time. */
const TOLD = 20_000;
/** Milliseconds after which it is looked whether a server answers again that could not be reached. */
const LOOK_AGAIN = 3_000;
/** A file that was sent, kept so that it can be sent again. */
export interface Source {
  send: (signal?: AbortSignal) => Promise<api.Picture | api.Song>;
  order: number;
}

/** What went wrong, in the page's language where it is met often. */
export function describe(error: api.Problem, name = ""): string {
  const said = error.status === 0 ? t().offline : ((error.remark && remarked(error.remark)) ?? (t().problems as Record<string, string>)[error.type]);
  if (said === undefined) return error.message;
  return name ? `${name}: ${said}` : said;
}

/** What is asked, the songs that answer it, and what the person has said. */
class Session {
  tracks = $state<number | null>(null);
  pictures = $state<api.Picture[]>([]);
  picture = $state<api.Picture | null>(null);
  songs = $state<api.Song[]>([]);
  query = $state.raw<api.Query | null>(null);
  named = $state(""); // the word or song that was asked for
  read = $state.raw<api.Recommendation | null>(null); // the answer before the point was moved
  answer = $state.raw<api.Recommendation | null>(null); // the last one
  point = $state.raw<api.Affect | null>(null); // where the point is on the plane
  matches = $state.raw<api.Match[]>([]);
  said = $state.raw<api.Said[]>([]);
  waiting = $state(false);
  problem = $state<string | null>(null);
  /** What the person said that is not kept yet, since the server could not be reached. */
  unkept = $state.raw<(() => void)[]>([]);
  #again = $state.raw<(() => void) | null>(null); // what else to do again, where that failed
  nothingLeft = $state(false); // no song meets the conditions
  stale = $state(false); // the list is from before what was asked last
  told = $state.raw<{ text: string; undo: (() => void) | null } | null>(null);
  login = $state(false);
  more = $state(false); // whether there may be more songs

  #begun = ""; // what was asked first; until something else is, the arrangement holds
  #answered = ""; // the same of what the list shows
  #arrangement = $state.raw(untouched(FIRST));
  #arrangements = new Map<string, Arrangement>(); // by what was asked first
  #restored = false;
  #asking = new AbortController();
  #sources = new Map<string, Source>(); // by the ids of what was sent
  #tabs = new BroadcastChannel("img2music");
  #following = false; // the point moved while the list for where it was is on its way
  #forgetting = 0;
  #away = $state(false); // whether what is told is that the server can't be reached
  #looking = 0;

  liked = $derived(
    new Map(this.said.filter((each) => each.kind === "like" && each.track && !each.picture).map((each) => [keyOf(each.track!), each])),
  );
  moved = $derived(
    this.read !== null &&
      this.point !== null &&
      Math.hypot(this.point.valence - this.read.position[0], this.point.arousal - this.read.position[1]) > 0.004,
  );

  constructor() {
    this.#tabs.onmessage = () => void this.hear();
    addEventListener("focus", () => void this.hear());
    addEventListener("online", () => (this.again || this.#away) && this.retry());
    addEventListener("pagehide", () => this.#keepAll());
    document.addEventListener("visibilitychange", () => document.hidden && this.#keepAll()); // phones then end it unasked
  }

  get locked(): Arrangement["locked"] {
    return this.#arrangement.locked;
  }

  /** How many songs were taken off the list. */
  get removed(): number {
    return this.#arrangement.removed.size;
  }

  #arrange(change: Partial<Arrangement>): void {
    this.#arrangement = { ...this.#arrangement, ...change };
    this.#arrangements.set(this.#begun, this.#arrangement);
  }

  /** Do something on the server; what goes wrong is told in one line, and can be tried `again`. */
  async attempt<T>(work: () => Promise<T>, again: (() => void) | null = null): Promise<T | undefined> {
    try {
      const result = await work();
      if (this.unkept.length || this.#away) this.retry(); // the server can be reached again
      return result;
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return undefined;
      if (!(error instanceof api.Problem)) throw error;
      if (again !== null && api.passing(error)) this.#again = again;
      if (error.status === 401) this.login = true;
      else this.fault(error);
      return undefined;
    }
  }

  /** Tell what went wrong. */
  fault(error: api.Problem): void {
    if (!this.unkept.length) this.problem = describe(error);
    if (error.status === 0) this.#lookAgain();
  }

  /** Take back by itself that the server can't be reached, and do again what failed, once it answers. */
  #lookAgain(): void {
    this.#away = true;
    clearTimeout(this.#looking);
    this.#looking = window.setTimeout(async () => {
      if (!this.#away) return;
      if (await api.answers()) this.retry();
      else if (this.#away) this.#lookAgain();
    }, LOOK_AGAIN);
  }

  /** Have something kept that the person says; until it is, it is not forgotten. */
  #keep<T>(work: () => Promise<T>, again: () => void): Promise<T | undefined> {
    return this.attempt(async () => {
      try {
        return await work();
      } catch (error) {
        if (error instanceof api.Problem && api.passing(error)) {
          this.unkept = [...this.unkept, again];
          if (error.status !== 401) this.problem = t().drop.notKept(this.unkept.length);
        }
        throw error;
      }
    });
  }

  get again(): boolean {
    return this.unkept.length > 0 || this.#again !== null;
  }

  retry(): void {
    const acts = [...this.unkept, this.#again];
    this.dismiss();
    for (const act of acts) act?.();
  }

  dismiss(): void {
    [this.problem, this.#again, this.unkept, this.#away] = [null, null, [], false];
  }

  async open(): Promise<void> {
    const work = async (): Promise<boolean> => {
      const { tracks } = await api.health();
      this.said = await api.said();
      const before = this.#restored ? null : await this.#restore();
      this.tracks = tracks;
      if (before && tracks && this.query === null) this.#goOn(before);
      return true;
    };
    const again = this.#again; // what a login was needed for
    this.#again = null;
    if (await this.attempt(work, () => void this.open())) again?.();
  }

  /** Learn how many songs there are by now. */
  async count(): Promise<void> {
    this.tracks = (await api.health().catch(() => null))?.tracks ?? this.tracks; // whoever does something is told
  }

  #keepAll(): void {
    if (!this.#restored) return;
    keep({
      pictures: this.pictures.map((each) => each.id),
      songs: this.songs.map((each) => each.id),
      begun: this.query ? this.#begun : "",
      named: this.named,
      point: this.query && "point" in this.query ? this.point : null,
      arrangements: this.#arrangements,
    });
  }

  /** Bring back what was there before the page was loaded again, but for what the server has forgotten. */
  async #restore(): Promise<Kept | null> {
    const before = kept();
    if (before) {
      const there = async <T>(ids: string[], get: (id: string) => Promise<T>): Promise<T[]> => {
        const unlessGone = (error: unknown): null => {
          if (error instanceof api.Problem && error.type === "gone") return null;
          throw error;
        };
        return (await Promise.all(ids.map((id) => get(id).catch(unlessGone)))).filter((each) => each !== null);
      };
      const [pictures, songs] = await Promise.all([there(before.pictures, api.picture), there(before.songs, api.song)]);
      if (this.#restored) return null; // meanwhile
      this.pictures.unshift(...pictures); // others may have been given meanwhile
      this.songs.unshift(...songs);
      this.#arrangements = new Map(before.arrangements);
    }
    this.#restored = true;
    return before;
  }

  /** Ask what was asked before the page was loaded again. */
  #goOn({ begun, named, point }: Kept): void {
    const asked: api.Query | null = begun ? JSON.parse(begun) : null;
    if (asked && "pictures" in asked) {
      if (this.pictures.length) this.showTogether();
      return;
    }
    if (asked && "picture" in asked) {
      const picture = this.pictures.find((each) => each.id === asked.picture) ?? this.pictures[0];
      if (picture) this.show(picture);
      if (picture?.id !== asked.picture) return;
    } else if (asked) {
      if ("song" in asked && !this.songs.some((each) => each.id === asked.song)) return;
      this.#begin(asked, named);
    }
    if (point) this.move(point.valence, point.arousal);
  }

  /** Learn what was said in another tab or on another device. */
  async hear(): Promise<void> {
    if (this.tracks === null || this.login) return;
    if (this.tracks === 0) void this.count();
    const said = await api.said().catch(() => null); // whoever does something is told
    if (said === null || said.map((each) => each.id).join() === this.said.map((each) => each.id).join()) return;
    this.said = said;
    this.renew();
  }

  addPicture(picture: api.Picture, source: Source, show: boolean): void {
    this.#sources.set(picture.id, source);
    const after = this.pictures.findIndex((each) => (this.#sources.get(each.id)?.order ?? -1) > source.order);
    this.pictures.splice(after < 0 ? this.pictures.length : after, 0, picture);
    if (show) this.show(this.pictures.find((each) => each.id === picture.id)!);
  }

  addSong(song: api.Song, source: Source, show: boolean): void {
    this.#sources.set(song.id, source);
    this.songs.push(song);
    if (show) this.showSong(this.songs.at(-1)!);
  }

  /** All that was given has been sent. */
  uploaded(): void {
    if (this.together) this.showTogether();
  }

  together = $derived(this.query !== null && "pictures" in this.query);

  /** One playlist for all pictures. */
  showTogether(): void {
    [this.picture, this.point] = [null, null];
    this.#begin({ pictures: this.pictures.map((each) => each.id) }, "");
  }

  showSong(song: api.Song): void {
    this.picture = null;
    this.#begin({ song: song.id }, titleOf(song.track, t().list.untitled));
  }

  show(picture: api.Picture): void {
    this.picture = picture;
    this.#begin({ picture: picture.id }, "");
  }

  drop(picture: api.Picture): void {
    this.pictures = this.pictures.filter((each) => each.id !== picture.id);
    this.#sources.delete(picture.id);
    void api.forget(picture.id).catch(() => undefined); // it is gone with the server at the latest
    if (this.together && this.pictures.length) return this.showTogether();
    if (this.picture?.id !== picture.id && !this.together) return;
    const next = this.pictures[0];
    if (next) this.show(next);
    else this.#clear();
  }

  dropSong(song: api.Song): void {
    this.songs = this.songs.filter((each) => each.id !== song.id);
    this.#sources.delete(song.id);
    if (this.query && "song" in this.query && this.query.song === song.id) this.#clear();
  }

  #clear(): void {
    this.#asking.abort();
    [this.picture, this.query, this.read, this.point, this.matches, this.waiting] = [null, null, null, null, [], false];
    player.queue = [];
    [this.#begun, this.#arrangement] = ["", untouched(FIRST)];
  }

  /** `shown` is how the person said the word. */
  mood(word: string, shown = word): void {
    this.picture = null;
    this.#begin({ emotion: word }, shown);
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
    this.#arrange({ limit: this.#arrangement.limit + FIRST });
    void this.#ask();
  }

  lock(track: api.Track): void {
    const locked = new Map(this.locked);
    const at = this.matches.findIndex((each) => each.track.id === track.id);
    if (!locked.delete(track.id)) locked.set(track.id, { at, match: this.matches[at]! });
    this.#arrange({ locked });
  }

  remove(track: api.Track): void {
    const { locked, removed } = this.#arrangement;
    const change = { locked: new Map([...locked].filter(([id]) => id !== track.id)), removed: new Set([...removed, track.id]) };
    const left = this.matches.filter((each) => each.track.id !== track.id);
    this.#rearrange(change, left, t().list.removed(titleOf(track, t().list.untitled)));
  }

  /** Show again what was taken off the list. */
  putBackRemoved(): void {
    this.#arrange({ removed: new Set(), swapped: new Map() });
    void this.#ask();
  }

  /** Put the song that is most alike of those that are not shown in the place of one. */
  async swap({ track, picture }: api.Match): Promise<void> {
    const query = this.query;
    const untitled = t().list.untitled;
    const own = this.pictures.find((each) => each.id === picture);
    const gone = (): Set<number> => new Set([...this.matches.map((each) => each.track.id), ...this.#arrangement.removed]);
    const wanted = Math.min(MOST, gone().size + FIRST);
    const found = await this.attempt(() =>
      this.#sent(() => api.recommend(own ? { picture: own.id } : this.query!, wanted, filters.conditions)),
    );
    const at = this.matches.findIndex((each) => each.track.id === track.id);
    if (found === undefined || query !== this.query || at < 0) return;
    const shown = gone();
    const [best] = found.matches.filter((each) => !shown.has(each.track.id)).sort((a, b) => b.similarity - a.similarity);
    if (best === undefined) return this.tell(t().list.noOther(titleOf(track, untitled)), null);
    const next = { ...best, picture: own?.id };
    const { swapped, removed } = this.#arrangement;
    const change = { swapped: new Map([...swapped, [next.track.id, at]]), removed: new Set([...removed, track.id]) };
    const told = t().list.swapped(titleOf(track, untitled), titleOf(next.track, untitled), Math.round(100 * next.similarity));
    this.#rearrange(change, this.matches.with(at, next), told);
  }

  /** Change the list, which can be undone. */
  #rearrange(change: Partial<Arrangement>, matches: api.Match[], told: string): void {
    const [begun, shown, { swapped, removed }] = [this.#begun, this.matches, this.#arrangement];
    this.#arrange(change);
    this.#show(matches);
    this.tell(told, () => {
      this.told = null;
      this.#arrangements.set(begun, { ...this.#arrangements.get(begun)!, swapped, removed });
      if (begun !== this.#begun) return;
      this.#arrangement = this.#arrangements.get(begun)!;
      if (this.matches === matches) this.#show(shown);
      else void this.#ask();
    });
  }

  async like(track: api.Track): Promise<void> {
    const known = this.liked.get(keyOf(track));
    if (known) await this.unsay(known);
    else await this.#say(() => ({ track: track.id, says: { like: true } }), () => void this.like(track));
  }

  async never(track: api.Track): Promise<void> {
    const entry = await this.#say(() => ({ track: track.id, says: { never: true } }), () => void this.never(track));
    if (entry === undefined) return;
    if (this.locked.has(track.id)) this.lock(track);
    if (player.match?.track.id === track.id) player.stop();
    this.renew();
    this.tell(t().list.banned(titleOf(track, t().list.untitled)), () => void this.unsay(entry));
  }

  /** Say whether a song fits the picture. */
  async fits(track: api.Track, fits: boolean): Promise<void> {
    const picture = this.picture;
    if (!picture) return;
    const entry = await this.#say(
      () => ({ picture: picture.id, track: track.id, says: { fits } }),
      () => void this.fits(track, fits),
    );
    if (entry === undefined) return;
    const title = titleOf(track, t().list.untitled);
    if (!fits) this.renew();
    this.tell(fits ? t().list.saidFits(title) : t().list.saidUnfit(title), () => void this.unsay(entry));
  }

  /** Remember where the person feels the picture. */
  async feel(): Promise<void> {
    const { picture, point } = this;
    if (!picture || !point) return;
    const entry = await this.#say(() => ({ picture: picture.id, says: { position: point } }), () => void this.feel());
    if (entry === undefined) return;
    this.tell(t().correct.saved, () => void this.unsay(entry));
    this.show(picture);
  }

  async unsay(entry: api.Said): Promise<void> {
    this.told = null;
    const done = await this.#keep(
      async () => {
        await api.unsay(entry.id).catch((error: unknown) => {
          if (!(error instanceof api.Problem && error.status === 404)) throw error; // another tab took it back
        });
        this.said = await api.said();
        this.#tabs.postMessage("said");
        return true;
      },
      () => void this.unsay(entry),
    );
    if (done && entry.kind !== "like") this.renew();
  }

  /** `what` is made when it is sent: a picture may have another id by then. */
  #say(what: () => Record<string, unknown>, again: () => void): Promise<api.Said | undefined> {
    return this.#keep(async () => {
      const entry = await this.#sent(() => api.say(what()));
      this.said = await api.said().catch(() => [...this.said, entry]);
      this.#tabs.postMessage("said");
      return entry;
    }, again);
  }

  /** Do what needs files that were sent; if the server has forgotten them, they are sent again. */
  async #sent<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof api.Problem) || error.type !== "gone" || !(await this.#sendAgain())) throw error;
    }
    return work();
  }

  /** Whether what the question needs was sent again; files from before the page was loaded again are not at hand. */
  async #sendAgain(): Promise<boolean> {
    const query = this.query;
    const pictures = this.pictures.filter((each) => each === this.picture || (query && "pictures" in query));
    const needed = [...pictures, ...this.songs.filter((each) => query && "song" in query && each.id === query.song)];
    if (needed.some((each) => !this.#sources.has(each.id))) return false;
    for (const each of needed) {
      const [before, source] = [each.id, this.#sources.get(each.id)!];
      const { id } = await source.send();
      this.#sources.set((each.id = id), source); // the same object with another id: whoever shows it goes on
      this.#rename(before, id);
    }
    return true;
  }

  #rename(before: string, now: string): void {
    const renamed = (match: api.Match): api.Match => (match.picture === before ? { ...match, picture: now } : match);
    this.matches = this.matches.map(renamed);
    this.query = JSON.parse(JSON.stringify(this.query).replaceAll(before, now));
    [this.#begun, this.#answered] = [this.#begun.replaceAll(before, now), this.#answered.replaceAll(before, now)];
    this.#arrangements = new Map(
      [...this.#arrangements].map(([begun, each]) => {
        const locked = new Map([...each.locked].map(([id, { at, match }]) => [id, { at, match: renamed(match) }]));
        return [begun.replaceAll(before, now), { ...each, locked }];
      }),
    );
    this.#arrangement = this.#arrangements.get(this.#begun) ?? this.#arrangement;
  }

  /** Tell what was done, with its undoing. */
  tell(text: string, undo: (() => void) | null): void {
    this.told = { text, undo };
    clearTimeout(this.#forgetting);
    this.#forgetting = window.setTimeout(() => (this.told = null), TOLD);
  }

  /** Ask again what was asked, after something was said or the conditions have changed. */
  renew(): void {
    if (this.picture && this.query && "picture" in this.query) this.show(this.picture);
    else void this.#ask();
  }

  #begin(query: api.Query, named: string): void {
    [this.query, this.named, this.read] = [query, named, null];
    const begun = JSON.stringify(query);
    if (begun !== this.#begun) {
      const limit = "pictures" in query ? Math.max(FIRST, query.pictures.length) : FIRST;
      [this.#begun, this.#arrangement] = [begun, this.#arrangements.get(begun) ?? untouched(limit)];
    }
    void this.#ask();
  }

  async #ask(): Promise<void> {
    const query = this.query;
    if (query === null) return;
    this.#following = false;
    this.#asking.abort();
    const asking = (this.#asking = new AbortController());
    this.waiting = true;
    const { limit, removed } = this.#arrangement;
    const wanted = Math.min(MOST, limit + removed.size + this.locked.size);
    const found = await this.attempt(
      () => this.#sent(() => api.recommend(this.query!, wanted, filters.conditions, asking.signal)).catch((error: unknown) => this.#none(error)),
      () => void this.#ask(),
    );
    if (asking !== this.#asking) return;
    this.waiting = false;
    if (found && !("point" in query)) {
      this.read = found;
      if (!this.#following && !this.together) this.point = { valence: found.position[0], arousal: found.position[1] };
    }
    if (this.#following) void this.#ask();
    this.stale = found === undefined;
    if (found === undefined) {
      if (this.#answered !== this.#begun) this.#show([]); // what is there answers something else
      return;
    }
    this.#answered = this.#begun;
    this.nothingLeft = found === null;
    this.answer = found;
    this.more = found !== null && found.matches.length >= wanted && wanted < MOST;
    this.#show(found === null ? [] : arranged(found.matches, this.#arrangement));
  }

  /** That no song meets the conditions is an answer, too. */
  #none(error: unknown): null {
    if (error instanceof api.Problem && error.type === "nothing-left") return null;
    throw error;
  }

  #show(matches: api.Match[]): void {
    this.matches = matches;
    player.queue = matches;
  }

  /** What the list is like, in words. */
  get title(): string {
    const { list, words } = t();
    if (this.picture && !this.moved) return list.like(stemOf(this.picture.name));
    if (this.together) return list.together(this.pictures.length);
    if (this.query && ("track" in this.query || "song" in this.query)) return list.like(this.named);
    if (this.query && "emotion" in this.query) return list.word(words[this.named as keyof typeof words] ?? this.named);
    return this.point ? list.word(words[wordOf(this.point)]) : list.heading;
  }
}

/** What a track is known by in what was said. */
export const keyOf = (track: Pick<api.Track, "content" | "identifier">): string => track.content ?? track.identifier ?? "";

export const session = new Session();
