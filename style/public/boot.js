// Starts a page's bundle: loads it, then hands each island's element to its function.
//
// The page names the bundle on this script's own tag (the README beside tells all that a page must contain):
//   <script src="…/boot.js" data-js="…/shop.js" data-wasm="…/shop.wasm" nonce="…" defer></script>
// and, where it is to be shown without a network, the service worker that keeps it: data-keep="/keep.js"
// When all islands are alive, <html> gets the attribute `data-hydrated`: "" or, when one has failed, "failed".
{
  const { js, wasm, keep } = document.currentScript.dataset;
  // `cargo leptos watch` serves this file from the site's root, `cargo xtask build` from under the build's hash.
  const watched = new URL(document.currentScript.src).pathname === "/boot.js";
  const page = document.documentElement;
  let failed = false;

  // An island that has server-rendered children leaves, on its <leptos-children>, what must run before an island
  // among those children comes alive, so that this one finds the context that the outer one provides.
  const enclosing = [];

  // Between two islands whoever touches the page has a turn.
  const turn = () => globalThis.scheduler?.yield?.() ?? new Promise((next) => setTimeout(next));

  async function hydrateBelow(element, module) {
    for (const child of element.children) {
      const name = child.localName;
      if (name === "leptos-island") {
        await hydrateIsland(child, module);
        await hydrateBelow(child, module);
      } else if (name === "leptos-children") {
        enclosing.push(child.$$on_hydrate);
        await hydrateBelow(child, module);
        enclosing.pop();
      } else {
        await hydrateBelow(child, module);
      }
    }
  }

  async function hydrateIsland(element, module) {
    const hydrate = module[element.dataset.component];
    if (!hydrate) {
      failed = true;
      console.error(`${js} has no island ${element.dataset.component}`);
      return;
    }
    enclosing.at(-1)?.();
    await hydrate(element);
    await turn();
  }

  // Dates are told by the clock at their place. Whose own clock is another is told both, in the words of the browser.
  function tellElsewhere() {
    let words;
    for (const note of document.querySelectorAll("[data-elsewhere]")) {
      const date = new Date(note.dataset.elsewhere);
      const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(note.dataset.elsewhere) ?? [null, "+", 0, 0];
      const there = Number(`${sign}1`) * (60 * Number(hours) + Number(minutes));
      if (-date.getTimezoneOffset() !== there) {
        words ??= new Intl.DateTimeFormat("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
        note.textContent = words.format(date);
        note.hidden = false;
      }
    }
  }

  if (watched) {
    import("/reload.js").catch(console.error);
  }

  // A page that is to be shown without a network names the service worker that keeps it, with all that it has loaded.
  async function stay() {
    const scope = `${location.pathname.split("/", 2).join("/")}/`;
    await navigator.serviceWorker.register(keep, { scope });
    const { active } = await navigator.serviceWorker.ready;
    const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
    active.postMessage([location.href, ...loaded]);
  }

  if (keep && "serviceWorker" in navigator) {
    addEventListener("load", () => stay().catch(console.warn));
  }

  turn().then(tellElsewhere).catch(console.warn);

  async function boot() {
    const module = await import(js);
    await module.default({ module_or_path: wasm });
    module.hydrate();
    await turn();
    await hydrateBelow(document.body, module);
  }

  boot()
    // A panic leaves the bundle in no state to go on. The page stays as the server sent it; its links and forms work.
    .catch((error) => {
      failed = true;
      console.error(error);
    })
    .finally(() => page.setAttribute("data-hydrated", failed ? "failed" : ""));
}
