/** The strip of a film: where things lie on it, what lies at a point, and how it is drawn. */

import { hueOf } from "./affect";
import type { Cue, Curves, Gains, Sheet, Span } from "./films";

/** Pixels from above, and of height. */
export const ROWS = { ruler: [0, 24], scenes: [24, 22], frames: [48, 56], affect: [108, 46], sound: [158, 38], cues: [202, 88] } as const;
export const HEIGHT = 296;
const EDGE = 7; // pixels by which an edge may be missed
const SNAP = 9; // pixels within which an edge jumps to a cut or a beat
const TITLE = 22; // pixels of a cue above its waveform
const QUIETEST = -36; // decibels at the foot of a cue
const APART = 3; // pixels from point to point of a curve: software takes long over strokes with many corners
const TOUCHING = 0.1; // seconds by which cues may be apart that touch, as for the server
const SHORTEST = 0.5; // seconds that an edge leaves of a cue

export type Edge = "start" | "end";

/** The part of the film's time that is seen. */
export interface Window {
  from: number; // seconds
  scale: number; // pixels a second
  width: number; // pixels
}

/** What a waveform is drawn from, halved again and again, so that every scale finds its peaks at once. */
export class Levels {
  #levels: Uint8Array[];

  constructor(
    peaks: ArrayLike<number>,
    readonly perSecond: number,
  ) {
    this.#levels = [Uint8Array.from(peaks)];
    for (let finer = this.#levels[0]!; finer.length > 64; finer = this.#levels.at(-1)!) {
      const coarser = new Uint8Array(Math.ceil(finer.length / 2));
      for (let i = 0; i < coarser.length; i++) coarser[i] = Math.max(finer[2 * i]!, finer[2 * i + 1] ?? 0);
      this.#levels.push(coarser);
    }
  }

  /** The highest between two times, from 0 to 1. */
  highest(start: number, end: number): number {
    const level = Math.max(0, Math.min(this.#levels.length - 1, Math.floor(Math.log2((end - start) * this.perSecond))));
    const [values, rate] = [this.#levels[level]!, this.perSecond / 2 ** level];
    const last = Math.max(Math.floor(start * rate), Math.ceil(end * rate) - 1);
    let found = 0;
    for (let i = Math.max(0, Math.floor(start * rate)); i <= last && i < values.length; i++) found = Math.max(found, values[i]!);
    return found / 255;
  }
}

/** The index of the first that is not before; the list is in order. */
export function firstFrom<T>(list: readonly T[], value: number, of: (item: T) => number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (of(list[middle]!) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What of a list in order of time can be seen. */
function* seen<T extends Span>(list: readonly T[], from: number, to: number): Generator<[number, T]> {
  for (let i = firstFrom(list, from, (item) => item.end); i < list.length && list[i]!.start < to; i++) yield [i, list[i]!];
}

export const at = (list: readonly Span[], seconds: number): number => {
  const index = firstFrom(list, seconds, ({ end }) => end);
  return index < list.length && list[index]!.start <= seconds ? index : -1;
};

export const touches = (one: Cue | undefined, next: Cue | undefined): boolean =>
  one !== undefined && next !== undefined && next.start - one.end <= TOUCHING;

/** From where to where an edge can be moved. */
export function reach(sheet: Sheet, index: number, edge: Edge): [number, number] {
  const [cue, before, after] = [sheet.cues[index]!, sheet.cues[index - 1], sheet.cues[index + 1]];
  const left = (touching: Cue): number => (touching.track.duration ?? Infinity) - touching.passage.end;
  if (edge === "start") {
    const least = touches(before, cue) ? before!.start + SHORTEST : (before?.end ?? 0);
    const most = touches(before, cue) ? before!.end + left(before!) : Infinity;
    return [Math.max(least, earliest(cue)), Math.min(most, cue.end - SHORTEST)];
  }
  const most = touches(cue, after) ? after!.end - SHORTEST : (after?.start ?? sheet.film.duration);
  const least = touches(cue, after) ? earliest(after!) : 0;
  return [Math.max(least, cue.start + SHORTEST), Math.min(most, cue.end + left(cue))];
}

/** Where a cue can begin at the earliest: its song is no longer. */
const earliest = (cue: Cue): number => (cue.track.duration === null ? 0 : Math.max(0, cue.end - cue.track.duration));

/** A cue with an edge elsewhere; its song stays where it is on the film's time, unless it would have to begin before its beginning. */
function trimmed(cue: Cue, edge: Edge, seconds: number): Cue {
  const placed = { ...cue, [edge]: seconds };
  const start = Math.max(0, cue.passage.start + placed.start - cue.start);
  return { ...placed, passage: { start, end: start + placed.end - placed.start } };
}

/** What the server will make of an edge that is moved, to show it at once. */
export function moved(sheet: Sheet, index: number, edge: Edge, seconds: number): Sheet {
  const cues = [...sheet.cues];
  const other = edge === "start" ? index - 1 : index + 1;
  const together = edge === "start" ? touches(cues[other], cues[index]) : touches(cues[index], cues[other]);
  cues[index] = trimmed(cues[index]!, edge, seconds);
  if (together) cues[other] = trimmed(cues[other]!, edge === "start" ? "end" : "start", seconds);
  return { ...sheet, cues };
}

/** The same of another passage of its song. */
export function slipped(sheet: Sheet, index: number, seconds: number): Sheet {
  const cues = [...sheet.cues];
  const cue = cues[index]!;
  const start = Math.max(0, Math.min(seconds, (cue.track.duration ?? Infinity) - (cue.end - cue.start)));
  cues[index] = { ...cue, passage: { start, end: start + cue.end - cue.start } };
  return { ...sheet, cues };
}

/** The nearest cut, or beat of the songs beside an edge, if one is near enough. */
export function snapped(seconds: number, { scale }: Window, curves: Curves | null, beside: Cue[]): number {
  let [best, nearest] = [seconds, SNAP / scale];
  const consider = (list: readonly number[], offset: number, reach: number): void => {
    const next = firstFrom(list, seconds - offset, (each) => each);
    for (const each of [list[next - 1], list[next]]) {
      if (each === undefined || Math.abs(each + offset - seconds) >= Math.min(nearest, reach)) continue;
      [best, nearest] = [each + offset, Math.abs(each + offset - seconds)];
    }
  };
  if (!curves) return seconds;
  // Where beats lie closer than an edge can be put, they would hide the cuts.
  for (const cue of beside) consider(curves.beats[cue.track.id ?? -1] ?? [], cue.start - cue.passage.start, SNAP / 2 / scale);
  const beat = best;
  [best, nearest] = [seconds, SNAP / scale];
  consider(curves.cuts, 0, Infinity);
  return best === seconds ? beat : best;
}

export interface Hit {
  row: keyof typeof ROWS;
  seconds: number;
  cue: number; // -1 for none
  edge: Edge | null;
}

/** What lies at a point. */
export function hit(x: number, y: number, view: Window, sheet: Sheet | null): Hit {
  const row = (Object.keys(ROWS) as Hit["row"][]).findLast((each) => y >= ROWS[each][0]) ?? "ruler";
  const seconds = view.from + x / view.scale;
  if (sheet === null || row !== "cues") return { row, seconds, cue: -1, edge: null };
  const within = EDGE / view.scale;
  let [cue, edge]: [number, Edge | null] = [at(sheet.cues, seconds), null];
  let nearest = within;
  for (const [index, each] of seen(sheet.cues, seconds - within, seconds + within)) {
    if ((each.end - each.start) * view.scale < 3 * EDGE) continue; // too small to be taken by its edges
    for (const side of ["start", "end"] as const) {
      const off = Math.abs(each[side] - seconds);
      if (off < nearest || (off === nearest && index === cue)) [cue, edge, nearest] = [index, side, off];
    }
  }
  return { row, seconds, cue, edge };
}

/** What is drawn along the strip. */
export interface Pictures {
  draw(context: CanvasRenderingContext2D, view: Window, top: number, height: number): void;
  close(): void;
}

export interface Shown {
  sheet: Sheet | null;
  duration: number;
  curves: Curves | null;
  gains: Gains | null;
  sound: Levels | null;
  song: (cue: Cue) => Levels | null;
  frames: Pictures;
  selected: number;
  scene: number;
  changing: number; // the cue that is being changed, whose gains are not known
  range: Span | null;
  over: number; // the cue above which a song is held
  title: (cue: Cue) => string;
  word: (word: string) => string;
}

export type Palette = Record<"card" | "raised" | "ink" | "soft" | "line" | "edge" | "accent" | "tint" | "wave", string> & { dark: boolean };

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/** A time as people write it, with decimals where what is told by it is closer than a second. */
export function timecode(seconds: number, step = 0): string {
  const told = step >= 1 ? Math.round(seconds) : Math.round(100 * seconds) / 100;
  const [hours, minutes] = [Math.floor(told / 3600), Math.floor(told / 60) % 60];
  const rest = (told % 60).toFixed(step >= 1 ? 0 : 2).padStart(step >= 1 ? 2 : 5, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

export function draw(context: CanvasRenderingContext2D, view: Window, shown: Shown, colours: Palette, fps: number): void {
  const { from, scale, width } = view;
  const to = Math.min(shown.duration, from + width / scale);
  const x = (seconds: number): number => (seconds - from) * scale;
  context.clearRect(0, 0, width, HEIGHT);
  context.textBaseline = "middle";

  drawRuler();
  drawScenes();
  const [framesTop, framesHeight] = ROWS.frames;
  context.fillStyle = colours.raised;
  context.fillRect(0, framesTop, Math.min(width, x(shown.duration)), framesHeight);
  shown.frames.draw(context, view, framesTop, framesHeight);
  drawCuts();
  drawAffect();
  drawSound();
  drawCues();
  if (shown.range) {
    context.fillStyle = colours.accent;
    context.globalAlpha = 0.2;
    context.fillRect(x(shown.range.start), 0, (shown.range.end - shown.range.start) * scale, HEIGHT);
    context.globalAlpha = 1;
  }

  function drawRuler(): void {
    const frame = 1 / fps;
    const steps = [frame, 2 * frame, 5 * frame, 10 * frame, ...STEPS].filter((each, index) => index > 3 || each < 1);
    const step = steps.find((each) => each * scale >= 80) ?? 3600;
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = colours.soft;
    for (let n = Math.floor(from / step); n * step <= to; n++) {
      const left = Math.round(x(n * step));
      context.fillRect(left, 16, 1, 8);
      context.fillText(timecode(n * step, step), left + 4, 10);
    }
  }

  function drawScenes(): void {
    const [top, height] = ROWS.scenes;
    context.font = "600 12px system-ui, sans-serif";
    for (const [index, scene] of seen(shown.sheet?.scenes ?? [], from, to)) {
      const [left, right] = [Math.max(0, x(scene.start)), Math.min(width, x(scene.end))];
      const hue = hueOf(scene.affect.valence, scene.affect.arousal);
      context.fillStyle = `oklch(${colours.dark ? 0.42 : 0.86} 0.08 ${hue})`;
      context.fillRect(left + 0.5, top, Math.max(1, right - left - 1), height);
      if (index === shown.scene) {
        context.strokeStyle = colours.accent;
        context.lineWidth = 2;
        context.strokeRect(left + 1.5, top + 1, right - left - 3, height - 2);
      }
      if (right - left > 46) label(shown.word(scene.word), left + 6, right - 4, top + height / 2 + 0.5, colours.ink);
    }
  }

  function drawCuts(): void {
    const cuts = shown.curves?.cuts ?? [];
    const first = firstFrom(cuts, from, (each) => each);
    const last = firstFrom(cuts, to, (each) => each);
    if (last - first > width / 5) return; // they would be a grey area
    context.fillStyle = colours.card;
    for (let i = first; i < last; i++) context.fillRect(Math.round(x(cuts[i]!)) - 1, framesTop, 2, framesHeight);
  }

  function drawAffect(): void {
    const [top, height] = ROWS.affect;
    const points = shown.curves?.affect ?? [];
    context.fillStyle = colours.line;
    context.fillRect(0, top + height / 2, Math.min(width, x(shown.duration)), 1);
    if (points.length === 0) return;
    const first = Math.max(0, firstFrom(points, from, ([seconds]) => seconds) - 1);
    const last = Math.min(points.length - 1, firstFrom(points, to, ([seconds]) => seconds));
    const each = Math.max(1, Math.ceil((APART * (last - first)) / width));
    for (const [column, dashed] of [[1, false], [2, true]] as const) {
      context.beginPath();
      for (let i = first - (first % each); i <= last; i += each) {
        const end = Math.min(i + each, points.length);
        let [seconds, sum] = [0, 0];
        for (let one = i; one < end; one++) [seconds, sum] = [seconds + points[one]![0]!, sum + points[one]![column]!];
        context.lineTo(x(seconds / (end - i)), top + height * (1 - sum / (end - i)));
      }
      context.strokeStyle = dashed ? colours.ink : colours.accent;
      context.setLineDash(dashed ? [5, 3] : []);
      context.lineWidth = 1.75;
      context.stroke();
    }
    context.setLineDash([]);
  }

  function drawSound(): void {
    const [top, height] = ROWS.sound;
    context.fillStyle = colours.tint;
    const speech = shown.curves?.speech ?? [];
    for (let i = firstFrom(speech, from, ([, end]) => end); i < speech.length && speech[i]![0] < to; i++)
      context.fillRect(x(speech[i]![0]), top, Math.max(1, (speech[i]![1] - speech[i]![0]) * scale), height);
    if (!shown.sound) return;
    context.fillStyle = shown.sheet?.original?.use === "drop" ? colours.line : colours.edge;
    wave(shown.sound, 0, 0, Math.min(width, x(shown.duration)), top, height);
  }

  /** A waveform between two pixels; its own time is the film's and so many seconds. */
  function wave(levels: Levels, offset: number, left: number, right: number, top: number, height: number): void {
    const first = Math.max(0, Math.floor(left));
    const until = Math.min(width, Math.ceil(right));
    const middle = top + height / 2;
    // Whole pixels without a path, which software fills ten times as quickly.
    for (let column = first; column < until; column++) {
      const start = from + column / scale + offset;
      const half = Math.max(1, Math.round((height / 2 - 1) * levels.highest(start, start + 1 / scale)));
      context.fillRect(column, middle - half, 1, 2 * half);
    }
  }

  function drawCues(): void {
    const [top, height] = ROWS.cues;
    for (const [index, cue] of seen(shown.sheet?.cues ?? [], from, to)) {
      const [left, right] = [x(cue.start) + 0.5, x(cue.end) - 0.5];
      const [inner, outer] = [Math.max(-8, left), Math.min(width + 8, right)]; // its corners are beyond the edge
      const across = Math.max(1, outer - inner);
      const scene = shown.sheet!.scenes[at(shown.sheet!.scenes, (cue.start + cue.end) / 2)];
      const hue = scene ? hueOf(scene.affect.valence, scene.affect.arousal) : 285;
      const picked = index === shown.selected || index === shown.over;
      context.beginPath();
      context.roundRect(inner, top, across, height, Math.min(7, across / 2));
      context.fillStyle = `oklch(${colours.dark ? 0.3 : 0.94} 0.04 ${hue})`;
      context.fill();
      if (across > 6) {
        const levels = shown.song(cue);
        context.fillStyle = `oklch(${colours.dark ? 0.66 : 0.62} 0.11 ${hue})`;
        if (levels) wave(levels, cue.passage.start - cue.start, inner + 2, outer - 2, top + TITLE, height - TITLE - 4);
        if (index !== shown.changing) drawGain(shown.gains?.cues[index], shown.gains?.per_second ?? 1, inner, outer);
      }
      context.beginPath();
      context.roundRect(inner, top, across, height, Math.min(7, across / 2));
      context.strokeStyle = picked ? colours.accent : `oklch(${colours.dark ? 0.55 : 0.7} 0.08 ${hue})`;
      context.lineWidth = picked ? 2.5 : 1;
      context.stroke();
      if (across > 24) {
        const begin = Math.max(4, inner + 8);
        context.font = "600 13px system-ui, sans-serif";
        if (cue.pinned) drawPin(begin + 4, top + TITLE / 2);
        label(`${index + 1}  ${shown.title(cue)}`, begin + (cue.pinned ? 14 : 0), outer - 6, top + TITLE / 2 + 2, colours.ink);
      }
    }
  }

  function drawGain(gain: { start: number; decibels: number[] } | undefined, perSecond: number, left: number, right: number): void {
    if (!gain) return;
    const [top, height] = [ROWS.cues[0] + TITLE, ROWS.cues[1] - TITLE - 4];
    const first = Math.max(0, Math.floor((from + Math.max(0, left) / scale - gain.start) * perSecond));
    const last = Math.min(gain.decibels.length - 1, Math.ceil((from + Math.min(width, right) / scale - gain.start) * perSecond));
    const each = Math.max(1, Math.ceil((APART * perSecond) / scale));
    context.beginPath();
    for (let i = first - (first % each); i <= last; i += each) {
      const share = Math.max(0, Math.min(1, (gain.decibels[i]! - QUIETEST) / (12 - QUIETEST)));
      context.lineTo(Math.min(right, Math.max(left, x(gain.start + i / perSecond))), top + height * (1 - share));
    }
    context.strokeStyle = colours.ink;
    context.lineWidth = 1.25;
    context.stroke();
  }

  function drawPin(left: number, middle: number): void {
    context.fillStyle = colours.accent;
    context.beginPath();
    context.arc(left, middle - 1, 4, 0, 2 * Math.PI);
    context.rect(left - 0.75, middle + 2, 1.5, 6);
    context.fill();
  }

  /** Text that ends where there is no more room. */
  function label(text: string, left: number, right: number, middle: number, colour: string): void {
    if (right - left < 12) return;
    context.save();
    context.beginPath();
    context.rect(left, middle - 12, right - left, 24);
    context.clip();
    context.fillStyle = colour;
    context.fillText(text, left, middle);
    context.restore();
  }
}
