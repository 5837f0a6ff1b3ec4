// A service worker for the pages of orders: tickets are shown at a gate where there may be no network. What such a page loads
// comes from the network while there is one and is kept; without one, what was kept is shown. Nothing else is touched.
const KEPT = "orders";
/** The oldest goes first: a page with its tickets, script, code, style and type are about a dozen. */
const MOST = 60;
const TICKET = /^(\/orders\/[^/]+)\/tickets\//;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && new URL(request.url).origin === location.origin) {
    event.respondWith(answer(event));
  }
});

// What the page had loaded before we were there.
addEventListener("message", (event) => event.waitUntil(Promise.all(event.data.map((url) => load(new Request(url))))));

async function answer(event) {
  try {
    const response = await fetch(event.request);
    event.waitUntil(keep(event.request, response.clone()));
    return response;
  } catch (offline) {
    const kept = await caches.match(event.request, { cacheName: KEPT });
    if (kept) return kept;
    throw offline;
  }
}

async function keep(request, response) {
  if (!response.ok || response.redirected || request.url.includes("key=")) return;
  const cache = await caches.open(KEPT);
  await cache.put(request, response);
  // A ticket is new on its page, which was kept before it was there.
  const page = TICKET.exec(new URL(request.url).pathname)?.[1];
  if (page) await load(new Request(page));
  const all = await cache.keys();
  await Promise.all(all.slice(0, Math.max(0, all.length - MOST)).map((old) => cache.delete(old)));
}

/** Loads and keeps. Without a network there is nothing to keep. */
async function load(request) {
  const response = await fetch(request).catch(() => null);
  if (response) await keep(request, response);
}
