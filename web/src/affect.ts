import type { Affect, Track } from "./api";
import type { Messages } from "./messages/en";

export type Word = keyof Messages["words"];

/** As `img2music.affect.CIRCUMPLEX_WORDS`: every 22.5 degrees from pleasant, counter-clockwise. */
const CIRCUMPLEX: Word[] = [
  ...(["pleasant", "happy", "excited", "exhilarated", "intense", "tense", "distressed", "upset"] as const),
  ...(["unpleasant", "sad", "gloomy", "weary", "drowsy", "peaceful", "serene", "content"] as const),
];

export const MOODS: Word[] = ["happy", "excited", "intense", "tense", "sad", "gloomy", "peaceful", "serene"];

export function wordOf({ valence, arousal }: Affect): Word {
  const [x, y] = [valence - 0.5, arousal - 0.5];
  if (Math.hypot(x, y) / Math.SQRT1_2 < 0.08) return "neutral";
  const sector = Math.round((Math.atan2(y, x) / (2 * Math.PI)) * CIRCUMPLEX.length);
  return CIRCUMPLEX[(sector + CIRCUMPLEX.length) % CIRCUMPLEX.length]!;
}

export const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** Hue of a position on the plane, as its background has it: blue sombre and calm, red tense, gold happy, green serene. */
export function hueOf(valence: number, arousal: number): number {
  const degrees = (Math.atan2(arousal - 0.5, valence - 0.5) * 180) / Math.PI + 360;
  // gold 70 at 45 degrees, red 20 at 135, blue 275 at 225, green 160 at 315
  const stops: [number, number][] = [[-45, 160], [45, 70], [135, 20], [225, -85], [315, -200]];
  const angle = degrees % 360 > 315 ? (degrees % 360) - 360 : degrees % 360;
  const next = stops.findIndex(([at]) => at >= angle);
  const [[a, from], [b, to]] = [stops[Math.max(0, next - 1)]!, stops[next]!];
  return b === a ? to : from + ((to - from) * (angle - a)) / (b - a);
}

export const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

export const stemOf = (name: string): string => name.replace(/\.[^.]+$/, "");

/** The title, or else the name of the file. */
export function titleOf(track: Pick<Track, "title" | "path" | "identifier">, untitled: string): string {
  return track.title?.trim() || stemOf(track.path?.split("/").at(-1) ?? "") || track.identifier || untitled;
}

/** A name in a sentence, whichever way it is written. */
export const isolated = (name: string): string => `\u2068${name}\u2069`;
