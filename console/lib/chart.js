// Two instruments drawn on canvas: altitude against descent speed with the planned corridor, and where the
// thrust axis points.

import { number } from './format.js';

export const INK = { grid: '#28303b', quiet: '#9aa7b8', text: '#eef2f7', flown: '#8ec5ff', plan: '#aab6c6', limit: '#ff7a6b', warn: '#ffb648', good: '#5fd39a' };
const FONT = '12px system-ui, sans-serif';

// A context scaled to the device, cleared.
export function prepare(canvas) {
  const [w, h, d] = [canvas.clientWidth, canvas.clientHeight, window.devicePixelRatio || 1];
  if (canvas.width !== Math.round(w * d) || canvas.height !== Math.round(h * d)) [canvas.width, canvas.height] = [Math.round(w * d), Math.round(h * d)];
  const g = canvas.getContext('2d');
  g.setTransform(d, 0, 0, d, 0, 0);
  g.clearRect(0, 0, w, h);
  g.font = FONT;
  return { g, w, h };
}

export function label(g, text, x, y, colour = INK.quiet, align = 'left', weight = '') {
  g.font = `${weight} ${FONT}`;
  g.fillStyle = colour;
  g.textAlign = align;
  g.fillText(text, x, y);
}

function stroke(g, points, colour, width, dash = []) {
  g.strokeStyle = colour;
  g.lineWidth = width;
  g.lineJoin = 'round';
  g.setLineDash(dash);
  g.beginPath();
  points.forEach(([x, y], i) => (i ? g.lineTo(x, y) : g.moveTo(x, y)));
  g.stroke();
  g.setLineDash([]);
}

const step = (span, lines) => {
  const raw = span / lines;
  const ten = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((m) => m * ten).find((s) => s >= raw) ?? raw;
};
// Scales change in chapters, not with every sample, so that the eye can keep its place.
const chapter = (value, ends) => ends.find((end) => value <= end * 0.97) ?? ends.at(-1);

export class Corridor {
  constructor(canvas, planned) {
    this.canvas = canvas;
    this.planned = [...(planned ?? [])].sort((a, b) => a.altitude_m - b.altitude_m);
  }

  // `trace`: [[altitude_m, descent_m_s]], newest last. `limit_m_s`: fastest descent that can still be stopped.
  draw({ trace, altitude_m, sigma_m, descent_m_s, limit_m_s, lost }) {
    const { g, w, h } = prepare(this.canvas);
    if (w < 40 || h < 40) return;
    const top = chapter(altitude_m ?? 20_000, [120, 600, 3200, 25_000, 130_000]);
    const low = Math.max(0, ...this.planned.filter((p) => p.altitude_m <= top).map((p) => p.descent_m_s));
    const fastest = chapter(Math.max(descent_m_s ?? 0, low, 4), [6, 20, 50, 100, 200]);
    const box = { left: 52, right: w - 14, top: 26, bottom: h - 34 };
    const X = (v) => box.left + (v / fastest) * (box.right - box.left);
    const Y = (a) => box.bottom - (a / top) * (box.bottom - box.top);
    for (let v = 0, s = step(fastest, 5); v <= fastest * 1.001; v += s) {
      stroke(g, [[X(v), box.top], [X(v), box.bottom]], INK.grid, 1);
      label(g, number(v, s < 1 ? 1 : 0), X(v), box.bottom + 15, INK.quiet, 'center');
    }
    for (let a = 0, s = step(top, 5); a <= top * 1.001; a += s) {
      stroke(g, [[box.left, Y(a)], [box.right, Y(a)]], INK.grid, 1);
      label(g, top > 5000 ? number(a / 1000) : number(a), box.left - 7, Y(a) + 4, INK.quiet, 'right');
    }
    label(g, `altitude, ${top > 5000 ? 'km' : 'm'}`, 6, 14);
    label(g, 'descent speed, m/s', box.right, h - 4, INK.quiet, 'right');
    g.save();
    g.beginPath();
    g.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    g.clip();
    const plan = this.planned.map((p) => [X(p.descent_m_s), Y(p.altitude_m)]);
    if (plan.length > 1) stroke(g, plan, INK.plan, 2, [6, 4]);
    stroke(g, trace.filter(([a]) => a <= top * 1.3).map(([a, v]) => [X(v), Y(a)]), INK.flown, 2.5);
    if (altitude_m !== undefined && descent_m_s !== undefined) this.#now(g, X, Y, { altitude_m, sigma_m, descent_m_s, limit_m_s, lost });
    g.restore();
    this.#key(g, box, plan.length > 1 && this.planned[0].altitude_m < top, limit_m_s > 0 && limit_m_s <= fastest);
  }

  #now(g, X, Y, { altitude_m, sigma_m, descent_m_s, limit_m_s, lost }) {
    const [x, y] = [X(descent_m_s), Y(altitude_m)];
    if (sigma_m > 0) stroke(g, [[x, Y(altitude_m + 3 * sigma_m)], [x, Y(Math.max(0, altitude_m - 3 * sigma_m))]], INK.flown, 1);
    if (limit_m_s > 0) stroke(g, [[X(limit_m_s), y - 11], [X(limit_m_s), y + 11]], INK.limit, 3);
    g.beginPath();
    g.arc(x, y, 6, 0, 7);
    g.lineWidth = 2;
    g.fillStyle = g.strokeStyle = lost ? INK.warn : INK.text;
    if (lost) g.stroke();
    else g.fill();
  }

  #key(g, box, planned, limited) {
    let x = box.right;
    const entry = (text, colour, dash) => {
      label(g, text, x, 14, INK.quiet, 'right');
      const from = x - g.measureText(text).width - 6;
      stroke(g, [[from - 16, 10], [from, 10]], colour, 2.5, dash);
      x = from - 28;
    };
    if (limited) entry('can still stop', INK.limit, []);
    if (planned) entry('planned', INK.plan, [5, 3]);
    entry('flown', INK.flown, []);
  }
}

// Seen from above: the centre is straight up, rings are degrees from it, north is at the top.
export class Attitude {
  constructor(canvas) {
    this.canvas = canvas;
  }

  // `axis`: thrust axis in L; `against`: unit vector against the motion, in L.
  draw({ axis, against, tilt_deg, lost }) {
    const { g, w, h } = prepare(this.canvas);
    const r = Math.min(w, h) / 2 - 20;
    if (r < 20) return;
    const [cx, cy] = [w / 2, h / 2];
    const reach = (tilt_deg ?? 90) > 24 ? 120 : 30;
    for (const ring of reach === 120 ? [30, 60, 90, 120] : [10, 20, 30]) {
      g.strokeStyle = ring === 90 ? '#4a5666' : INK.grid;
      g.lineWidth = 1;
      g.beginPath();
      g.arc(cx, cy, (ring / reach) * r, 0, 7);
      g.stroke();
      label(g, `${ring}°`, cx + (ring / reach) * r * 0.7071 + 3, cy + (ring / reach) * r * 0.7071 + 9, INK.quiet);
    }
    stroke(g, [[cx - r, cy], [cx + r, cy]], INK.grid, 1);
    stroke(g, [[cx, cy - r], [cx, cy + r]], INK.grid, 1);
    label(g, 'N', cx, cy - r - 6, INK.text, 'center');
    label(g, 'E', cx + r + 7, cy + 4, INK.text);
    const place = (v) => {
      const across = Math.hypot(v[0], v[1]) || 1e-9;
      const radius = (Math.min(reach, (Math.atan2(across, v[2]) * 180) / Math.PI) / reach) * r;
      return [cx + (v[0] / across) * radius, cy - (v[1] / across) * radius];
    };
    if (against) {
      const [x, y] = place(against);
      g.strokeStyle = INK.plan;
      g.lineWidth = 2;
      g.beginPath();
      g.arc(x, y, 8, 0, 7);
      g.stroke();
    }
    if (!axis) return;
    const [x, y] = place(axis);
    const colour = lost ? INK.warn : INK.flown;
    stroke(g, [[cx, cy], [x, y]], colour, 2);
    g.fillStyle = colour;
    g.beginPath();
    g.arc(x, y, 5, 0, 7);
    g.fill();
  }
}
