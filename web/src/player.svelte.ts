import { address, reachable, type Match } from "./api";

/** Loudness in LUFS that songs are turned down to: most are louder, so that few are left behind. */
const LEVEL = -18;
const FADE = 2;

/** Plays the passages of a list; towards the end of one it fades into the next. */
class Player {
  match = $state<Match | null>(null);
  playing = $state(false);
  time = $state(0);
  /** Why the song can't be heard. */
  failed = $state<"failed" | "unreached" | null>(null);
  queue = $state.raw<Match[]>([]);

  #sound = new Audio();
  #fading = new Set<HTMLAudioElement>();

  toggle(match: Match | null = this.match): void {
    if (match === null) match = this.queue.find((each) => each.track.path !== null) ?? null;
    if (match === null) return;
    if (match.track.id !== this.match?.track.id) this.#start(match);
    else if (this.failed) this.#start(match, 0, this.time);
    else if (this.playing) this.#sound.pause();
    else void this.#play();
  }

  seek(time: number): void {
    this.#sound.currentTime = this.time = Math.max(0, Math.min(time, this.match?.track.duration ?? time));
  }

  skip(seconds: number): void {
    if (this.match !== null) this.seek(this.time + seconds);
  }

  step(by: 1 | -1): void {
    const next = this.#neighbour(by);
    if (next) this.#start(next);
  }

  stop(): void {
    this.#sound.pause();
    this.match = null;
  }

  #neighbour(by: 1 | -1): Match | undefined {
    const playable = this.queue.filter((each) => each.track.path !== null);
    const at = playable.findIndex((each) => each.track.id === this.match?.track.id);
    return at < 0 ? playable[0] : playable[at + by];
  }

  #start(match: Match, fade = 0, start = match.passage?.start ?? 0): void {
    this.#fadeOut(this.#sound, fade);
    const sound = new Audio(address(`tracks/${match.track.id}/audio`));
    this.#sound = sound;
    this.match = match;
    this.failed = null;
    this.time = start;
    sound.volume = Math.min(1, 10 ** ((LEVEL - (match.track.features.loudness ?? LEVEL)) / 20));
    sound.currentTime = start;
    sound.ontimeupdate = () => this.#moved(sound, match);
    sound.onplay = sound.onpause = () => {
      if (sound === this.#sound) this.playing = !sound.paused;
    };
    sound.onended = () => {
      if (sound === this.#sound) this.step(1);
    };
    sound.onerror = async () => {
      if (sound === this.#sound) this.playing = false;
      const failed = (await reachable(`tracks/${match.track.id}/audio`)) ? "failed" : "unreached"; // browsers don't tell
      if (sound === this.#sound) this.failed = failed;
    };
    void this.#play();
  }

  async #play(): Promise<void> {
    await this.#sound.play().catch(() => undefined); // onerror tells what is wrong; a pause meanwhile is no error
  }

  #moved(sound: HTMLAudioElement, match: Match): void {
    if (sound !== this.#sound || sound.seeking) return;
    const before = this.time;
    this.time = sound.currentTime;
    const end = (match.passage?.end ?? Infinity) - FADE;
    if (before < end && this.time >= end && this.time - before < 1) {
      const next = this.#neighbour(1);
      if (next) this.#start(next, FADE);
    }
  }

  #fadeOut(sound: HTMLAudioElement, seconds: number): void {
    for (const each of this.#fading) each.pause();
    this.#fading.clear();
    if (seconds === 0 || sound.paused) return sound.pause();
    this.#fading.add(sound);
    const [full, began] = [sound.volume, performance.now()];
    const timer = setInterval(() => {
      const left = 1 - (performance.now() - began) / (1000 * seconds);
      sound.volume = full * Math.max(0, left);
      if (left <= 0 || sound.paused) {
        sound.pause();
        this.#fading.delete(sound);
        clearInterval(timer);
      }
    }, 40);
  }
}

export const player = new Player();
