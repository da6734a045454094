// The ground system as the browser sees it: dictionary, history, one WebSocket for everything live, posts
// with the operator's token. Owns the mission clock: `now_utc` of the server, carried on at its speed.

const TOKEN = 'frigoris.token';

// The token comes once, in the address; it is kept for this tab and taken out of the address.
export function takeToken() {
  const match = /[#&]token=([^&]+)/.exec(location.hash);
  if (!match) return;
  sessionStorage.setItem(TOKEN, decodeURIComponent(match[1]));
  history.replaceState(null, '', location.pathname + location.search + location.hash.replace(match[0], '').replace(/^#$/, ''));
}

export const token = () => sessionStorage.getItem(TOKEN) ?? '';
export const setToken = (text) => sessionStorage.setItem(TOKEN, text.trim());

// What the server refused, in its own words.
export class Refused extends Error {
  constructor(status, text) {
    super(text || `refused with status ${status}`);
    this.status = status;
  }
}

async function answer(response) {
  const text = await response.text();
  let body;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    body = null;
  }
  if (!response.ok) throw new Refused(response.status, body?.error ?? body?.message ?? text);
  return body;
}

// What the server lists and then tells by the socket. An answer that was asked for before something was told does
// not undo it.
export class Known {
  #items = new Map();
  #told = 0;

  put(item) {
    this.#items.set(String(item.id), { item, told: ++this.#told });
  }

  async load(ask) {
    const before = this.#told;
    const list = (await ask()) ?? [];
    const later = [...this.#items].filter(([, { told }]) => told > before);
    this.#items = new Map(list.map((item) => [String(item.id), { item, told: 0 }]));
    later.forEach(([id, entry]) => this.#items.set(id, entry));
  }

  list() {
    return [...this.#items.values()].map(({ item }) => item);
  }
}

export class Api extends EventTarget {
  #socket;
  #keys = new Map();
  #latest = new Map();
  #clock = { utc: Date.now(), speed: 1, at: performance.now() };
  #shown = -Infinity;
  #retry_ms = 500;

  constructor(base = '/api') {
    super();
    this.base = base;
    this.state = null;
    this.online = false;
    this.offlineSince = performance.now();
    this.dictionary = this.get('/dictionary');
    this.mission = this.get('/mission').catch(() => null);
    // Mission time is known from the first unit on that the ground system has received.
    this.ready = new Promise((ready) => this.on('state', (state) => state.now_utc && ready()));
    this.#open();
    this.refresh();
  }

  get(path, options) {
    return fetch(this.base + path, { cache: 'no-store', ...options }).then(answer);
  }

  post(path, body) {
    const headers = { Authorization: `Bearer ${token()}` };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    return fetch(this.base + path, { method: 'POST', headers, body: JSON.stringify(body) }).then(answer);
  }

  // Listens to 'state', 'event', 'alarm', 'command', 'online'; returns what ends it.
  on(type, listener) {
    const call = (e) => listener(e.detail);
    this.addEventListener(type, call);
    return () => this.removeEventListener(type, call);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  refresh() {
    this.get('/state').then((state) => this.#take(state)).catch(() => {});
  }

  #take(state) {
    this.state = state;
    if (state.now_utc) this.#set(state);
    this.#tell('state', state);
  }

  #set(state) {
    this.#clock = { utc: state.now_utc, speed: state.speed ?? 1, at: performance.now() };
    if (Math.abs(state.now_utc - this.#shown) > 2000 * Math.max(1, this.#clock.speed)) this.#shown = -Infinity;
  }

  get speed() {
    return this.#clock.speed;
  }

  // Mission time now, ms of UTC: never runs backwards but for a replay that was set back.
  now() {
    const { utc, speed, at } = this.#clock;
    this.#shown = Math.max(this.#shown, utc + (performance.now() - at) * speed);
    return this.#shown;
  }

  // Calls back with each live datum of `key`; returns what ends it.
  subscribe(key, listener) {
    if (!this.#keys.has(key)) {
      this.#keys.set(key, new Set());
      this.#send({ subscribe: [key] });
    }
    this.#keys.get(key).add(listener);
    return () => {
      const listeners = this.#keys.get(key);
      if (!listeners?.delete(listener) || listeners.size) return;
      this.#keys.delete(key);
      this.#send({ unsubscribe: [key] });
    };
  }

  latest(key) {
    return this.#latest.get(key);
  }

  async history(key, { start, end, strategy, size, signal }) {
    const query = new URLSearchParams({ start: Math.floor(start), end: Math.ceil(end) });
    if (strategy) query.set('strategy', strategy);
    if (size) query.set('size', Math.ceil(size));
    const rows = await this.get(`/history/${encodeURIComponent(key)}?${query}`, { signal });
    const last = rows.at(-1);
    if (last && !(this.#latest.get(key)?.utc >= last.utc)) this.#latest.set(key, { key, ...last });
    return rows;
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #open() {
    const address = new URL(this.base + '/live', location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.onopen = () => {
      this.#retry_ms = 500;
      this.online = true;
      if (this.#keys.size) this.#send({ subscribe: [...this.#keys.keys()] });
      this.#tell('online', true);
    };
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = () => {
      if (this.online) this.offlineSince = performance.now();
      this.online = false;
      this.#tell('online', false);
      setTimeout(() => this.#open(), this.#retry_ms);
      this.#retry_ms = Math.min(this.#retry_ms * 2, 8000);
    };
  }

  #receive(message) {
    for (const datum of message.values ?? []) {
      this.#latest.set(datum.key, datum);
      this.#keys.get(datum.key)?.forEach((listener) => listener(datum));
    }
    if (message.state) this.#take(message.state);
    for (const type of ['event', 'alarm', 'command', 'procedure']) {
      if (message[type]) this.#tell(type, message[type]);
    }
  }
}

let shared;
// One connection a page, however many views it shows.
export function api() {
  shared ??= new Api();
  return shared;
}
