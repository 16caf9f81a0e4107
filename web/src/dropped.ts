/** Files that were dropped or chosen: what is sent of them, by the rules by which the command reads folders. */

export type Kind = "picture" | "song";

export interface Given {
  file: File;
  kind: Kind;
}

export interface Taken {
  given: Given[];
  /** Pictures and songs that a folder holds, but that are not asked for. */
  leftOut: number;
  folder: boolean;
}

const PICTURE = /\.(avif|bmp|gif|heic|heif|jfif|jp2|jpe|jpe?g|png|ppm|tiff?|webp)$/i;
const SONG =
  /\.(aac|ac3|aif[cf]?|alac|ape|au|caf|dff|dsf|eac3|flac|m4[ab]|mka|mp[123+]|mpa|mpc|mpga|og[ag]|oma|opus|ra|shn|snd|spx|tak|tta|voc|w64|wave?|weba|wma|wv)$/i;
/** As `img2music.matching.query_reading.COVER`. */
const COVER = /^((cover|folder|front|back|album|artwork|booklet|inlay|cd|disc|thumb)[ _.-]*[0-9]*\.|albumart)/i;
/** As `img2music.connectors.folders.SYSTEM_FOLDER`. */
const SYSTEM_FOLDER = new RegExp(
  [
    "@eadir|@tmp|@sharebin|@__thumb|#recycle|#snapshot|@recycle|@recently-snapshot|trashbox|(network )?recycle bin( .*)?",
    "\\$recycle\\.bin|s-1-5-[0-9-]+|system volume information|\\$windows\\.~.*|lost\\+found|found\\.[0-9]{3}|lost\\.dir",
    "__macosx|network trash folder|temporary items|files_trashbin|files_versions|ipod photo cache|.*\\.lrdata",
  ]
    .map((some) => `^(${some})$`)
    .join("|"),
  "i",
);

type Located = [path: string, file: File];

const kindOf = ({ name, type }: File): Kind =>
  SONG.test(name) || (type.startsWith("audio/") && !PICTURE.test(name)) ? "song" : "picture";

/** What is sent of a folder: its pictures, but for hidden ones and for covers of songs. */
function ofFolder(files: Located[]): Taken {
  const seen = files.filter(([path]) => !path.split("/").some((part) => part.startsWith(".") || SYSTEM_FOLDER.test(part)));
  const songs = seen.filter(([path]) => SONG.test(path));
  const pictures = seen.filter(([path, file]) => PICTURE.test(path) || file.type.startsWith("image/"));
  const wanted = pictures.filter(([path, { name }]) => {
    const folder = path.slice(0, path.length - name.length);
    return !COVER.test(name) || !songs.some(([song]) => song.startsWith(folder));
  });
  wanted.sort(([a], [b]) => a.localeCompare(b, undefined, { numeric: true }));
  const given = wanted.map(([, file]): Given => ({ file, kind: "picture" }));
  return { given, leftOut: songs.length + pictures.length - wanted.length, folder: true };
}

/** What was chosen by an input, or pasted. */
export function chosen(files: Iterable<File>): Taken {
  const all = [...files];
  if (all.some((file) => file.webkitRelativePath)) return ofFolder(all.map((file) => [file.webkitRelativePath, file]));
  return { given: all.map((file) => ({ file, kind: kindOf(file) })), leftOut: 0, folder: false };
}

/** What was dropped; to be called while the event lasts. */
export async function dropped(transfer: DataTransfer): Promise<Taken> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const files = [...transfer.files];
  const folders = entries.filter((entry) => entry?.isDirectory) as FileSystemDirectoryEntry[];
  const alone = chosen(files.filter((_, index) => !entries[index]?.isDirectory));
  if (!folders.length) return alone;
  const inside = ofFolder((await Promise.all(folders.map(walk))).flat());
  return { given: [...alone.given, ...inside.given], leftOut: inside.leftOut, folder: true };
}

async function walk(folder: FileSystemDirectoryEntry): Promise<Located[]> {
  const reader = folder.createReader();
  const found: Located[] = [];
  for (;;) {
    // A folder is read a hundred at a time; one that can't be read is as an empty one.
    const some = await new Promise<FileSystemEntry[]>((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) return found;
    for (const entry of some) {
      if (entry.isDirectory) found.push(...(await walk(entry as FileSystemDirectoryEntry)));
      else {
        const file = await new Promise<File | null>((resolve) => (entry as FileSystemFileEntry).file(resolve, () => resolve(null)));
        if (file) found.push([entry.fullPath.slice(1), file]);
      }
    }
  }
}
