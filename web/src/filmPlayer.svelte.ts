import { Problem } from "./api";
import { filmStore } from "./film.svelte";
import { mix, type Project, type Trial } from "./films";
import { player } from "./player.svelte";
import { session } from "./session.svelte";

const PIECE = 5; // seconds from the start of one to that of the next
const OVERLAP = 0.01; // seconds in which one goes over into the next: each is decoded anew, and may be a sample off
const RATE = 48_000; // as the pieces have
const AHEAD = 2; // pieces beyond the one that sounds
const KEPT = 24; // pieces, of 2 MB
const GUESSED = 2_000; // milliseconds after which it is asked again whether the final level is known
const LATEST = 10_000; // to which that grows
const ASKED = 0.05; // seconds of sound that are asked for to know that
const OFF = 0.02; // seconds by which sound and picture may differ before they are brought together
const FAR = 0.045; // seconds of which that much is noticed at once
const [LOOKED, SOON] = [9, 3]; // pictures over which the one and the other are measured
const FADE = 0.015; // seconds in which sound that was cut begins or ends
const START = 0.06; // seconds until sound that is scheduled now begins

interface Piece {
  buffer: AudioBuffer | null;
  arrived: Promise<AudioBuffer>;
  stop: AbortController;
}

interface Sounding {
  index: number;
  source: AudioBufferSourceNode;
  level: GainNode;
}

/** A picture's time in the film, and when it is seen by the clock of `performance`. */
interface Sighting {
  film: number;
  moment: number;
}

/** What shows the picture: a video, or a clock beside photos. */
export interface Screen extends EventTarget {
  currentTime: number;
  readonly paused: boolean;
  readonly seeking: boolean;
  play(): Promise<void>;
  pause(): void;
  requestVideoFrameCallback?(callback: VideoFrameRequestCallback): number;
}

/** Plays a film with its music as it will be rendered: pieces of the sound are laid on the time of the picture. */
class FilmPlayer {
  time = $state(0);
  playing = $state(false); // as the person wants it
  waiting = $state(false); // for sound or picture
  estimated = $state(false); // the final level is not known yet
  failed = $state(false); // the picture can't be played
  trial = $state.raw<Trial | null>(null);
  tried = $state(""); // the title of its song
  volume = $state(1);

  #video: Screen | null = null;
  #shown = 0; // the project that was seen last, which goes on where it was on another screen
  #resume = false;
  #project: Project | null = null;
  #context: AudioContext | null = null;
  #output: GainNode | null = null;
  #pieces = new Map<string, Piece>(); // those used last are the last
  #sounding: Sounding[] = [];
  #anchor: { context: number; film: number } | null = null; // where the film's time lies on the clock of the sound
  #off: number[] = []; // seconds by which the sound is after the last pictures
  #until = Infinity; // where it stops
  #levelling = 0; // the project whose final level is awaited
  #turn = 0; // of starts and ends; what an older one waited for does not matter any more

  attach(video: Screen, id: number): () => void {
    const listening = new AbortController();
    const on = (event: string, act: () => void): void => video.addEventListener(event, act, { signal: listening.signal });
    this.#video = video;
    this.failed = false;
    if (id !== this.#shown) [this.#shown, this.time, this.#resume] = [id, 0, false];
    else if (this.time) video.currentTime = this.time;
    on("seeked", () => this.#arrived(video));
    on("ended", () => this.pause());
    on("error", () => (this.failed = true));
    on("timeupdate", () => this.#anchor && this.#schedule()); // also where nobody looks
    on("waiting", () => this.#anchor && void this.#go());
    return () => {
      listening.abort();
      this.#resume = this.playing;
      this.pause();
      for (const piece of this.#pieces.values()) piece.stop.abort();
      this.#pieces.clear();
      [this.#video, this.#project, this.trial, this.#levelling, this.estimated] = [null, null, null, 0, false];
    };
  }

  /** Play this state of the project from now on, also while it plays. */
  follow(project: Project): void {
    const before = this.#project;
    this.#project = project;
    if (before?.revision === project.revision) return;
    this.trial = null;
    if (before) this.#exchange();
    if (this.#resume) {
      this.#resume = false;
      this.play();
    }
  }

  /** Hear a song in the place of another from here to there. */
  try(trial: Trial, title: string, from: number, to: number): void {
    [this.trial, this.tried] = [trial, title];
    this.#silence();
    this.play(from, to);
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  play(from = this.time, to = Infinity): void {
    if (!this.#video || !this.#project) return;
    if (player.playing) player.toggle();
    this.#context ??= new AudioContext({ sampleRate: RATE });
    if (!this.#output) {
      this.#output = this.#context.createGain();
      this.#output.gain.value = this.volume;
      this.#output.connect(this.#context.destination);
    }
    void this.#context.resume();
    this.playing = true;
    if (from >= this.#duration - 0.05) from = 0;
    if (Math.abs(from - this.#video.currentTime) > 0.001) this.seek(from, to);
    else void this.#go();
    this.#until = to;
  }

  pause(): void {
    this.#turn += 1;
    this.playing = this.waiting = false;
    this.#video?.pause();
    this.#silence();
    this.trial = null;
  }

  seek(seconds: number, to = Infinity): void {
    const video = this.#video;
    if (!video) return;
    this.#turn += 1;
    this.#until = to;
    this.time = Math.max(0, Math.min(seconds, this.#duration));
    this.#silence();
    video.pause();
    // While it is dragged only the last place counts: the browser may still be on its way to another.
    if (!video.seeking) video.currentTime = this.time;
  }

  louder(volume: number): void {
    this.volume = volume;
    if (this.#output) this.#output.gain.value = volume;
  }

  get #duration(): number {
    return this.#project?.sheet?.film.duration ?? 0;
  }

  #arrived(video: Screen): void {
    if (Math.abs(video.currentTime - this.time) > 0.02) video.currentTime = this.time;
    else if (this.playing) void this.#go();
  }

  /** Wait until picture and sound are there, and start both. */
  async #go(): Promise<void> {
    const turn = ++this.#turn;
    const video = this.#video!;
    this.#silence();
    video.pause();
    this.waiting = true;
    const sound = await this.#arriving(this.time);
    if (turn !== this.#turn) return;
    if (sound) await video.play().catch(() => undefined); // the video's own event tells what is wrong
    if (turn !== this.#turn) return;
    if (!sound || video.paused) return this.pause();
    this.waiting = false;
    const sighting = await firstSighting(video);
    if (turn !== this.#turn) return;
    this.#lay(sighting);
    this.#watch(turn, video);
  }

  /** While the picture goes on, put the music of now in the place of what sounds. */
  async #exchange(): Promise<void> {
    const [turn, project] = [this.#turn, this.#project];
    if (!this.#anchor) return void (this.playing && this.#go());
    const found = await this.#arriving(this.#heard() + START);
    const next = found && this.#anchor && (await this.#arriving(this.#heard() + START + 0.1)); // meanwhile it went on
    if (turn !== this.#turn || project !== this.#project || !next || !this.#anchor) return;
    this.#fade();
    this.#schedule();
  }

  /** Lay the film's time on the clock of the sound, so that what belongs to a picture is heard when it is seen. */
  #lay({ film, moment }: Sighting): void {
    this.#fade();
    const context = this.#leaving(moment);
    this.#anchor = { context: Math.round(context * RATE) / RATE, film };
    this.#off = [];
    this.#schedule();
  }

  /** The time of the sound's clock that leaves the loudspeaker at a moment. */
  #leaving(moment: number): number {
    const context = this.#context!;
    const { contextTime, performanceTime } = context.getOutputTimestamp?.() ?? {};
    if (contextTime && performanceTime) return contextTime + (moment - performanceTime) / 1000;
    return context.currentTime - (context.outputLatency || context.baseLatency) + (moment - performance.now()) / 1000;
  }

  /** The film's time that is heard at a moment. */
  #heard(moment = performance.now()): number {
    return this.#anchor!.film + this.#leaving(moment) - this.#anchor!.context;
  }

  /** Put the pieces that come next on the sound's clock. */
  #schedule(): void {
    const [context, anchor] = [this.#context!, this.#anchor!];
    const earliest = Math.round((context.currentTime + START / 2) * RATE) / RATE;
    const now = anchor.film + earliest - anchor.context;
    const cut = this.#sounding.length === 0; // the first one begins in its middle
    const first = Math.max(0, Math.floor(now / PIECE));
    for (let index = first; index <= first + AHEAD && index * PIECE < this.#duration; index++) {
      if (this.#sounding.some((each) => each.index === index)) continue;
      const { buffer, arrived } = this.#asked(index);
      if (!buffer) {
        void arrived.then(() => this.#anchor === anchor && this.#schedule()).catch(() => undefined);
        return;
      }
      const starts = anchor.context + index * PIECE - anchor.film;
      const late = Math.max(0, earliest - starts);
      if (late >= buffer.duration) continue;
      const [source, level] = [context.createBufferSource(), context.createGain()];
      source.buffer = buffer;
      source.connect(level).connect(this.#output!);
      const rises = cut && index === first ? FADE : OVERLAP;
      level.gain.setValueAtTime(0, starts + late);
      level.gain.linearRampToValueAtTime(1, starts + late + rises);
      if (buffer.duration > PIECE) {
        level.gain.setValueAtTime(1, Math.max(starts + PIECE, starts + late + rises));
        level.gain.linearRampToValueAtTime(0, Math.max(starts + PIECE, starts + late + rises) + OVERLAP);
      }
      source.start(starts + late, late);
      const sounding = { index, source, level };
      this.#sounding.push(sounding);
      source.onended = () => (this.#sounding = this.#sounding.filter((each) => each !== sounding));
    }
  }

  #fade(): void {
    const now = this.#context?.currentTime ?? 0;
    for (const { source, level } of this.#sounding) {
      source.onended = null;
      level.gain.cancelScheduledValues(now);
      level.gain.setTargetAtTime(0, now + START / 2, FADE / 3);
      source.stop(now + START / 2 + FADE);
    }
    this.#sounding = [];
  }

  #silence(): void {
    this.#fade();
    this.#anchor = null;
  }

  /** Follow the picture, whose time is the film's; sound that has drifted is brought back to it. */
  #watch(turn: number, video: Screen): void {
    const seen = (sighting: Sighting): void => {
      this.#off.push(this.#heard(sighting.moment) - sighting.film);
      if (this.#off.length > LOOKED) this.#off.shift();
      if (median(this.#off, LOOKED) > OFF || median(this.#off, SOON) > FAR) this.#lay(sighting);
    };
    const sighted = video.requestVideoFrameCallback !== undefined;
    const looked: VideoFrameRequestCallback = (_, { expectedDisplayTime, mediaTime }) => {
      if (turn !== this.#turn) return;
      seen({ film: mediaTime, moment: expectedDisplayTime });
      video.requestVideoFrameCallback!(looked);
    };
    if (sighted) video.requestVideoFrameCallback!(looked);
    const tick = (): void => {
      if (turn !== this.#turn) return;
      this.time = video.currentTime;
      if (!sighted) seen({ film: this.time, moment: performance.now() });
      const lacking = !this.#sounding.some(({ index }) => index === Math.floor((this.time + START) / PIECE));
      if (this.time >= this.#until) this.pause();
      else if (lacking && this.time + 2 * START < this.#duration && !this.#asked(Math.floor((this.time + START) / PIECE)).buffer) void this.#go();
      else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  #asked(index: number): Piece {
    const project = this.#project!;
    const key = JSON.stringify([project.id, project.revision, this.trial, index]);
    let piece = this.#pieces.get(key);
    this.#pieces.delete(key);
    piece ??= this.#fetched(project, index, () => this.#pieces.delete(key));
    this.#pieces.set(key, piece);
    for (const [each, old] of this.#pieces) {
      if (this.#pieces.size <= KEPT) break;
      old.stop.abort();
      this.#pieces.delete(each);
    }
    return piece;
  }

  #fetched(project: Project, index: number, forget: () => void): Piece {
    const [start, stop, context] = [index * PIECE, new AbortController(), this.#context!];
    const fetching = async (): Promise<AudioBuffer> => {
      const { exact, wave } = await mix(project, start, Math.min(PIECE + OVERLAP, this.#duration - start), this.trial, stop.signal);
      if (!this.trial && this.#project?.id === project.id) this.#levelled(project.id, exact);
      return (piece.buffer = await context.decodeAudioData(wave));
    };
    const piece: Piece = { buffer: null, arrived: fetching(), stop };
    piece.arrived.catch(forget);
    return piece;
  }

  /** Whether the final level of a film is known; where it is not, that is asked until it is, also while nothing plays. */
  #levelled(id: number, exact: boolean): void {
    this.estimated = !exact;
    if (exact || this.#levelling === id) return;
    this.#levelling = id;
    void this.#awaitLevel(id).finally(() => this.#levelling === id && (this.#levelling = 0));
  }

  async #awaitLevel(id: number): Promise<void> {
    for (let wait = GUESSED; this.estimated; wait = Math.min(1.2 * wait, LATEST)) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      const project = this.#project;
      if (project?.id !== id || this.#levelling !== id) return;
      const found = await mix(project, 0, ASKED, null, new AbortController().signal).catch(() => null); // it is asked again
      if (!found?.exact || this.#project !== project) continue;
      for (const [key, piece] of this.#pieces) if (piece.buffer) this.#pieces.delete(key);
      this.estimated = false;
      if (this.#anchor && !this.trial) void this.#exchange();
    }
  }

  /** The sound at a time, when it is there; what is wrong is told. */
  async #arriving(seconds: number): Promise<AudioBuffer | null> {
    try {
      return await this.#asked(Math.floor(seconds / PIECE)).arrived;
    } catch (error) {
      if (error instanceof Problem && error.status === 409) await filmStore.show(this.#project?.id ?? null);
      else if (error instanceof Problem) session.fault(error);
      return null;
    }
  }
}

/** How much the last so many were off; nothing, before there are so many. */
function median(off: number[], count: number): number {
  const last = off.slice(-count).sort((a, b) => a - b);
  return Math.abs(last.length < count ? 0 : last[count >> 1]!);
}

function firstSighting(video: Screen): Promise<Sighting> {
  return new Promise((seen) => {
    const now = (): void => seen({ film: video.currentTime, moment: performance.now() });
    if (!video.requestVideoFrameCallback) return now();
    video.requestVideoFrameCallback((_, { expectedDisplayTime, mediaTime }) => seen({ film: mediaTime, moment: expectedDisplayTime }));
    setTimeout(now, 250); // also where no picture comes
  });
}

export const filmPlayer = new FilmPlayer();
