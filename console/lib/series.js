// One parameter over time on this page: history, then live values; read at any time between two samples.

const KEPT_MAX = 8000;
// The mission clock is set back when it loses more than this; less is its own correction.
const BACK_ms = 5000;

export class Series {
  utc = [];
  value = [];
  limit = null;
  received = -Infinity;
  #pushed = -Infinity;

  // `start`: history from then on; without it only the latest that is known.
  constructor(api, key, { start, size = 1500, known } = {}) {
    this.key = key;
    this.now = () => api.now();
    this.end = () => {};
    this.load = async () => {};
    if (known && !known.has(key)) return; // this flight does not send it

    this.end = api.subscribe(key, (datum) => this.push(datum));
    this.load = async () => {
      const end = api.now() + 60_000;
      const ask = start === undefined ? { start: end - 86_400_000, end, strategy: 'latest', size: 1 } : { start, end, strategy: 'minmax', size };
      const rows = await api.history(key, ask).catch(() => []);
      const [utc, value] = [this.utc, this.value];
      [this.utc, this.value] = [[], []];
      rows.forEach((datum) => this.push(datum));
      const last = this.utc.at(-1) ?? -Infinity;
      utc.forEach((t, i) => t > last && (this.utc.push(t), this.value.push(value[i])));
    };
    this.ready = this.load();
  }

  push({ utc, value, limit, received }) {
    if (typeof value !== 'number') return;
    const now = this.now();
    if (now < this.#pushed - BACK_ms) {
      const later = this.utc.findIndex((t) => t > now); // a replay was set back
      if (later >= 0) this.utc.length = this.value.length = later;
    }
    this.#pushed = now;
    if (this.utc.length && utc <= this.utc.at(-1)) return; // repeated or late: history has it
    this.utc.push(utc);
    this.value.push(value);
    this.limit = limit ?? null;
    this.received = received ?? utc;
    if (this.utc.length > KEPT_MAX) {
      const thin = (list) => list.filter((_, i) => i % 2 === 0 || i > KEPT_MAX - 1000);
      [this.utc, this.value] = [thin(this.utc), thin(this.value)];
    }
  }

  get last() {
    return this.value.at(-1);
  }

  get lastUtc() {
    return this.utc.at(-1);
  }

  // Between samples a straight line; before the first and after the last, undefined.
  at(utc) {
    let [low, high] = [0, this.utc.length - 1];
    if (high < 0 || utc < this.utc[0] || utc > this.utc[high]) return undefined;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.utc[middle] <= utc) low = middle;
      else high = middle;
    }
    const span = this.utc[high] - this.utc[low];
    return span > 0 ? this.value[low] + ((utc - this.utc[low]) / span) * (this.value[high] - this.value[low]) : this.value[high];
  }
}
