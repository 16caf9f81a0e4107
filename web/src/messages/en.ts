import type { Match, Recommendation } from "../api";

const words = {
  pleasant: "pleasant",
  happy: "happy",
  excited: "excited",
  exhilarated: "exhilarated",
  intense: "intense",
  tense: "tense",
  distressed: "distressed",
  upset: "upset",
  unpleasant: "unpleasant",
  sad: "sad",
  gloomy: "gloomy",
  weary: "weary",
  drowsy: "drowsy",
  peaceful: "peaceful",
  serene: "serene",
  content: "content",
  neutral: "neutral",
};

export const en = {
  words,
  views: { label: "Views", find: "Find", map: "Map", playlists: "Playlists", library: "Library" },
  skip: "Skip to the songs",
  language: "Language",
  theme: { label: "Colours", auto: "Auto", light: "Light", dark: "Dark" },
  dismiss: "Dismiss",
  close: "Close",
  undo: "Undo",
  offline: "The server can't be reached. Is img2music serve still running?",
  retry: "Try again",

  ask: {
    heading: "What does it feel like?",
    title: "Give it a photo.",
    hint: "img2music finds the songs of yours that feel like it.",
    choose: "Choose photos",
    more: "Add photos",
    mood: "Or pick a mood",
    reading: (n: number) => (n === 1 ? "Reading the photo…" : `Reading ${n} photos…`),
    photos: "Your photos",
    show: (name: string) => `Songs for ${name}`,
    remove: (name: string) => `Take ${name} away`,
  },

  empty: {
    title: "Your library has no songs yet.",
    hint: "Let img2music listen to your music once:",
    command: "img2music scan ~/Music",
    reload: "I have, look again",
  },

  plane: {
    heading: "Where it lies",
    hint: "Click or drag where you feel it; the list follows.",
    hintEmpty: "Or click a point: how should the songs feel?",
    axes: { lively: "lively", calm: "calm", sombre: "sombre", pleasant: "pleasant" },
    livelier: "livelier",
    calmer: "calmer",
    sombre: "more sombre",
    pleasant: "more pleasant",
    point: "Point on the plane",
    pointHelp: "Move it with the arrow keys.",
    where: (valence: number, arousal: number) => `${valence} % pleasant, ${arousal} % lively`,
    ellipse: "The ellipse shows how sure the reading is.",
    song: (rank: number, title: string) => `${rank}. ${title}`,
  },

  correct: {
    heading: "To me this is …",
    save: "Remember that",
    reset: "Put it back",
    saved: "Remembered. What comes next is truer to you.",
  },

  list: {
    heading: "Songs that feel like it",
    like: (what: string) => `Songs that feel like ${what}`,
    word: (word: string) => `Songs that feel ${word}`,
    none: "No song is left to show.",
    count: (n: number, first: string) => `${n} songs; the first is ${first}`,
    waiting: "Looking for songs…",
    play: (title: string) => `Play the passage of ${title}`,
    pause: (title: string) => `Pause ${title}`,
    unplayable: (title: string) => `${title} has no file to play`,
    passage: (from: string, to: string) => `${from} to ${to}`,
    similarity: (percent: number) => `${percent} % alike`,
    untitled: "Untitled",
    unknown: "Unknown artist",
    likeThis: (title: string) => `Like ${title}`,
    unlike: (title: string) => `Take back that you like ${title}`,
    lock: (title: string) => `Keep ${title} in its place`,
    unlock: (title: string) => `Let ${title} move again`,
    remove: (title: string) => `Take ${title} off this list`,
    never: (title: string) => `Never again: ${title}`,
    moreLike: (title: string) => `More like ${title}`,
    removed: (title: string) => `${title} is off this list.`,
    banned: (title: string) => `${title} will never be chosen again.`,
    more: "More songs",
    /** The server says it in English. */
    reason: (match: Match, _asked: Recommendation | null): string => match.reason,
  },

  save: {
    heading: "Take it with you",
    name: "Name",
    format: "Format",
    download: "Download playlist",
  },

  player: {
    label: "Player",
    play: "Play",
    pause: "Pause",
    previous: "Previous song",
    next: "Next song",
    seek: "Place in the song",
    at: (time: string, length: string) => `${time} of ${length}`,
    failed: (title: string) => `${title} can't be played.`,
  },

  said: {
    heading: "What you said",
    none: "Nothing yet. Like a song, ban one, or move the point of a photo.",
    like: (what: string) => `You like ${what}`,
    never: (what: string) => `Never again: ${what}`,
    affect: (what: string, word: string) => `To you ${what} is ${word}`,
    fits: (what: string) => `${what} fits a photo`,
    unfit: (what: string) => `${what} does not fit a photo`,
    photo: "a photo",
    undo: (what: string) => `Undo: ${what}`,
  },

  keys: {
    heading: "Keys",
    open: "Keys",
    use: "Use single keys",
    rows: [
      ["Space, K", "Play or pause"],
      ["J, ←", "5 seconds back"],
      ["L, →", "5 seconds on"],
      ["↑, ↓", "Previous or next song"],
      ["?", "This list"],
    ] as [string, string][],
  },

  login: {
    heading: "Sign in",
    hint: "This library is behind a password.",
    password: "Password",
    go: "Sign in",
    wrong: "This is not the password.",
  },
};

export type Messages = typeof en;
