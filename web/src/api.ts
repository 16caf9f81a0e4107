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

/** A song that was sent. */
export interface Song {
  id: string;
  name: string;
  track: Track;
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

export type Side = "sombre" | "pleasant" | "calm" | "lively";

/** Why a song was chosen, in parts. */
export interface Explanation {
  likeness: "alike" | "nearest" | "further";
  filtered: boolean;
  shared: Side[];
  differs: Side[];
  standing: { side: Side | null; percent: number | null } | null;
  liked: boolean;
}

export interface Match {
  rank: number;
  track: Track;
  position: [number, number];
  similarity: number;
  passage: Passage | null;
  explanation: Explanation | null;
  /** The picture that it plays for, in one playlist for several. */
  picture?: string;
}

export interface Recommendation {
  query: { kind: "image" | "song" | "point"; affect: Affect; spread: Affect | null };
  position: [number, number];
  matches: Match[];
  region: [number, number][] | null;
}

export type Query =
  | { picture: string }
  | { pictures: string[] }
  | { song: string }
  | { track: number }
  | { point: Affect }
  | { emotion: string };

/** Conditions, by the names that the server has for them. */
export type Conditions = Record<string, string | number | boolean | (string | number)[]>;
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

export interface Said {
  id: number;
  said: string;
  kind: "affect" | "like" | "never" | "fits" | "unfit";
  affect: Affect | null;
  track: Pick<Track, "path" | "identifier" | "title" | "artist" | "content"> | null;
  picture: { path: string; content: string } | null;
  /** Where they put a picture in the space of the match. */
  position: Affect | null;
}

/** What the server remarks on a song, a playlist or a server, as a code and what it is about. */
export interface Remark {
  code: string;
  values: string[];
}

/** An error as the server tells it (RFC 9457), or that it can't be reached (status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
    /** What is after `urn:img2music:` in its type, if it has one. */
    readonly type: string = "",
    readonly remark: Remark | null = null,
  ) {
    super(detail);
  }
}

/** Whether it may go better another time. */
export const passing = ({ status }: Problem): boolean => [0, 401, 408].includes(status) || status >= 500;

/** Milliseconds after which a connection counts as lost; what is sent may take longer. */
const LONGEST = 60_000;

export const address = (path: string): string => new URL(`api/${path}`, document.baseURI).href;

export async function call(path: string, init: RequestInit = {}, longest = LONGEST): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("X-Img2music", "1");
  const signals = init.body instanceof FormData ? [] : [AbortSignal.timeout(longest)];
  if (init.signal) signals.push(init.signal);
  let response: Response;
  try {
    response = await fetch(address(path), { ...init, headers, signal: AbortSignal.any(signals) });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Problem(0, "");
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Problem(response.status, problem.detail ?? problem.title ?? response.statusText, problem.type?.replace(/^.*:/, ""), problem.remark);
  }
  return response;
}

/** Whether the server answers, be it that there is nothing, or nothing that can be used. */
export const reachable = (path: string): Promise<boolean> =>
  call(path, { method: "HEAD" }).then(
    () => true,
    (error: unknown) => error instanceof Problem && !passing(error),
  );

export const read = async <T>(path: string, init?: RequestInit, longest?: number): Promise<T> => (await call(path, init, longest)).json();

export const send = (body: unknown, signal?: AbortSignal): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
  signal,
});

/** Whether the server answers at all, be it only that a login is needed. */
export const answers = (): Promise<boolean> =>
  call("health").then(
    () => true,
    (error: unknown) => error instanceof Problem && (error.status === 401 || !passing(error)),
  );

export const health = () => read<{ version: string; tracks: number }>("health");

const upload = <T>(path: string, file: File, signal?: AbortSignal): Promise<T> => {
  const body = new FormData();
  body.set("file", file);
  return read<T>(path, { method: "POST", body, signal });
};

export const sendPicture = (file: File, signal?: AbortSignal) => upload<Picture>("pictures", file, signal);

export const sendSong = (file: File, signal?: AbortSignal) => upload<Song>("songs", file, signal);

export const picture = (id: string) => read<Picture>(`pictures/${id}`);

export const song = (id: string) => read<Song>(`songs/${id}`);

export type Axis = "valence" | "arousal";

/** What each part of a picture does to its reading: rows from above. */
export type Moved = Record<Axis, number[][]>;

export const moved = (picture: string) => read<Moved>(`pictures/${picture}/explanation`);

export const forget = (picture: string) => call(`pictures/${picture}`, { method: "DELETE" });

/** The songs for a query; those of one playlist for several pictures in order of playing. */
export async function recommend(query: Query, limit: number, conditions: Conditions, signal?: AbortSignal): Promise<Recommendation> {
  const { per_artist, per_album, ...filters } = conditions;
  const { recommendations, errors } = await read<{ recommendations: Recommendation[]; errors: { error: string }[] }>(
    "recommend",
    send({ query, limit, per_artist, per_album, filters }, signal),
  );
  const first = recommendations[0];
  if (first === undefined) throw new Problem(422, errors[0]?.error ?? "");
  if (!("pictures" in query)) return first;
  const matches = recommendations.flatMap((each, index) => each.matches.map((match) => ({ ...match, picture: query.pictures[index] })));
  return { ...first, matches: matches.sort((a, b) => a.rank - b.rank) };
}

/** Where all songs stand in the space of the match, or their affects as they were read. */
export const plane = async (absolute: boolean) => (await call(absolute ? "plane?absolute=true" : "plane")).arrayBuffer();

export const track = (id: number) => read<Track>(`tracks/${id}`);

export const search = async (words: string) =>
  (await read<{ tracks: Track[] }>(`tracks?${new URLSearchParams({ search: words, limit: "100" })}`)).tracks;

export const emotions = async () => (await read<{ emotions: string[] }>("emotions")).emotions;

export const genres = async () => (await read<{ genres: { name: string; tracks: number }[] }>("genres")).genres;

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

export const forgetPlaylist = ({ id, updated }: Playlist) =>
  call(`playlists/${id}?${new URLSearchParams({ updated })}`, { method: "DELETE" });

export const smooth = async (songs: { track: { id: number }; passage: Passage | null }[]) =>
  (await read<{ songs: PlaylistSong[] }>("playlists/order", send({ tracks: chosen(songs) }))).songs;

export const login = (password: string) => call("session", send({ password }));

export const logins = () => read<{ admitted: boolean; password: boolean; oidc: boolean }>("session");

export interface Job {
  id: number;
  kind: "scan" | "import" | "tag" | "export" | "film" | "proxy" | "render" | "match";
  state: "waiting" | "running" | "done" | "failed" | "cancelled" | "interrupted";
  name: string;
  created: string;
  stage: string | null;
  done: number | null;
  total: number | null;
  unit: string | null;
  item: string | null;
  rate: number | null;
  left: number | null;
  result: Record<string, number> | null;
  error: string | null;
  options: string[];
  /** The film that it is about. */
  project?: number | null;
  events: number;
}

export interface Folder {
  id: string;
  path: string;
  tracks: number;
}

export const folders = async () => (await read<{ folders: Folder[] }>("folders")).folders;

export const beginJob = (job: Record<string, unknown>) => read<Job>("jobs", send(job));

export async function importFile(file: File): Promise<Job> {
  const body = new FormData();
  body.set("file", file);
  return read<Job>("jobs/import", { method: "POST", body });
}

export const job = (id: number) => read<Job>(`jobs/${id}`);

export const jobs = async () => (await read<{ jobs: Job[] }>("jobs")).jobs;

export const cancelJob = (id: number) => read<Job>(`jobs/${id}/cancel`, { method: "POST" });

export const retryJob = (id: number) => read<Job>(`jobs/${id}/retry`, { method: "POST" });

export const forgetJob = (id: number) => call(`jobs/${id}`, { method: "DELETE" });

export const jobLog = async (id: number) => (await read<{ lines: { id: number; text: string }[] }>(`jobs/${id}/log`)).lines;

export interface Library {
  location: string;
  bytes: number | null;
  present: number;
  missing: number;
  without_file: number;
  failures: number;
  silent: number;
  seconds: number;
  analyzers: Record<string, number>;
}

export const library = () => read<Library>("library");

export interface FailedFile {
  path: string;
  error: string;
  kind: "unreadable" | "unreached" | "damaged" | "silent" | "crashed" | "timeout" | "memory" | "unexpected";
  silent: boolean;
}

export const failures = async () => (await read<{ failures: FailedFile[] }>("library/failures")).failures;

export const duplicates = () => read<{ recordings: Track[][]; total: number }>("library/duplicates");

export const decades = async () => (await read<{ decades: { decade: number; tracks: number }[] }>("library/decades")).decades;

export const models = async () =>
  (await read<{ models: { name: string; origin: string; default: boolean }[] }>("library/models")).models;
