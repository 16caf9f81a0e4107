export const VIEWS = ["find", "films", "map", "playlists", "library"] as const;
export type View = (typeof VIEWS)[number];

/** The view that the address names, and what of it, so that it can be kept, sent and gone back to: `#playlists/3`. */
class Route {
  view = $state<View>("find");
  item = $state("");

  constructor() {
    addEventListener("hashchange", () => this.#read());
    this.#read();
  }

  #read(): void {
    const [view, item = ""] = location.hash.slice(1).split("/");
    this.view = VIEWS.find((each) => each === view) ?? "find";
    this.item = item;
  }
}

export const route = new Route();
