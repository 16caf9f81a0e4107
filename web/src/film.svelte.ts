import { clock } from "./affect";
import * as api from "./api";
import * as films from "./films";
import type { Edit, Project, ProjectSummary } from "./films";
import { session } from "./session.svelte";
import { t } from "./settings.svelte";
import { Levels } from "./strip";

const AGAIN = 2_000;
/** Milliseconds after which it is asked again for beats of songs, twice as long each time up to this. */
const LATEST = 30_000;

/** The films of the library, and the one that is open. */
class Films {
  all = $state.raw<ProjectSummary[] | null>(null);
  open = $state.raw<Project | null>(null);
  gone = $state(false); // there is none at this address
  curves = $state.raw<films.Curves | null>(null);
  gains = $state.raw<films.Gains | null>(null);
  sound = $state.raw<Levels | null>(null);
  songs = $state.raw(new Map<number, Levels | null>()); // by track; null: on its way
  selected = $state(-1); // cue
  scene = $state(-1);
  busy = $state(false); // an edit is being made
  announced = $state("");

  #changing: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #again = 0;

  async load(): Promise<void> {
    const found = await session.attempt(() => films.projects(), () => void this.load());
    if (found) this.all = found;
  }

  async show(id: number | null): Promise<void> {
    if (id !== this.open?.id) {
      clearTimeout(this.#again);
      [this.open, this.curves, this.gains, this.sound, this.gone] = [null, null, null, null, false];
      [this.selected, this.scene, this.announced] = [-1, -1, ""];
    }
    if (id === null) return;
    const found = await session.attempt(
      () => films.project(id).catch((error: unknown) => {
        if (error instanceof api.Problem && error.status === 404) return null;
        throw error;
      }),
      () => void this.show(id),
    );
    if (found === null) this.gone = true;
    else if (found) this.#take(found);
  }

  /** Change the film's music: one change after the other, each of what the one before it has left. */
  change(edit: Edit, told = ""): Promise<void> {
    const drafted = this.open?.drafted ?? null;
    if (drafted !== null) {
      session.problem = t().films.drafted(clock(drafted));
      return Promise.resolve();
    }
    return this.#do((project, key) => films.edit(project, edit, key), () => told);
  }

  step(way: "undo" | "redo"): Promise<void> {
    const { films: words } = t();
    return this.#do(
      (project, key) => films.step(project, way, key),
      (before) => (before[way] ? words.stepped[way](words.steps[before[way].kind]) : ""),
    );
  }

  async rename(name: string): Promise<boolean> {
    const before = this.open;
    if (!before || name === before.name) return true;
    await this.#do((project, key) => films.renameProject(project, name, key), () => "");
    return this.open?.name === name;
  }

  async forget({ id }: { id: number }): Promise<boolean> {
    const done = await session.attempt(async () => films.forgetProject(await films.project(id)));
    if (done) this.all = (this.all ?? []).filter((each) => each.id !== id);
    return done !== undefined;
  }

  /** Ask for the waveform of a song, unless it is there. */
  song(track: number | null): Levels | null {
    if (track === null) return null;
    const known = this.songs.get(track);
    if (known === undefined) {
      this.songs.set(track, null); // without telling: it is asked for while the strip is drawn
      void api
        .peaks(track)
        .then(({ peaks, per_second }) => (this.songs = new Map(this.songs).set(track, new Levels(peaks, per_second))))
        .catch(() => undefined); // it is drawn without
    }
    return known ?? null;
  }

  /** Asked for again, a change has the same `key`: it may have been made, and its answer lost. */
  #do(
    work: (project: Project, key: string) => Promise<Project>,
    told: (before: Project) => string,
    key = films.newKey(),
  ): Promise<void> {
    const id = this.open?.id;
    this.#waiting += 1;
    this.busy = true;
    this.#changing = this.#changing.then(async () => {
      const before = this.open;
      if (before && before.id === id) {
        const after = await session.attempt(
          () => work(before, key).catch((error: unknown) => this.#elsewhere(before, error)),
          () => void this.#do(work, told, key),
        );
        if (after && this.open?.id === id) {
          this.#take(after);
          if (after.revision !== before.revision) this.announced = told(before);
        }
      }
      this.#waiting -= 1;
      this.busy = this.#waiting > 0;
    });
    return this.#changing as Promise<void>;
  }

  /** Someone else was first: show what they made of it, and say so. */
  async #elsewhere(before: Project, error: unknown): Promise<Project> {
    if (!(error instanceof api.Problem) || error.status !== 409) throw error;
    const now = await films.project(before.id);
    if (now.revision === before.revision) throw error;
    session.problem = t().films.elsewhere(before.name);
    if (this.open?.id === before.id) this.#take(now);
    return now;
  }

  #take(project: Project): void {
    const before = this.open;
    this.open = project;
    const cues = project.sheet?.cues.length ?? 0;
    if (this.selected >= cues || (before?.sheet == null && this.scene < 0)) this.selected = Math.min(Math.max(this.selected, 0), cues - 1);
    if (project.sheet === null) return;
    if (before?.revision !== project.revision || this.gains === null) void this.#gains(project);
    if (before?.sheet == null || this.curves === null) void this.#film(project);
    else if (before.sheet.scenes !== project.sheet.scenes || before.revision !== project.revision) {
      void this.#curves(project);
      if (project.kind === "album") void this.#sound(project); // its clips may lie elsewhere
    }
  }

  async #gains(project: Project): Promise<void> {
    const found = await films.gains(project).catch(() => null); // they inform
    if (this.open?.id === project.id && this.open.revision === project.revision) this.gains = found;
  }

  /** What is drawn of the film; asked for again as long as songs are listened to for their beats. */
  async #curves(project: Project, later = AGAIN): Promise<void> {
    clearTimeout(this.#again);
    const found = await session.attempt(() => films.curves(project.id));
    if (!found || this.open?.id !== project.id) return;
    this.curves = found;
    clearTimeout(this.#again);
    if (found.listening) this.#again = window.setTimeout(() => void this.#curves(project, Math.min(2 * later, LATEST)), later);
  }

  async #film(project: Project): Promise<void> {
    void this.#curves(project);
    await this.#sound(project);
  }

  async #sound(project: Project): Promise<void> {
    if (project.kind === "album" && project.sheet!.slideshow!.photos.every((each) => each.clip_start === null)) {
      this.sound = null;
      return;
    }
    const found = await films.filmPeaks(project.id).catch(() => null); // it may have no sound
    if (found && this.open?.id === project.id && this.open.revision === project.revision) this.sound = new Levels(found.peaks, found.per_second);
  }
}

export const filmStore = new Films();
