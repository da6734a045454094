"use strict";
// Ground track over shaded relief. Heights arrive as 16-bit steps in base64, rows from south to north.
const Maps = (() => {
  const PAD = { left: 58, right: 14, top: 10, bottom: 36 };

  function heights(patch) {
    const raw = atob(patch.heights), n = patch.columns * patch.rows, h = new Float32Array(n);
    for (let i = 0; i < n; i++) h[i] = patch.low + patch.step * (raw.charCodeAt(2 * i) | raw.charCodeAt(2 * i + 1) << 8);
    return h;
  }

  // Lambert shading, lamp from the north-west 35 deg up: the habit of maps, not the Sun of the day.
  function shade(patch, dark) {
    const { columns: w, rows: r } = patch, h = heights(patch);
    const dx = (patch.east[1] - patch.east[0]) / Math.max(w - 1, 1), dy = (patch.north[1] - patch.north[0]) / Math.max(r - 1, 1);
    const lamp = [-Math.cos(0.61) / Math.SQRT2, Math.cos(0.61) / Math.SQRT2, Math.sin(0.61)];
    let low = Infinity, high = -Infinity, steep = 0;
    for (const z of h) { low = Math.min(low, z); high = Math.max(high, z); }
    const slope = (x, y, i) => {
      const gx = (h[i + (x < w - 1 ? 1 : 0)] - h[i - (x > 0 ? 1 : 0)]) / (dx * ((x < w - 1) + (x > 0) || 1));
      const gy = (h[i + (y < r - 1 ? w : 0)] - h[i - (y > 0 ? w : 0)]) / (dy * ((y < r - 1) + (y > 0) || 1));
      return [gx, gy];
    };
    for (let y = 0; y < r; y++) for (let x = 0; x < w; x++) { const g = slope(x, y, y * w + x); steep += g[0] * g[0] + g[1] * g[1]; }
    const gain = Math.min(12, 0.30 / Math.max(Math.sqrt(steep / (w * r)), 1e-4));
    const canvas = document.createElement("canvas"); canvas.width = w; canvas.height = r;
    const g2 = canvas.getContext("2d"), image = g2.createImageData(w, r);
    for (let y = 0; y < r; y++) for (let x = 0; x < w; x++) {
      const i = y * w + x, [gx, gy] = slope(x, y, i), a = -gx * gain, b = -gy * gain, norm = Math.sqrt(a * a + b * b + 1);
      const lit = Math.max(0, (a * lamp[0] + b * lamp[1] + lamp[2]) / norm), level = (h[i] - low) / Math.max(high - low, 1e-6);
      const grey = dark ? 26 + 105 * lit + 26 * level : 108 + 112 * lit + 22 * level, o = 4 * ((r - 1 - y) * w + x);
      image.data[o] = grey * 0.985; image.data[o + 1] = grey; image.data[o + 2] = Math.min(255, grey * 1.03 + 4); image.data[o + 3] = 255;
    }
    g2.putImageData(image, 0, 0);
    return { canvas, low, high };
  }

  function ticks(a, b, n) {
    const raw = (b - a) / n, p = 10 ** Math.floor(Math.log10(raw)), step = [1, 2, 5, 10].map(k => k * p).find(s => s >= raw), out = [];
    for (let v = Math.ceil(a / step) * step; v <= b + 1e-9; v += step) out.push(Math.abs(v) < 1e-9 ? 0 : v);
    return out;
  }

  // draw(host, patch, tracks, css): tracks = [{east, north, color, dash, end}], metres from the target.
  function draw(host, patch, tracks, css, dark) {
    const wide = host.clientWidth, room = wide - PAD.left - PAD.right;
    const de = patch.east[1] - patch.east[0], dn = patch.north[1] - patch.north[0];
    const scale = Math.min(room / de, 460 / dn), w = de * scale, h = dn * scale, left = PAD.left + (room - w) / 2;
    const canvas = document.createElement("canvas"), ratio = window.devicePixelRatio || 1;
    canvas.width = wide * ratio; canvas.height = (h + PAD.top + PAD.bottom) * ratio;
    canvas.style.width = wide + "px"; canvas.style.height = h + PAD.top + PAD.bottom + "px";
    host.append(canvas);
    const g = canvas.getContext("2d"); g.scale(ratio, ratio);
    const X = e => left + (e - patch.east[0]) * scale, Y = n => PAD.top + (patch.north[1] - n) * scale;
    const relief = shade(patch, dark);
    g.imageSmoothingQuality = "high"; g.drawImage(relief.canvas, left, PAD.top, w, h);
    axes(g, patch, { X, Y, left, w, h }, css);
    g.save(); g.beginPath(); g.rect(left, PAD.top, w, h); g.clip();
    for (const t of tracks) track(g, t, X, Y, css);
    cross(g, X(0), Y(0), css("--ink"));
    g.restore();
    return relief;
  }

  function axes(g, patch, { X, Y, left, w, h }, css) {
    const km = patch.east[1] - patch.east[0] > 4000, f = v => km ? String(+(v / 1000).toFixed(2)) : String(+v.toFixed(1)), unit = km ? "km" : "m";
    g.strokeStyle = css("--line"); g.strokeRect(left, PAD.top, w, h);
    g.fillStyle = css("--muted"); g.font = "12px system-ui, sans-serif"; g.textAlign = "center"; g.textBaseline = "top";
    for (const e of ticks(patch.east[0], patch.east[1], Math.max(2, w / 90))) { g.fillText(f(e).replace("-", "−"), X(e), PAD.top + h + 5); tickmark(g, X(e), PAD.top + h, 0, 4, css); }
    g.fillText(`east of the target, ${unit}`, left + w / 2, PAD.top + h + 20);
    g.textAlign = "right"; g.textBaseline = "middle";
    for (const n of ticks(patch.north[0], patch.north[1], Math.max(2, h / 60))) { g.fillText(f(n).replace("-", "−"), left - 7, Y(n)); tickmark(g, left, Y(n), -4, 0, css); }
    g.save(); g.translate(left - 44, PAD.top + h / 2); g.rotate(-Math.PI / 2); g.textAlign = "center"; g.fillText(`north, ${unit}`, 0, 0); g.restore();
  }

  function tickmark(g, x, y, dx, dy, css) {
    g.strokeStyle = css("--muted"); g.beginPath(); g.moveTo(x, y); g.lineTo(x + dx, y + dy); g.stroke();
  }

  function track(g, t, X, Y, css) {
    const run = (style, width) => {
      g.strokeStyle = style; g.lineWidth = width; g.setLineDash(t.dash || []); g.lineJoin = "round"; g.beginPath();
      let on = false;
      for (let i = 0; i < t.east.length; i++) {
        if (t.east[i] == null || t.north[i] == null) { on = false; continue; }
        const x = X(t.east[i]), y = Y(t.north[i]);
        on ? g.lineTo(x, y) : g.moveTo(x, y); on = true;
      }
      g.stroke(); g.setLineDash([]);
    };
    if (!t.dash) run(css("--card"), 4.5);
    run(t.color, 2.2);
    const k = t.east.length - 1;
    if (t.end && t.east[k] != null) {
      g.fillStyle = t.color; g.strokeStyle = css("--card"); g.lineWidth = 2;
      g.beginPath(); g.arc(X(t.east[k]), Y(t.north[k]), 5.5, 0, 7); g.fill(); g.stroke();
    }
  }

  function cross(g, x, y, color) {
    g.strokeStyle = color; g.lineWidth = 1.6;
    g.beginPath(); g.arc(x, y, 7, 0, 7); g.moveTo(x - 12, y); g.lineTo(x + 12, y); g.moveTo(x, y - 12); g.lineTo(x, y + 12); g.stroke();
  }

  return { draw };
})();
