import * as api from "./api";
import type { Kind, Taken } from "./dropped";
import { servers, type ServicePhoto } from "./servers.svelte";
import { describe, session, type Source } from "./session.svelte";
import { t } from "./settings.svelte";

const AT_ONCE = 3;
/** Photos of a service that fail one after another, after which it is left alone; as `img2music.connectors.service_photos`. */
export const IN_A_ROW = 5;
/** As many as the server keeps. */
const MOST = 1000;

interface Numbered {
  name: string;
  kind: Kind;
  send: Source["send"];
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
  #lost = 0; // since one arrived
  #show = false; // whether the next that arrives is shown

  add({ given, leftOut, folder }: Taken): void {
    this.note = "";
    if (folder && !given.length) this.note = t().drop.noPictures;
    else if (leftOut) this.note = t().drop.leftOut(leftOut);
    this.#take(
      given.map(({ file, kind }) => ({
        name: file.name,
        kind,
        send: (signal) => (kind === "song" ? api.sendSong(file, signal) : api.sendPicture(file, signal)),
      })),
    );
  }

  /** Have photos of a service fetched. */
  addPhotos(connection: string, photos: ServicePhoto[]): void {
    this.note = "";
    this.#take(photos.map((photo) => ({ name: photo.name, kind: "picture", send: (signal) => servers.fetch(connection, photo, false, signal) })));
  }

  #take(given: Omit<Numbered, "order">[]): void {
    const taken = given.slice(0, Math.max(0, MOST - session.pictures.length - this.total));
    if (taken.length < given.length) this.note = t().drop.tooMany(taken.length, given.length);
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
      this.#lost = 0;
    } catch (error) {
      if (!(error instanceof api.Problem) && !going.ending.signal.aborted) throw error;
      if (error instanceof api.Problem) this.#failed(given, error);
    } finally {
      this.going = this.going.filter((each) => each !== going);
      this.done += 1;
    }
    void this.#next();
  }

  async #send({ send, order, ending }: Going): Promise<void> {
    const sent = await send(ending.signal);
    if ("track" in sent) session.addSong(sent, { send, order }, this.#show);
    else session.addPicture(sent, { send, order }, this.#show);
    this.#show = false;
  }

  #failed(given: Numbered, error: api.Problem): void {
    this.#lost = error.status === 502 ? this.#lost + 1 : 0;
    if (this.#lost >= IN_A_ROW && this.#waiting.length) {
      this.note = t().servers.restLeft(this.#waiting.length);
      this.done += this.#waiting.length;
      this.#waiting = [];
    }
    if (error.status === 401) session.login = true;
    const failure = { ...given, again: api.passing(error), reason: describe(error, given.name) };
    this.failed = [...this.failed, failure].sort((a, b) => a.order - b.order);
  }

  #end(): void {
    [this.done, this.total] = [0, 0];
    session.uploaded();
  }
}

export const uploads = new Uploads();
