import * as api from "./api";
import { session } from "./session.svelte";
import { t } from "./settings.svelte";

/** A music server or photo service that is connected. */
export interface Connection {
  name: string;
  kind: string;
  url: string;
  user: string | null;
}

export interface Seen {
  connection: Connection;
  product: string;
  counts: Record<string, number>;
  notes: string[];
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

/** What was done with a playlist, or would be. */
export interface Report {
  connection: string;
  name: string;
  playlist: string;
  done: "made" | "renewed" | "unchanged";
  needs: Need[];
  matched: { track: number; song: string; name: string; how: string }[];
  left_out: { name: string; why: string; candidates: string[] }[];
  kept?: number;
  notes: string[];
}

/** To a server, or from it. */
export type Way = "push" | "pull";

const AGAIN = 700; // milliseconds between looks at a job
const RUNNING = ["waiting", "running"];
const PHOTOS = ["immich", "photoprism"];

class Servers {
  all = $state.raw<Connection[] | null>(null);
  music = $derived(this.all?.filter((each) => !PHOTOS.includes(each.kind)) ?? null);

  async load(): Promise<void> {
    const found = await session.attempt(() => api.read<{ connections: Connection[] }>("connections"));
    if (found) this.all = found.connections;
  }

  see(name: string): Promise<Seen> {
    return api.read<Seen>(`connections/${name}`);
  }

  async connect(login: Record<string, string>): Promise<Seen> {
    const seen = await api.read<Seen>("connections", api.send(login));
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
    return (await api.read<{ playlists: ServerPlaylist[] }>(`connections/${name}/playlists`)).playlists;
  }

  /** Take a playlist there or here, or have told what that would do; many songs are matched by a job first. */
  async exchange(
    name: string,
    way: Way,
    body: Record<string, unknown>,
    signal: AbortSignal,
    waiting: (job: api.Job) => void,
  ): Promise<Report> {
    const ask = (): Promise<Report> => api.read<Report>(`connections/${name}/${way}`, api.send(body, signal));
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof api.Problem) || error.type !== "not-ready") throw error;
    }
    const open = (await api.jobs()).find((each) => each.kind === "match" && each.name === name && RUNNING.includes(each.state));
    let job = open ?? (await api.beginJob({ kind: "match", connection: name }));
    while (RUNNING.includes(job.state)) {
      waiting(job);
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
      signal.throwIfAborted();
      job = await api.job(job.id);
    }
    if (job.state !== "done") throw new api.Problem(409, job.error ?? t().library.state[job.state]);
    return ask();
  }
}

export const servers = new Servers();
