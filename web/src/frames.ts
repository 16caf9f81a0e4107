import { picture } from "./films";
import type { Pictures, Window } from "./strip";

const COUNT = 8; // pictures of one request
const AT_ONCE = 2;
const KEPT = 150;
const COARSER = 7; // scales above one whose pictures may stand in for it
const HEIGHT = 56;

/** The film's pictures at even distances, a row of them a request, at the scales of halves of each other. */
export class Frames implements Pictures {
  #rows = new Map<string, ImageBitmap | null>(); // null: on its way
  #wanted: [string, number, number][] = []; // what is seen and lacks
  #loading = 0;
  #aspect = 16 / 9;
  #closed = false;

  constructor(
    readonly project: number,
    readonly duration: number,
    readonly fps: number,
    readonly changed: () => void,
  ) {}

  close(): void {
    this.#closed = true;
    for (const row of this.#rows.values()) row?.close();
    this.#rows.clear();
  }

  draw(context: CanvasRenderingContext2D, { from, scale, width }: Window, top: number, height: number): void {
    const whole = height * this.#aspect;
    const power = Math.max(0, Math.floor(Math.log2((whole * this.fps) / scale)));
    const step = 2 ** power / this.fps;
    this.#wanted = [];
    const last = Math.min(from + width / scale, this.duration);
    for (let n = Math.floor(from / step); n * step < last; n++) {
      const left = (n * step - from) * scale;
      const slot = Math.min(step, this.duration - n * step) * scale;
      for (let coarser = 0; coarser <= COARSER; coarser++) {
        const index = Math.floor(n / 2 ** coarser);
        const row = this.#row(power + coarser, Math.floor(index / COUNT), coarser === 0);
        if (!row) continue;
        const each = row.width / this.#count(power + coarser, Math.floor(index / COUNT));
        const seen = Math.min(each, (slot / height) * row.height); // what has room of its middle
        const right = Math.min(slot, whole);
        context.drawImage(row, (index % COUNT) * each + (each - seen) / 2, 0, seen, row.height, left, top, right, height);
        break;
      }
    }
    for (let free = AT_ONCE - this.#loading; free > 0; free--) void this.#load();
  }

  /** How many pictures a row has: the last one of a scale may have fewer. */
  #count(power: number, row: number): number {
    return Math.max(1, Math.min(COUNT, Math.ceil((this.duration * this.fps) / 2 ** power - row * COUNT - 1e-6)));
  }

  #row(power: number, row: number, wanted: boolean): ImageBitmap | null {
    const key = `${power}/${row}`;
    const found = this.#rows.get(key);
    if (found) {
      this.#rows.delete(key); // those used last are kept
      this.#rows.set(key, found);
    } else if (found === undefined && wanted && !this.#wanted.some(([each]) => each === key)) this.#wanted.push([key, power, row]);
    return found ?? null;
  }

  async #load(): Promise<void> {
    if (this.#loading >= AT_ONCE || this.#closed) return;
    const next = this.#wanted.shift();
    if (next === undefined) return;
    const [key, power, row] = next;
    this.#loading += 1;
    this.#rows.set(key, null);
    const [step, count] = [2 ** power / this.fps, this.#count(power, row)];
    const start = row * COUNT * step;
    const end = Math.min(start + count * step, this.duration);
    try {
      const height = HEIGHT * (devicePixelRatio > 1.25 ? 2 : 1);
      const answer = await fetch(picture(this.project, { start, end, count, height }));
      if (!answer.ok) throw new Error(answer.statusText);
      const image = await createImageBitmap(await answer.blob());
      if (this.#closed) return image.close();
      this.#aspect = image.width / count / image.height;
      this.#rows.set(key, image);
      const oldest = [...this.#rows].filter(([, each]) => each).slice(0, Math.max(0, this.#rows.size - KEPT));
      for (const [each, before] of oldest) {
        before!.close();
        this.#rows.delete(each);
      }
      this.changed();
    } catch {
      // Its place stays empty until it is looked at again.
      setTimeout(() => this.#rows.get(key) === null && this.#rows.delete(key), 5000);
    } finally {
      this.#loading -= 1;
      void this.#load();
    }
  }
}
