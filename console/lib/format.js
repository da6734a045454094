// Numbers, times and names as people read them. Units are always shown; a missing value is an en dash.

export const NONE = '–';
const known = (value) => typeof value === 'number' && Number.isFinite(value);

// Fixed digits, a real minus sign, narrow spaces between thousands.
export function number(value, digits = 0) {
  if (!known(value)) return NONE;
  const text = Math.abs(value).toFixed(digits);
  const [whole, part] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ' ');
  const minus = value < 0 && Number(text) !== 0 ? '−' : '';
  return minus + grouped + (part === undefined ? '' : '.' + part);
}

// { text, unit } of a length: km above 10 km, tenths below 100 m.
export function length(value_m) {
  if (!known(value_m)) return { text: NONE, unit: 'm' };
  const size = Math.abs(value_m);
  if (size >= 10_000) return { text: number(value_m / 1000, size >= 100_000 ? 0 : 1), unit: 'km' };
  return { text: number(value_m, size < 100 ? 1 : 0), unit: 'm' };
}

// { text, unit } of a speed.
export function speed(value_m_s) {
  const digits = known(value_m_s) && Math.abs(value_m_s) < 100 ? 1 : 0;
  return { text: number(value_m_s, digits), unit: 'm/s' };
}

export const say = ({ text, unit }) => `${text} ${unit}`;
export const degrees = (value_rad) => (known(value_rad) ? (value_rad * 180) / Math.PI : undefined);

// '19:15:45', of milliseconds of UTC since 1970.
export function clock(utc, digits = 0) {
  if (!known(utc)) return NONE;
  const iso = new Date(Math.floor(utc)).toISOString();
  return digits ? iso.slice(11, 20 + digits) : iso.slice(11, 19);
}

export function date(utc) {
  return known(utc) ? new Date(utc).toISOString().slice(0, 10) : NONE;
}

// '0:01:15' of milliseconds.
export function duration(span_ms) {
  if (!known(span_ms)) return NONE;
  const s = Math.floor(Math.abs(span_ms) / 1000);
  const two = (n) => String(n).padStart(2, '0');
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

// 'T−0:01:15': before the event negative, after it positive, whole seconds as a countdown shows them.
export function countdown(to_ms) {
  if (!known(to_ms)) return 'T ' + NONE;
  const s = to_ms > 0 ? Math.ceil(to_ms / 1000) : Math.floor(-to_ms / 1000);
  return `T${to_ms > 0 ? '−' : '+'}${duration(s * 1000)}`;
}

// '12 s', '3 min 20 s', '2 h 5 min'.
export function ago(span_ms) {
  if (!known(span_ms)) return NONE;
  const s = Math.max(0, Math.floor(span_ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
}

// UTC in milliseconds of what may be a number or ISO text.
export function utcOf(value) {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const ms = Date.parse(/[zZ]$|[+-]\d\d:\d\d$/.test(value) ? value : value + 'Z');
  return Number.isNaN(ms) ? undefined : ms;
}
