import * as api from "./api";
import { titleOf } from "./affect";
import { session } from "./session.svelte";
import { t } from "./settings.svelte";

export const FORMATS = ["m3u8", "pls", "xspf", "jspf", "csv", "json"];

/** A song as the player and covers take it. */
export function matchOf({ track, passage }: api.PlaylistSong, index: number): api.Match {
  const position: [number, number] = [track.affect.valence, track.affect.arousal];
  return { rank: index + 1, track, position, similarity: 1, passage, explanation: null };
}

/** The playlists that are kept in the library, and the one that is open. */
class Playlists {
  all = $state.raw<api.PlaylistSummary[] | null>(null);
  open = $state.raw<api.Playlist | null>(null);
  collecting = $state.raw<api.PlaylistSong | null>(null); // what goes into a playlist that is being chosen

  #changing: Promise<unknown> = Promise.resolve();
  #waiting = 0; // changes that are not sent yet
  #batch = 0; // of changes that follow from each other; one that fails ends it

  async load(): Promise<void> {
    const found = await session.attempt(() => api.playlists());
    if (found) this.all = found;
  }

  async show(id: number | null): Promise<void> {
    if (id !== this.open?.id) this.open = null;
    if (id !== null) this.open = (await session.attempt(() => api.playlist(id))) ?? null;
  }

  named(name: string): api.PlaylistSummary | undefined {
    return this.all?.find((each) => each.name === name);
  }

  /** Keep songs under a name; those of a playlist that has it are replaced, which can be undone. */
  async save(name: string, songs: api.PlaylistSong[]): Promise<api.Playlist | undefined> {
    let before: api.Playlist | undefined;
    const again = (): void => void this.save(name, songs);
    const kept = await session.attempt(async () => {
      this.all = await api.playlists();
      const known = this.named(name);
      before = known && (await api.playlist(known.id));
      return before ? api.changePlaylist(before, { songs }) : api.keepPlaylist(name, songs);
    }, again);
    if (kept === undefined) return undefined;
    this.#took(kept);
    const { saved, updated } = t().playlists;
    session.tell((before ? updated : saved)(name), () =>
      before ? this.#put(kept, { songs: before.songs }) : this.#forget(kept),
    );
    return kept;
  }

  /** Put a song at the end of a playlist; one that is in it stays where it is. */
  async add(id: number, song: api.PlaylistSong): Promise<void> {
    const before = await session.attempt(() => api.playlist(id));
    if (!before) return;
    const title = titleOf(song.track, t().list.untitled);
    if (before.songs.some((each) => each.track.id === song.track.id)) {
      session.tell(t().playlists.there(title, before.name), null);
      return;
    }
    const kept = await this.#put(before, { songs: [...before.songs, song] });
    if (kept) session.tell(t().playlists.added(title, before.name), () => this.#put(kept, { songs: before.songs }));
  }

  /** Give the open playlist other songs, at once here, and then in the library. */
  arrange(songs: api.PlaylistSong[], told?: string): void {
    const before = this.open;
    if (!before) return;
    this.open = { ...before, songs };
    this.#waiting += 1;
    const batch = this.#batch;
    // One after the other: each has to know when the one before it was made.
    this.#changing = this.#changing.then(async () => {
      this.#waiting -= 1;
      if (batch !== this.#batch || this.open?.id !== before.id) return;
      const kept = await this.#put(this.open, { songs });
      if (kept && told !== undefined) session.tell(told, () => this.#put(kept, { songs: before.songs }));
    });
  }

  async smooth(): Promise<void> {
    const songs = this.open?.songs;
    if (!songs) return;
    const found = await session.attempt(() => api.smooth(songs));
    if (found && this.open?.songs === songs) this.arrange(found, t().playlists.smoothed);
  }

  async rename(name: string): Promise<boolean> {
    const before = this.open;
    if (!before || name === before.name) return true;
    return (await this.#put(before, { name })) !== undefined;
  }

  async remove(): Promise<boolean> {
    const before = this.open;
    if (!before || !(await this.#forget(before))) return false;
    session.tell(t().playlists.deleted(before.name), async () => {
      const again = await session.attempt(() => api.keepPlaylist(before.name, before.songs));
      if (again) this.#took(again);
    });
    return true;
  }

  async #put(seen: api.Playlist, change: { name?: string; songs?: api.PlaylistSong[] }): Promise<api.Playlist | undefined> {
    const kept = await this.#unlessChanged(seen, () => api.changePlaylist(seen, change));
    if (kept) this.#took(kept);
    else this.#batch += 1;
    return kept;
  }

  async #forget(seen: api.Playlist): Promise<boolean> {
    if (!(await this.#unlessChanged(seen, () => api.forgetPlaylist(seen)))) return false;
    if (this.open?.id === seen.id) this.open = null;
    await this.load();
    return true;
  }

  /** Do something with a playlist; if it was changed elsewhere meanwhile, that is told, and what it is now is shown. */
  async #unlessChanged<T>(seen: api.Playlist, work: () => Promise<T>): Promise<T | undefined> {
    session.told = null;
    const done = await session.attempt(async () => {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof api.Problem) || error.status !== 409) throw error;
        session.problem = t().playlists.elsewhere(seen.name);
        return undefined;
      }
    });
    if (done === undefined && this.open?.id === seen.id) {
      this.open = (await api.playlist(seen.id).catch(() => this.open)) ?? null;
    }
    return done;
  }

  #took(kept: api.Playlist): void {
    if (this.open?.id === kept.id) this.open = this.#waiting ? { ...kept, songs: this.open.songs } : kept;
    void this.load();
  }
}

export const playlists = new Playlists();
