/** The HTTP API of `img2music serve`, as far as the page uses it; what the server sends is described at /api/openapi.json. */

export interface Affect {
  valence: number;
  arousal: number;
}

export interface Picture {
  id: string;
  name: string;
  affect: Affect;
  spread: Affect | null;
}

export interface Track {
  id: number;
  path: string | null;
  duration: number | null;
  affect: Affect;
  features: { loudness: number | null; tempo: number | null; key: number | null; mode: number | null };
  content: string | null;
  title: string | null;
  artist: string | null;
  album: string | null;
  identifier: string | null;
  missing: boolean;
}

export interface Passage {
  start: number;
  end: number;
}

export interface Match {
  rank: number;
  track: Track;
  position: [number, number];
  similarity: number;
  passage: Passage | null;
  reason: string;
}

export interface Recommendation {
  query: { affect: Affect; word: string; spread: Affect | null };
  position: [number, number];
  matches: Match[];
  region: [number, number][] | null;
}

export interface PlaylistSummary {
  id: number;
  name: string;
  created: string;
  updated: string;
  songs: number;
  covers: number[];
}

export interface PlaylistSong {
  track: Track;
  passage: Passage | null;
}

export interface Playlist extends Omit<PlaylistSummary, "songs" | "covers"> {
  songs: PlaylistSong[];
}

export type Query = { picture: string } | { track: number } | { point: Affect } | { emotion: string };

export interface Said {
  id: number;
  said: string;
  kind: "affect" | "like" | "never" | "fits" | "unfit";
  affect: Affect | null;
  track: Pick<Track, "path" | "identifier" | "title" | "artist" | "content"> | null;
  picture: { path: string; content: string } | null;
}

/** An error as the server tells it (RFC 9457), or that it can't be reached (status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

export const address = (path: string): string => new URL(`api/${path}`, document.baseURI).href;

async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("X-Img2music", "1");
  let response: Response;
  try {
    response = await fetch(address(path), { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Problem(0, "");
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Problem(response.status, problem.detail ?? problem.title ?? response.statusText);
  }
  return response;
}

const read = async <T>(path: string, init?: RequestInit): Promise<T> => (await call(path, init)).json();

const send = (body: unknown, signal?: AbortSignal): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
  signal,
});

export const health = () => read<{ version: string; tracks: number }>("health");

export async function upload(file: File): Promise<Picture> {
  const body = new FormData();
  body.set("file", file);
  return read<Picture>("pictures", { method: "POST", body });
}

export type Axis = "valence" | "arousal";

/** What each part of a picture does to its reading: rows from above. */
export type Moved = Record<Axis, number[][]>;

export const moved = (picture: string) => read<Moved>(`pictures/${picture}/explanation`);

export const forget = (picture: string) => call(`pictures/${picture}`, { method: "DELETE" });

export async function recommend(query: Query, limit: number, signal: AbortSignal): Promise<Recommendation> {
  const found = await read<{ recommendations: Recommendation[]; errors: { error: string }[] }>(
    "recommend",
    send({ query, limit }, signal),
  );
  const first = found.recommendations[0];
  if (first === undefined) throw new Problem(422, found.errors[0]?.error ?? "");
  return first;
}

export const plane = async () => (await call("plane")).arrayBuffer();

export const track = (id: number) => read<Track>(`tracks/${id}`);

export const search = async (words: string) =>
  (await read<{ tracks: Track[] }>(`tracks?${new URLSearchParams({ search: words, limit: "100" })}`)).tracks;

export const peaks = (track: number) => read<{ peaks: number[]; per_second: number }>(`tracks/${track}/peaks`);

export const said = async () => (await read<{ feedback: Said[] }>("feedback")).feedback;

export const say = (what: Record<string, unknown>) => read<Said>("feedback", send(what));

export const unsay = (id: number) => call(`feedback/${id}`, { method: "DELETE" });

const chosen = (songs: { track: { id: number }; passage: Passage | null }[]) => songs.map(({ track, passage }) => ({ id: track.id, ...passage }));

export async function playlistFile(name: string, format: string, songs: PlaylistSong[]): Promise<Blob> {
  return (await call("playlists/export", send({ name, format, tracks: chosen(songs) }))).blob();
}

export const playlists = async () => (await read<{ playlists: PlaylistSummary[] }>("playlists")).playlists;

export const playlist = (id: number) => read<Playlist>(`playlists/${id}`);

export const keepPlaylist = (name: string, songs: PlaylistSong[]) =>
  read<Playlist>("playlists", send({ name, tracks: chosen(songs) }));

export const changePlaylist = ({ id, updated }: Playlist, change: { name?: string; songs?: PlaylistSong[] }) =>
  read<Playlist>(`playlists/${id}`, {
    ...send({ updated, name: change.name, tracks: change.songs && chosen(change.songs) }),
    method: "PUT",
  });

export const forgetPlaylist = (id: number) => call(`playlists/${id}`, { method: "DELETE" });

export const smooth = async (songs: { track: { id: number }; passage: Passage | null }[]) =>
  (await read<{ songs: PlaylistSong[] }>("playlists/order", send({ tracks: chosen(songs) }))).songs;

export const login = (password: string) => call("session", send({ password }));

export const logins = () => read<{ admitted: boolean; password: boolean; oidc: boolean }>("session");
