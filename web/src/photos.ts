/** Photos of an album as they are drawn along its strip, and a clock by which it plays while its preview is drawn. */

import { photo, type Sheet } from "./films";
import type { Pictures, Window } from "./strip";

const SIDE = 240; // pixels of a photo on the strip
const AT_ONCE = 4;
const KEPT = 300;

const images = new Map<string, ImageBitmap | null>(); // by address; null: on its way. Those used last are the last.

/** A thumbnail for each photo, from where it begins to be seen. */
export class PhotoPictures implements Pictures {
  #wanted: string[] = [];
  #loading = 0;
  #closed = false;

  constructor(
    readonly project: number,
    readonly sheet: Sheet,
    readonly changed: () => void,
  ) {}

  close(): void {
    this.#closed = true;
  }

  draw(context: CanvasRenderingContext2D, { from, scale, width }: Window, top: number, height: number): void {
    const photos = this.sheet.slideshow?.photos ?? [];
    this.#wanted = [];
    for (const [index, { path, start }] of photos.entries()) {
      const left = (start - from) * scale;
      const room = ((photos[index + 1]?.start ?? this.sheet.film.duration) - start) * scale;
      if (left + room < 0 || left > width) continue;
      const source = photo(this.project, path, SIDE);
      const image = this.#image(source);
      if (!image) continue;
      // Side by side as often as there is room, and the middle of it where there is room for less than one.
      const whole = (image.width / image.height) * height;
      const last = Math.min(room, width - left);
      for (let x = Math.max(0, Math.floor(-left / whole)) * whole; x < last; x += whole) {
        const share = Math.min(1, (room - x) / whole);
        const cut = x === 0 ? (image.width * (1 - share)) / 2 : 0;
        context.drawImage(image, cut, 0, image.width * share, image.height, left + x, top, whole * share, height);
      }
    }
    for (let free = AT_ONCE - this.#loading; free > 0; free--) void this.#load();
  }

  #image(source: string): ImageBitmap | null {
    const found = images.get(source);
    if (found) {
      images.delete(source);
      images.set(source, found);
    } else if (found === undefined) this.#wanted.push(source);
    return found ?? null;
  }

  async #load(): Promise<void> {
    if (this.#loading >= AT_ONCE || this.#closed) return;
    const source = this.#wanted.shift();
    if (source === undefined) return;
    this.#loading += 1;
    images.set(source, null);
    try {
      const answer = await fetch(source);
      if (!answer.ok) throw new Error(answer.statusText);
      images.set(source, await createImageBitmap(await answer.blob()));
      const oldest = [...images].filter(([, each]) => each).slice(0, Math.max(0, images.size - KEPT));
      for (const [each] of oldest) images.delete(each);
    } catch {
      // Its place stays empty until it is looked at again.
      setTimeout(() => images.get(source) === null && images.delete(source), 5000);
    } finally {
      this.#loading -= 1;
      this.changed();
      void this.#load();
    }
  }
}

/** The number of the photo that is seen at a time. */
export function shownAt(sheet: Sheet, seconds: number): number {
  const photos = sheet.slideshow?.photos ?? [];
  let found = 0;
  while (found + 1 < photos.length && photos[found + 1]!.start <= seconds) found += 1;
  return found;
}

/** Goes on as a video does that has no pictures. */
export class PhotoClock extends EventTarget {
  readonly seeking = false;
  paused = true;
  #since = 0; // milliseconds by the clock of `performance`
  #at = 0; // seconds of the album, then
  #ending = 0;

  /** `duration` is that of the album, as it is now. */
  constructor(readonly duration: () => number) {
    super();
  }

  get currentTime(): number {
    return this.paused ? this.#at : Math.min(this.duration(), this.#at + (performance.now() - this.#since) / 1000);
  }

  set currentTime(seconds: number) {
    [this.#at, this.#since] = [seconds, performance.now()];
    queueMicrotask(() => this.dispatchEvent(new Event("seeked")));
  }

  async play(): Promise<void> {
    if (!this.paused) return;
    [this.paused, this.#since] = [false, performance.now()];
    const look = (): void => {
      if (this.paused) return;
      if (this.currentTime >= this.duration()) {
        this.pause();
        this.dispatchEvent(new Event("ended"));
      } else this.#ending = window.setTimeout(look, 50);
    };
    look();
  }

  pause(): void {
    if (this.paused) return;
    clearTimeout(this.#ending);
    this.#at = this.currentTime;
    this.paused = true;
  }
}
