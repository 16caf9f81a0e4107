/** What the page asks the server about films; loaded with the view that does. */

import { address, call, read, send, type Affect, type Conditions, type Explanation, type Job, type Passage } from "./api";

export interface FilmFile {
  path: string;
  name: string;
  bytes: number;
  changed: string;
}

/** A folder of films that may be used; the first ones have no parent. */
export interface FilmFolder {
  folder: string | null;
  parent: string | null;
  folders: { path: string; name: string }[];
  films: FilmFile[];
  /** How many photos lie in it. */
  photos: number;
}

export interface Span {
  start: number;
  end: number;
}

export interface CueTrack {
  id: number | null;
  path: string;
  title: string | null;
  artist: string | null;
  duration: number | null;
}

export interface Cue extends Span {
  track: CueTrack;
  passage: Passage;
  fade_in: number;
  fade_out: number;
  gain_db: number;
  /** In English; worded from its parts where there are any. */
  why: string;
  explanation?: Explanation | null;
  beats?: { tempo: number | null } | null;
  pinned?: boolean;
  alternatives: { track: CueTrack; passage: Passage; note: string | null }[];
}

export interface Scene extends Span {
  affect: Affect;
  word: string;
}

export type OriginalSound = "keep" | "duck" | "drop";

/** A photo of an album, or a clip. */
export interface SheetPhoto {
  path: string;
  start: number;
  clip_start: number | null;
  caption: string | null;
}

export type Captions = "none" | "title" | "name";
export type Shape = "16:9" | "9:16" | "1:1";
export type Order = "date" | "mood" | "name";

export interface Slideshow {
  width: number;
  height: number;
  captions: Captions;
  still: boolean;
  photos: SheetPhoto[];
}

export interface Sheet {
  slideshow?: Slideshow;
  film: { path: string; duration: number; fps: number };
  scenes: Scene[];
  original?: { use: OriginalSound; duck_db: number; music_db?: number; speech: Span[] | null };
  cues: Cue[];
  banned?: CueTrack[];
}

/** What an undo or a redo would do. */
export interface Step {
  kind: Edit["kind"] | "spot" | "import";
  cue: number | null;
}

export interface ProjectSummary {
  id: number;
  kind: "film" | "album";
  /** The first photo of an album. */
  cover: string | null;
  name: string;
  film: { duration: number | null };
  updated: string;
  cues: number | null;
  job: number | null;
}

export interface Project {
  id: number;
  kind: "film" | "album";
  name: string;
  revision: number;
  film: { path: string; name: string; duration: number | null; fps: number | null };
  sheet: Sheet | null;
  /** Seconds for which music is chosen so far, while the rest is read. */
  drafted: number | null;
  undo: Step | null;
  redo: Step | null;
  job: number | null;
  /** Whether a browser can play the film already. */
  ready: boolean;
  /** What has become of it since its music was chosen. */
  film_state: "as read" | "changed" | "missing";
}

/** What is drawn of a film beside its pictures. */
export interface Curves {
  affect: [number, number, number][];
  cuts: number[];
  speech: [number, number][];
  beats: Record<string, number[]>;
  /** Whether songs are listened to still, so that there are more beats later. */
  listening: boolean;
}

export interface Gains {
  per_second: number;
  cues: { start: number; decibels: number[] }[];
}

export type Edit =
  | { kind: "border"; cue: number; edge: "start" | "end"; seconds: number }
  | { kind: "slip"; cue: number; seconds: number }
  | { kind: "split"; cue: number; at: number }
  | { kind: "join"; cue: number }
  | { kind: "silence"; start: number; end: number }
  | { kind: "remove"; cue: number }
  | { kind: "gain"; cue: number; db: number }
  | { kind: "fade"; cue: number; fade_in: number; fade_out: number }
  | { kind: "sound"; use: OriginalSound; duck_db: number; music_db?: number }
  | { kind: "swap"; cue: number; alternative?: number; track?: number }
  | { kind: "pin"; cue: number; pinned: boolean }
  | { kind: "ban"; track: number; banned: boolean }
  | { kind: "choose" }
  | { kind: "scene-border"; scene: number; seconds: number }
  | ({ kind: "scene-affect"; scene: number } & Affect)
  | { kind: "photo-move"; photo: number; to: number }
  | { kind: "photo-add"; names?: string[]; to?: number }
  | { kind: "photo-remove"; photo: number }
  | { kind: "photo-length"; photo: number; seconds: number }
  | { kind: "photo-caption"; photo: number; caption: string | null }
  | { kind: "album-order"; order: Order }
  | { kind: "album-length"; seconds?: number; total?: number }
  | { kind: "album-look"; captions?: Captions; shape?: Shape; still?: boolean };

/** A song in the place of another, to be heard before it is taken. */
export type Trial = { cue: number; track: number } | { cue: number; alternative: number };

export type Rendering = "film" | "music" | "stems";

/** A film to begin with: one that lies in a folder, or one that was sent. */
export type Film = { film: string } | { upload: string };

const PART = 8 << 20;

const query = (values: Record<string, string | number>): string =>
  new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)])).toString();

export const filmFolder = (path: string | null) => read<FilmFolder>(path === null ? "films" : `films?${query({ folder: path })}`);

/** Send a film in parts; after a lost connection it goes on where it was. */
export async function sendFilm(file: File, signal: AbortSignal, progress: (received: number) => void): Promise<string> {
  let { id, received } = await read<{ id: string; received: number }>("films/uploads", send({ name: file.name, bytes: file.size }, signal));
  for (let lost = 0; received < file.size; ) {
    try {
      const body = file.slice(received, received + PART);
      ({ received } = await read<{ received: number }>(`films/uploads/${id}?${query({ start: received })}`, { method: "PUT", body, signal }));
      lost = 0;
      progress(received);
    } catch (error) {
      if (signal.aborted || ++lost > 5) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000 * lost));
      ({ received } = await read<{ received: number }>(`films/uploads/${id}`, { signal }).catch(() => ({ received })));
    }
  }
  return id;
}

/** What the person wants of the songs of a new film, beside filters; null: as the server sees fit. */
export interface MusicWishes {
  songs: number | null;
  least_song: number | null;
}

export const beginProject = (film: Film, wishes: MusicWishes, filters: Conditions) =>
  read<Project>("projects", send({ ...film, options: { ...wishes, filters } }));

/** Photos of a folder, or photos and clips that were sent. */
export type Album = { folder: string } | { pictures: string[]; clips: string[]; name: string };

export const beginAlbum = (album: Album, wishes: MusicWishes, filters: Conditions) =>
  read<Project>("projects", send({ ...album, album: { order: "date" }, options: { ...wishes, filters } }));

/** Keep photos and clips that were sent for an album; the names by which they are added to it. */
export const keepPhotos = (id: number, pictures: string[], clips: string[]) =>
  read<{ names: string[] }>(`projects/${id}/photos`, send({ pictures, clips }));

export const isClip = ({ name, type }: File): boolean => /\.(3gp|avi|m2ts|m4v|mkv|mov|mp4|mpe?g|mts|webm|wmv)$/i.test(name) || type.startsWith("video/");

/** Have an album drawn as it is now. */
export const preview = ({ id }: Project) => read<Project>(`projects/${id}/preview`, { method: "POST" });

export const photo = (id: number, path: string, side: number): string => address(`projects/${id}/photos?${query({ path, side })}`);

/** Go on with what was exported on another machine. */
export function takeUp(file: File, film: Film): Promise<Project> {
  const body = new FormData();
  body.set("file", file);
  for (const [name, value] of Object.entries(film)) body.set(name, value);
  return read<Project>("projects/import", { method: "POST", body });
}

export const projects = async () => (await read<{ projects: ProjectSummary[] }>("projects")).projects;

export const project = (id: number) => read<Project>(`projects/${id}`);

/** A change of which the answer may get lost: asked for again by the same key, it is made once. */
export function keyed(init: RequestInit, key: string): RequestInit {
  return { ...init, headers: { ...init.headers, "Idempotency-Key": key } };
}

/** A key that no other change has; `crypto.randomUUID` is only for pages that are encrypted or of this machine. */
export const newKey = (): string => Array.from(crypto.getRandomValues(new Uint32Array(4)), (each) => each.toString(16)).join("-");

export const renameProject = ({ id, revision }: Project, name: string, key: string) =>
  read<Project>(`projects/${id}`, { ...keyed(send({ revision, name }), key), method: "PATCH" });

export const forgetProject = ({ id, revision }: Project) => call(`projects/${id}?${query({ revision })}`, { method: "DELETE" });

export const edit = ({ id, revision }: Project, change: Edit, key: string) =>
  read<Project>(`projects/${id}/edits`, keyed(send({ revision, edit: change }), key));

export const step = ({ id, revision }: Project, way: "undo" | "redo", key: string) =>
  read<Project>(`projects/${id}/${way}`, keyed(send({ revision }), key));

export const curves = (id: number) => read<Curves>(`projects/${id}/strip`);

export const gains = ({ id, revision }: Project) => read<Gains>(`projects/${id}/gains?${query({ revision })}`);

export const filmPeaks = (id: number) => read<{ peaks: number[]; per_second: number }>(`projects/${id}/peaks`);

export const picture = (id: number, values: { start: number; end: number; count: number; height: number }): string =>
  address(`projects/${id}/frames?${query(values)}`);

export const played = ({ id, kind, sheet }: Project): string =>
  address(`projects/${id}/film${kind === "album" ? `?of=${digest(JSON.stringify([sheet?.slideshow, sheet?.film.duration]))}` : ""}`);

/** Tells one look of an album from another, whose preview is another file (FNV-1a of 32 bits). */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36);
}

/** A piece of the sound as it will be rendered, and whether its level is final. */
export async function mix({ id, revision }: Project, start: number, seconds: number, trial: Trial | null, signal: AbortSignal) {
  const answer = await call(`projects/${id}/mix?${query({ revision, start, seconds, ...trial })}`, { signal });
  return { exact: answer.headers.get("X-Mastered") !== "estimated", wave: await answer.arrayBuffer() };
}

export const render = ({ id, revision }: Project, kind: Rendering) => read<Job>(`projects/${id}/render`, send({ revision, kind }));

export const exported = async (id: number, format: string) => (await call(`projects/${id}/export?${query({ format })}`)).blob();
