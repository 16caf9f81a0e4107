import * as api from "./api";
import type { Given, Taken } from "./dropped";
import { describe, session } from "./session.svelte";
import { t } from "./settings.svelte";

const AT_ONCE = 3;
/** As many as the server keeps. */
const MOST = 1000;

interface Numbered extends Given {
  /** By which what was sent stands in the order in which it was given, whichever arrives first. */
  order: number;
}

export interface Going extends Numbered {
  ending: AbortController;
}

export interface Failure extends Numbered {
  reason: string;
  /** Whether it may go better another time. */
  again: boolean;
}

/** What is being sent: a few files at once, in the order in which they were given. */
class Uploads {
  going = $state.raw<Going[]>([]);
  failed = $state.raw<Failure[]>([]);
  done = $state(0);
  total = $state(0);
  /** What a person should know of what they gave. */
  note = $state("");

  #waiting: Numbered[] = [];
  #count = 0;
  #show = false; // whether the next that arrives is shown

  add({ given, leftOut, folder }: Taken): void {
    const room = MOST - session.pictures.length - this.total;
    const taken = given.slice(0, Math.max(0, room));
    this.note = "";
    if (folder && !given.length) this.note = t().drop.noPictures;
    else if (taken.length < given.length) this.note = t().drop.tooMany(taken.length, given.length);
    else if (leftOut) this.note = t().drop.leftOut(leftOut);
    this.#begin(taken.map((each) => ({ ...each, order: this.#count++ })));
  }

  again(): void {
    const failed = this.failed.filter((each) => each.again);
    this.failed = [];
    this.#begin(failed);
  }

  /** Stop all; what is there stays. */
  stop(): void {
    this.#waiting = [];
    for (const each of this.going) each.ending.abort();
  }

  #begin(given: Numbered[]): void {
    this.#waiting.push(...given);
    this.total += given.length;
    this.#show = true;
    for (let free = AT_ONCE - this.going.length; free > 0; free--) void this.#next();
  }

  async #next(): Promise<void> {
    const given = this.#waiting.shift();
    if (given === undefined) {
      if (!this.going.length) this.#end();
      return;
    }
    const going: Going = { ...given, ending: new AbortController() };
    this.going = [...this.going, going];
    try {
      await this.#send(going);
    } catch (error) {
      if (!(error instanceof api.Problem) && !going.ending.signal.aborted) throw error;
      if (error instanceof api.Problem) this.#failed(given, error);
    } finally {
      this.going = this.going.filter((each) => each !== going);
      this.done += 1;
    }
    void this.#next();
  }

  async #send({ file, kind, order, ending }: Going): Promise<void> {
    const sent = kind === "song" ? await api.sendSong(file, ending.signal) : await api.sendPicture(file, ending.signal);
    if ("track" in sent) session.addSong(sent, { file, order }, this.#show);
    else session.addPicture(sent, { file, order }, this.#show);
    this.#show = false;
  }

  #failed(given: Numbered, error: api.Problem): void {
    if (error.status === 401) session.login = true;
    const failure = { ...given, again: api.passing(error), reason: describe(error, given.file.name) };
    this.failed = [...this.failed, failure].sort((a, b) => a.order - b.order);
  }

  #end(): void {
    [this.done, this.total] = [0, 0];
    session.uploaded();
  }
}

export const uploads = new Uploads();
