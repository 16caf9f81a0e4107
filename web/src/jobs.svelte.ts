import * as api from "./api";
import { session } from "./session.svelte";

const LATER = 5_000;
const RUNNING: api.Job["state"][] = ["waiting", "running"];
/** Milliseconds after which an empty library is looked at again, while songs come. */
const COUNTED = 1_000;

/** The jobs of the library as they change, in whatever window they were begun. */
class Jobs {
  all = $state.raw<api.Job[]>([]);
  changed = $state(0); // counts what jobs have changed in the library

  /** By which songs come just now. */
  scan = $derived(this.all.find((each) => RUNNING.includes(each.state) && each.kind === "scan"));

  #counted = 0;
  #events: EventSource | null = null;
  #again = 0;

  /** Follow the jobs, or only if some have not ended; the browser connects again by itself, and is told what it missed. */
  async follow(always = true): Promise<void> {
    if (this.#events && this.#events.readyState !== EventSource.CLOSED) return;
    const known = await session.attempt(() => api.jobs());
    if (this.#events && this.#events.readyState !== EventSource.CLOSED) return; // meanwhile
    if (known === undefined) return this.#later();
    for (const job of known.filter((each) => this.all.some((before) => before.id === each.id))) this.#take(job);
    this.all = known;
    if (!always && !known.some((each) => RUNNING.includes(each.state))) return;
    this.#events = new EventSource(api.address("jobs/events"));
    this.#events.addEventListener("job", (event) => this.#take(JSON.parse(event.data)));
    this.#events.addEventListener("error", () => this.#events?.readyState === EventSource.CLOSED && this.#later());
  }

  /** A stream that was refused, as a proxy does whose server is gone, the browser does not try again. */
  #later(): void {
    clearTimeout(this.#again);
    if (!session.login) this.#again = window.setTimeout(() => void this.follow(), LATER);
  }

  async begin(job: Record<string, unknown>): Promise<void> {
    await this.#asked(() => api.beginJob(job));
  }

  async importFile(file: File): Promise<void> {
    await this.#asked(() => api.importFile(file));
  }

  async cancel(job: api.Job): Promise<void> {
    await this.#asked(() => api.cancelJob(job.id));
  }

  async retry(job: api.Job): Promise<void> {
    await this.#asked(() => api.retryJob(job.id));
  }

  async forget(job: api.Job): Promise<void> {
    if (await session.attempt(() => api.forgetJob(job.id))) this.all = this.all.filter((each) => each.id !== job.id);
  }

  async #asked(work: () => Promise<api.Job>): Promise<void> {
    session.problem = null;
    const job = await session.attempt(work);
    if (job) this.#take(job);
    void this.follow();
  }

  #take(job: api.Job): void {
    const before = this.all.find((each) => each.id === job.id);
    if (before && before.events > job.events) return;
    this.all = [job, ...this.all.filter((each) => each.id !== job.id)].sort((a, b) => b.id - a.id);
    if (session.tracks === 0 && this.scan && Date.now() - this.#counted > COUNTED) {
      this.#counted = Date.now();
      void session.count();
    }
    const ended = !RUNNING.includes(job.state) && (before === undefined || RUNNING.includes(before.state));
    if (ended && !["export", "film", "proxy", "render", "match"].includes(job.kind) && !job.options.includes("dry_run")) {
      this.changed += 1;
      void session.open().then(() => session.renew());
    }
  }
}

export const jobs = new Jobs();
