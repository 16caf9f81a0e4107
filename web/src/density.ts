/** Draws a great many points of the affect plane as a density: each pixel shows how many points lie on it.
 *
 * A million points are counted into pixels in about ten milliseconds by one core, which needs no WebGL, looks the same
 * on every machine, and stays readable where points would cover each other.
 */

/** What of the plane is shown: its middle, and how many pixels (of the canvas) a unit is long. */
export interface View {
  valence: number;
  arousal: number;
  scale: number;
}

export interface Points {
  ids: Int32Array;
  valence: Float32Array;
  arousal: Float32Array;
}

type Colour = [number, number, number];
type Corners = [Colour, Colour, Colour, Colour];
/** Corners of the plane, as its background has them: sombre and lively, pleasant and lively, sombre and calm, pleasant and calm. */
const CORNERS: Record<"light" | "dark", Corners> = {
  light: [[196, 40, 44], [176, 110, 0], [62, 70, 190], [0, 122, 84]],
  dark: [[255, 128, 124], [255, 205, 96], [150, 160, 255], [104, 224, 176]],
};

const CELLS = 256; // along each side of the plane, to find what is near

/** Read `/api/plane`: in order of id, int32 id, float32 valence, float32 arousal a song, little-endian. */
export function pointsOf(octets: ArrayBuffer): Points {
  const [numbers, values] = [new Int32Array(octets), new Float32Array(octets)];
  const count = numbers.length / 3;
  const points = { ids: new Int32Array(count), valence: new Float32Array(count), arousal: new Float32Array(count) };
  for (let i = 0, at = 0; i < count; i++, at += 3) {
    points.ids[i] = numbers[at]!;
    points.valence[i] = values[at + 1]!;
    points.arousal[i] = values[at + 2]!;
  }
  return points;
}

/** The index of a song among points; -1 for none. */
export function indexOf({ ids }: Points, id: number): number {
  let [first, last] = [0, ids.length - 1];
  while (first <= last) {
    const middle = (first + last) >> 1;
    if (ids[middle] === id) return middle;
    if (ids[middle]! < id) first = middle + 1;
    else last = middle - 1;
  }
  return -1;
}

/** A canvas on which points are drawn. */
export class Density {
  #counts = new Uint32Array();
  #spread = new Uint32Array();
  #image: ImageData | null = null;
  #pixels = new Uint32Array();

  constructor(readonly canvas: HTMLCanvasElement) {}

  /** Draw what a view shows of points; returns how many are in sight. */
  draw(points: Points, view: View, theme: "light" | "dark"): number {
    const { width, height } = this.canvas;
    if (width === 0 || height === 0) return 0;
    const context = this.canvas.getContext("2d")!;
    if (this.#image?.width !== width || this.#image.height !== height) {
      this.#image = context.createImageData(width, height);
      this.#pixels = new Uint32Array(this.#image.data.buffer);
      this.#counts = new Uint32Array(width * height);
      this.#spread = new Uint32Array(width * height);
    }
    const { left, top } = cornerOf(view, width, height);
    const seen = count(this.#counts, points, left, top, view.scale, width, height);
    const radius = radiusOf(seen, this.canvas);
    const spread = radius === 0 ? this.#counts : discs(this.#counts, this.#spread, width, height, radius);
    colour(this.#pixels, spread, left, top, view.scale, width, height, CORNERS[theme]);
    context.putImageData(this.#image, 0, 0);
    return seen;
  }
}

const cornerOf = ({ valence, arousal, scale }: View, width: number, height: number) => ({
  left: valence - width / 2 / scale,
  top: arousal + height / 2 / scale,
});

function count(
  counts: Uint32Array,
  { valence, arousal }: Points,
  left: number,
  top: number,
  scale: number,
  width: number,
  height: number,
): number {
  counts.fill(0);
  let seen = 0;
  for (let i = 0; i < valence.length; i++) {
    const x = (valence[i]! - left) * scale;
    const y = (top - arousal[i]!) * scale;
    if (x >= 0 && x < width && y >= 0 && y < height) {
      counts[(y | 0) * width + (x | 0)]! += 1;
      seen += 1;
    }
  }
  return seen;
}

/** Each pixel has the colour of its place in the plane, and is the more opaque the more points lie on it. */
function colour(
  pixels: Uint32Array,
  counts: Uint32Array,
  left: number,
  top: number,
  scale: number,
  width: number,
  height: number,
  [topLeft, topRight, bottomLeft, bottomRight]: Corners,
): void {
  let most = 1;
  for (let at = 0; at < counts.length; at++) if (counts[at]! > most) most = counts[at]!;
  const shades = Uint8Array.from({ length: most + 1 }, (_, n) => 110 + (145 * Math.log1p(n)) / Math.log1p(most));
  pixels.fill(0);
  for (let y = 0, at = 0; y < height; y++) {
    const v = vivid(top - (y + 0.5) / scale);
    for (let x = 0; x < width; x++, at++) {
      const here = counts[at]!;
      if (here === 0) continue;
      const u = vivid(left + (x + 0.5) / scale);
      const [a, b, c, d] = [v * (1 - u), v * u, (1 - v) * (1 - u), (1 - v) * u];
      const red = a * topLeft[0] + b * topRight[0] + c * bottomLeft[0] + d * bottomRight[0];
      const green = a * topLeft[1] + b * topRight[1] + c * bottomLeft[1] + d * bottomRight[1];
      const blue = a * topLeft[2] + b * topRight[2] + c * bottomLeft[2] + d * bottomRight[2];
      pixels[at] = (shades[here]! << 24) | (blue << 16) | (green << 8) | red; // browsers' machines are little-endian
    }
  }
}

/** Most songs lie around the middle: colours are full half-way to the edge. */
const vivid = (value: number): number => Math.min(1, Math.max(0, 2 * value - 0.5));

/** Few points are drawn as discs, so that each is seen. */
function radiusOf(seen: number, canvas: HTMLCanvasElement): number {
  const share = seen / (canvas.width * canvas.height);
  const zoom = canvas.width / canvas.clientWidth || 1;
  return Math.round(zoom * (share < 0.0005 ? 4 : share < 0.005 ? 2.5 : share < 0.05 ? 1 : 0));
}

function discs(counts: Uint32Array, spread: Uint32Array, width: number, height: number, radius: number): Uint32Array {
  spread.fill(0);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const count = counts[at]!;
      if (count === 0) continue;
      for (let dy = -radius; dy <= radius; dy++) {
        if (y + dy < 0 || y + dy >= height) continue;
        const half = Math.floor(Math.sqrt(radius * radius - dy * dy));
        const [from, to] = [Math.max(0, x - half), Math.min(width - 1, x + half)];
        const row = (y + dy) * width;
        for (let pixel = row + from; pixel <= row + to; pixel++) spread[pixel]! += count;
      }
    }
  }
  return spread;
}

/** What of the plane holds all points but the outermost, with a margin. */
export function fitting({ valence, arousal }: Points, width: number, height: number): View {
  if (valence.length === 0) return { valence: 0.5, arousal: 0.5, scale: Math.min(width, height) };
  const [[left, right], [bottom, top]] = [extent(valence), extent(arousal)];
  const scale = 0.9 * Math.min(width / Math.max(right - left, 0.02), height / Math.max(top - bottom, 0.02));
  return { valence: (left + right) / 2, arousal: (bottom + top) / 2, scale };
}

function extent(values: Float32Array): [number, number] {
  const step = Math.ceil(values.length / 20_000);
  const some = Float32Array.from({ length: Math.ceil(values.length / step) }, (_, i) => values[i * step]!).sort();
  const out = Math.floor(some.length / 1000);
  return [some[out]!, some[some.length - 1 - out]!];
}

/** Finds the point next to a place: points by the cells of a grid. */
export class Grid {
  #starts = new Uint32Array(CELLS * CELLS + 1);
  #order: Uint32Array;

  constructor(readonly points: Points) {
    const { valence, arousal } = points;
    this.#order = new Uint32Array(valence.length);
    for (let i = 0; i < valence.length; i++) this.#starts[cellOf(valence[i]!, arousal[i]!) + 1]! += 1;
    for (let i = 1; i < this.#starts.length; i++) this.#starts[i]! += this.#starts[i - 1]!;
    const next = this.#starts.slice();
    for (let i = 0; i < valence.length; i++) this.#order[next[cellOf(valence[i]!, arousal[i]!)]!++] = i;
  }

  /** The index of the nearest point within a distance; -1 for none. */
  nearest(valence: number, arousal: number, within: number): number {
    let [found, least] = [-1, within * within];
    this.#visit(valence - within, valence + within, arousal - within, arousal + within, (i) => {
      const distance = (this.points.valence[i]! - valence) ** 2 + (this.points.arousal[i]! - arousal) ** 2;
      if (distance <= least) [found, least] = [i, distance];
    });
    return found;
  }

  /** The indices of the points within a polygon of the plane. */
  within(polygon: [number, number][]): number[] {
    const [xs, ys] = [polygon.map(([x]) => x), polygon.map(([, y]) => y)];
    const found: number[] = [];
    this.#visit(Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys), (i) => {
      if (holds(polygon, this.points.valence[i]!, this.points.arousal[i]!)) found.push(i);
    });
    return found;
  }

  #visit(left: number, right: number, bottom: number, top: number, take: (index: number) => void): void {
    const [from, to] = [alongOf(left), alongOf(right)];
    for (let row = alongOf(bottom); row <= alongOf(top); row++) {
      const end = this.#starts[row * CELLS + to + 1]!;
      for (let at = this.#starts[row * CELLS + from]!; at < end; at++) take(this.#order[at]!);
    }
  }
}

const alongOf = (value: number): number => Math.min(CELLS - 1, Math.max(0, Math.floor(value * CELLS)));
const cellOf = (valence: number, arousal: number): number => alongOf(arousal) * CELLS + alongOf(valence);

/** Whether a polygon holds a point: a ray from it crosses its sides an odd number of times. */
function holds(polygon: [number, number][], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [[xi, yi], [xj, yj]] = [polygon[i]!, polygon[j]!];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
