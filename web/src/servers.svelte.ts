import * as api from "./api";
import { session } from "./session.svelte";
import { t } from "./settings.svelte";

/** A music server or photo service that is connected. */
export interface Connection {
  name: string;
  kind: string;
  url: string;
  user: string | null;
  /** Where its password is kept. */
  secret: "keyring" | "file" | "environment" | "nowhere";
}

export interface Seen {
  connection: Connection;
  product: string;
  counts: Record<string, number>;
  notes: string[];
  remarks: api.Remark[];
}

export interface ServerPlaylist {
  id: string;
  name: string;
  songs: number | null;
  ours: boolean;
  /** What it stands for here. */
  playlist: string | null;
}

export type Need = "overwrite" | "take_over";

/** A song that the other side does not have, or may have. */
export interface LeftOut {
  track: number | null;
  song: string | null;
  name: string;
  why: string;
  reasons: api.Remark[];
  candidates: string[];
  candidate_ids: string[];
  /** Whether it may be one of these; else they are only most like it. */
  unsure: boolean;
}

/** What was done with a playlist, or would be. */
export interface Report {
  connection: string;
  name: string;
  playlist: string;
  done: "made" | "renewed" | "unchanged";
  needs: Need[];
  matched: { track: number; song: string; name: string; how: string }[];
  left_out: LeftOut[];
  kept?: number;
  notes: string[];
  remarks: api.Remark[];
}

/** A playlist here beside the one of a server. */
export interface Comparison {
  same: boolean;
  songs: { where: "both" | "here" | "there"; name: string; why: string; reasons: api.Remark[] }[];
}

/** Which songs of a server are tracks. */
export interface Matched {
  songs: number;
  mapped: number;
  ways: Record<string, number>;
  unsure: LeftOut[];
  absent: number;
  settled: { song: string; name: string; track: number | null; track_name: string | null }[];
}

export interface Likes {
  new: string[];
  known: number;
  left_out: LeftOut[];
}

export interface ServiceAlbum {
  id: string;
  name: string;
  photos: number | null;
}

/** A photo of a service, as it is told to be fetched. */
export interface ServicePhoto {
  id: string;
  name: string;
  taken: string | null;
  title: string | null;
  mark: string;
}

/** To a server, or from it. */
export type Way = "push" | "pull";

const AGAIN = 700; // milliseconds between looks at a job
const PATIENT = 300_000; // milliseconds: a server that is slow is asked more than once, and then told of
const RUNNING = ["waiting", "running"];
const PHOTOS = ["immich", "photoprism"];

class Servers {
  all = $state.raw<Connection[] | null>(null);
  music = $derived(this.all?.filter((each) => !PHOTOS.includes(each.kind)) ?? null);
  photos = $derived(this.all?.filter((each) => PHOTOS.includes(each.kind)) ?? null);

  async load(): Promise<void> {
    const found = await session.attempt(() => api.read<{ connections: Connection[] }>("connections"));
    if (found) this.all = found.connections;
  }

  see(name: string): Promise<Seen> {
    return api.read<Seen>(`connections/${name}`, undefined, PATIENT);
  }

  /** What is at an address. */
  async kind(url: string): Promise<string> {
    return (await api.read<{ kind: string }>("connections/kind", api.send({ url }), PATIENT)).kind;
  }

  async connect(login: Record<string, string>): Promise<Seen> {
    const seen = await api.read<Seen>("connections", api.send(login), PATIENT);
    session.tell(t().servers.connected(seen.connection.name), null);
    await this.load();
    return seen;
  }

  async forget(name: string): Promise<void> {
    if (!(await session.attempt(() => api.call(`connections/${name}`, { method: "DELETE" })))) return;
    session.tell(t().servers.forgotten(name), null);
    await this.load();
  }

  async playlists(name: string): Promise<ServerPlaylist[]> {
    return (await api.read<{ playlists: ServerPlaylist[] }>(`connections/${name}/playlists`, undefined, PATIENT)).playlists;
  }

  /** Take a playlist there or here, or have told what that would do. */
  exchange(name: string, way: Way, body: Record<string, unknown>, signal: AbortSignal, waiting: (job: api.Job) => void): Promise<Report> {
    return this.#matched(name, () => api.read<Report>(`connections/${name}/${way}`, api.send(body, signal), PATIENT), signal, waiting);
  }

  compare(name: string, playlist: number, signal: AbortSignal): Promise<Comparison> {
    return api.read<Comparison>(`connections/${name}/diff`, api.send({ playlist }, signal), PATIENT);
  }

  likes(name: string, to: "server" | "library", dry_run: boolean, signal: AbortSignal, waiting: (job: api.Job) => void): Promise<Likes> {
    return this.#matched(name, () => api.read<Likes>(`connections/${name}/likes`, api.send({ to, dry_run }, signal), PATIENT), signal, waiting);
  }

  /** Which songs are tracks; with `refresh`, all of them are read again before. */
  async songs(name: string, refresh: boolean, signal: AbortSignal, waiting: (job: api.Job) => void): Promise<Matched> {
    if (refresh) await this.#match(name, true, signal, waiting);
    return this.#matched(name, () => api.read<Matched>(`connections/${name}/songs`, { signal }, PATIENT), signal, waiting);
  }

  /** Say which track a song is, or that it is none. */
  settle(name: string, song: string, track: number | null): Promise<Response> {
    return api.call(`connections/${name}/songs`, { ...api.send({ song, track }), method: "PUT" });
  }

  unsettle(name: string, song: string): Promise<Response> {
    return api.call(`connections/${name}/songs?${new URLSearchParams({ song })}`, { method: "DELETE" });
  }

  async albums(name: string): Promise<ServiceAlbum[]> {
    return (await api.read<{ albums: ServiceAlbum[] }>(`connections/${name}/albums`, undefined, PATIENT)).albums;
  }

  async photosOf(name: string, what: { album: string } | { search: string }): Promise<ServicePhoto[]> {
    const path = `connections/${name}/photos?${new URLSearchParams(what)}`;
    return (await api.read<{ photos: ServicePhoto[] }>(path, undefined, PATIENT)).photos;
  }

  fetch(name: string, photo: ServicePhoto, large: boolean, signal?: AbortSignal): Promise<api.Picture> {
    return api.read<api.Picture>("pictures/fetch", api.send({ connection: name, ...photo, large }, signal), PATIENT);
  }

  /** Ask what needs a server's songs to be matched: many are matched by a job first. */
  async #matched<T>(name: string, ask: () => Promise<T>, signal: AbortSignal, waiting: (job: api.Job) => void): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof api.Problem) || error.type !== "not-ready") throw error;
    }
    await this.#match(name, false, signal, waiting);
    return ask();
  }

  async #match(name: string, refresh: boolean, signal: AbortSignal, waiting: (job: api.Job) => void): Promise<void> {
    const open = (await api.jobs()).find((each) => each.kind === "match" && each.name === name && RUNNING.includes(each.state));
    let job = open ?? (await api.beginJob({ kind: "match", connection: name, refresh }));
    while (RUNNING.includes(job.state)) {
      waiting(job);
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
      signal.throwIfAborted();
      job = await api.job(job.id);
    }
    if (job.state === "failed") await this.see(name); // which tells what is wrong, where that is still so
    if (job.state !== "done") throw new api.Problem(409, job.error ?? t().library.state[job.state]);
  }
}

export const servers = new Servers();
