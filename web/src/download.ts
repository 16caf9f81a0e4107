import * as api from "./api";
import { session } from "./session.svelte";

/** Write songs to a file of a playlist, and have the browser keep it. */
export async function download(name: string, format: string, songs: api.PlaylistSong[]): Promise<void> {
  const file = await session.attempt(() => api.playlistFile(name, format, songs));
  if (file) save(file, name, format);
}

export function save(file: Blob, name: string, ending: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${name.replace(/[\\/:*?"<>|\p{Cc}]+/gu, " ").trim() || "playlist"}.${ending}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
