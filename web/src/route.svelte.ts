export const VIEWS = ["find", "map", "playlists", "library"] as const;
export type View = (typeof VIEWS)[number];

const viewOf = (hash: string): View => VIEWS.find((each) => `#${each}` === hash) ?? "find";

/** The view that the address names, so that it can be kept, sent and gone back to. */
class Route {
  view = $state(viewOf(location.hash));

  constructor() {
    addEventListener("hashchange", () => (this.view = viewOf(location.hash)));
  }
}

export const route = new Route();
