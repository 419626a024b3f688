import { Component, render } from "preact";
import { Detail } from "./detail.tsx";
import { Fleet } from "./fleet.tsx";
import { Store } from "./store.ts";
import { counted, exact } from "./words.ts";

const REDRAW_MS = 5_000;

class App extends Component {
  readonly #redraw = () => this.forceUpdate();
  readonly #store = new Store(this.#redraw);
  #timer = 0;

  override componentDidMount(): void {
    addEventListener("hashchange", this.#moved);
    this.#timer = window.setInterval(this.#redraw, REDRAW_MS);
  }

  override componentWillUnmount(): void {
    removeEventListener("hashchange", this.#moved);
    clearInterval(this.#timer);
  }

  readonly #moved = () => {
    this.forceUpdate(() => {
      scrollTo(0, 0);
      document.querySelector<HTMLElement>("h1")?.focus();
    });
  };

  override render() {
    const store = this.#store;
    const id = idInAddress();
    const row = store.get(id);
    document.title = row === undefined ? "Muster" : `${row.name}: ${row.state} - Muster`;
    return (
      <>
        <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
          Skip to the content
        </button>
        <header>
          <a class="brand" href="#/">
            Muster
          </a>
          <Totals store={store} />
        </header>
        <main id="main" tabIndex={-1}>
          {id === "" ? <Fleet store={store} /> : <Detail key={id} id={id} store={store} />}
        </main>
      </>
    );
  }
}

/** The autoscaler that the address names; of a name that nobody could have written, itself: there is none of that id. */
function idInAddress(): string {
  const written = location.hash.replace(/^#\/?/, "");
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

const IN_TROUBLE = ["failing", "stalled", "fallback", "unreadable"];
const SAID = {
  connecting: "Connecting...",
  live: "Live",
  reconnecting: "No connection; trying again",
  refused: "Refused",
};

function Totals({ store }: { store: Store }) {
  const { head, rows, connection } = store;
  const trouble = rows.filter(({ state }) => IN_TROUBLE.includes(state)).length;
  const atMax = rows.filter(({ state }) => state === "at max").length;
  const workers = rows.reduce((sum, { current = 0 }) => sum + current, 0);
  return (
    <>
      {head && (
        <ul class="totals" aria-label="Totals">
          <li>{counted(head.autoscalers, "autoscaler")}</li>
          <li class={trouble > 0 ? "bad" : ""}>{trouble} in trouble</li>
          <li class={atMax > 0 ? "warn" : ""}>{atMax} at max</li>
          <li>{counted(workers, "worker")}</li>
          <li>{head.leader ? "this replica leads" : "this replica stands by"}</li>
          {head.callsPerMinute !== undefined && <li>{exact(head.callsPerMinute)} calls a minute</li>}
        </ul>
      )}
      <p class={`connection ${connection}`} role="status">
        {SAID[connection]}
      </p>
    </>
  );
}

const place = document.getElementById("app");
if (place !== null) {
  place.textContent = "";
  render(<App />, place);
}
