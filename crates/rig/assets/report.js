"use strict";
// Fills the page with plots from the data inside it. No network; uPlot and Maps stand above this script.
(() => {
  const D = JSON.parse(document.getElementById("data").textContent);
  const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const dark = () => document.documentElement.dataset.theme === "dark";
  const charts = [], logs = new Set();

  // ---- numbers and times as people read them
  const minus = s => String(s).replace("-", "−");
  const fmt = v => {
    if (v == null) return "–";
    const a = Math.abs(v), d = a >= 1000 ? 0 : a >= 100 ? 1 : a >= 1 ? 2 : a >= 0.01 || a === 0 ? 3 : 5;
    return minus(v.toFixed(d).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, "\u2009"));
  };
  const clock = (t, digits) => {
    const a = Math.abs(t), k = 10 ** digits, s = Math.round(a * k) / k, m = Math.floor(s / 60);
    return (t < 0 ? "−" : "+") + m + ":" + (s - 60 * m).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  };

  const el = (tag, cls, text) => {
    const e = document.createElement(tag);
    if (cls) e.className = cls;
    if (text) e.textContent = text;
    return e;
  };
  function figure(host, title, note) {
    const f = el("figure", "plot"), head = el("div", "head");
    head.append(el("h3", "", title)); f.append(head);
    if (note) f.append(el("p", "note", note));
    const chart = el("div", "chart"); f.append(chart); host.append(f);
    return { f, head, chart };
  }
  function key(f, entries) {
    const k = el("div", "key");
    for (const [label, color, style] of entries) {
      const s = el("span", style === "dot" ? "dot" : "", label);
      s.style.setProperty("--c", color); if (style === "dashed") s.style.setProperty("--style", "dashed");
      k.append(s);
    }
    f.append(k);
  }

  // ---- shared pieces of every plot
  const FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif";
  const axis = extra => ({
    stroke: css("--muted"), font: FONT, labelFont: FONT, labelSize: 20, labelGap: 2,
    grid: { stroke: css("--grid"), width: 1 }, ticks: { stroke: css("--line"), width: 1, size: 5 }, ...extra,
  });
  const yAxis = unit => axis({
    label: unit, values: (u, splits) => splits.map(v => v == null ? "" : minus(+v.toPrecision(6)).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, "\u2009")),
    size: (u, values) => 20 + 7.2 * Math.max(3, ...(values || []).map(v => v.length)),
  });
  const WIDTH = { truth: 2, nav: 1.8, second: 1.8, reference: 1.5, limit: 1.5, edge: 0.8 };
  const DASH = { reference: [7, 4], limit: [3, 3] };

  function phaseBands(F) {
    return u => {
      const { ctx, bbox: b } = u, r = devicePixelRatio;
      ctx.save(); ctx.beginPath(); ctx.rect(b.left, b.top, b.width, b.height); ctx.clip();
      F.phases.forEach(([name, t0, t1], i) => {
        const x0 = Math.max(u.valToPos(t0, "x", true), b.left), x1 = Math.min(u.valToPos(t1, "x", true), b.left + b.width);
        if (x1 <= x0) return;
        ctx.fillStyle = css(i % 2 ? "--phase-b" : "--phase-a"); ctx.fillRect(x0, b.top, x1 - x0, b.height);
        ctx.font = `${10.5 * r}px system-ui, sans-serif`; ctx.fillStyle = css("--phase-ink"); ctx.textAlign = "center"; ctx.textBaseline = "top";
        if (ctx.measureText(name).width < x1 - x0 - 6 * r) ctx.fillText(name, (x0 + x1) / 2, b.top + 4 * r);
      });
      ctx.restore();
    };
  }
  function eventMarks(F) {
    return u => {
      const { ctx, bbox: b } = u, r = devicePixelRatio;
      ctx.save();
      for (const [t, level] of F.events) {
        if (level !== "medium" && level !== "high") continue;
        const x = u.valToPos(t, "x", true);
        if (x < b.left || x > b.left + b.width) continue;
        ctx.strokeStyle = ctx.fillStyle = css(level === "high" ? "--fail" : "--degraded");
        ctx.globalAlpha = 0.55; ctx.lineWidth = r; ctx.setLineDash([2 * r, 3 * r]);
        ctx.beginPath(); ctx.moveTo(x, b.top); ctx.lineTo(x, b.top + b.height); ctx.stroke();
        ctx.globalAlpha = 1; ctx.beginPath(); const y = b.top + b.height;
        ctx.moveTo(x, y - 8 * r); ctx.lineTo(x - 4 * r, y); ctx.lineTo(x + 4 * r, y); ctx.fill();
      }
      ctx.restore();
    };
  }

  // ---- a plot against time
  function windowOf(F, name) {
    const last = F.t[F.t.length - 1];
    const from = name === "final" ? last - D.final_s : name === "powered" ? F.powered_s : F.t[0];
    let i = F.t.findIndex(t => t >= from);
    return i < 0 ? 0 : i;
  }
  // Measurements set the scale; a gate much wider than they are runs off the plot.
  function scaleOf(curves, i0) {
    const size = role => curves.filter(c => role(c.role)).flatMap(c => c.y.slice(i0)).filter(v => v != null).map(Math.abs).sort((a, b) => a - b);
    const spots = size(r => r === "good" || r === "bad"), gates = size(r => r === "limit");
    if (!spots.length) return null;
    const far = spots[spots.length - 1], gate = gates.length ? gates[gates.length >> 1] : 0;
    const half = Math.max(1.15 * far, Math.min(1.1 * gate, 4 * far)) || 1;
    return [-half, half];
  }
  function timePlot(host, F, title, note, unit, view, curves, opts = {}) {
    const { f, head, chart } = figure(host, title, note), log = logs.has(title);
    if (opts.log) {
      const b = el("button", "", "log"); b.type = "button"; b.setAttribute("aria-pressed", log); head.append(b);
      b.onclick = () => { log ? logs.delete(title) : logs.add(title); build(); };
    }
    const i0 = windowOf(F, view), x = F.t.slice(i0);
    const ys = curves.map(c => { const y = c.y.slice(i0); return log ? y.map(v => v == null ? null : Math.max(v, 0.1)) : y; });
    if (!ys.some(y => y.some(v => v != null))) { chart.append(el("div", "empty", "no data in this part of the flight")); return; }
    const fixed = scaleOf(curves, i0);
    const series = [{ label: "T", value: (u, t) => t == null ? "–" : clock(t, 1) + " min" }];
    const bands = [];
    curves.forEach((c, i) => {
      const color = c.color || css("--" + c.role), spot = c.role === "good" || c.role === "bad";
      series.push({
        label: c.label, stroke: color, width: WIDTH[c.role] || 1.8, dash: DASH[c.role], spanGaps: c.join,
        class: c.role === "edge" ? "hush" : "curve", value: (u, v) => fmt(v) + (v == null ? "" : " " + unit),
        points: spot ? { show: true, size: c.role === "bad" ? 7 : 4, fill: color, stroke: color, width: 0 } : { show: false },
        ...(spot ? { paths: () => null } : {}),
      });
      if (c.role === "edge" && i % 2) bands.push({ series: [i + 1, i], fill: css("--band") });
    });
    const u = new uPlot({
      width: chart.clientWidth, height: opts.height || 300, series, bands, padding: [8, 22, 0, 0],
      scales: { x: { time: false }, y: log ? { distr: 3, log: 10 } : { range: (u, lo, hi) => fixed || (lo == null ? [0, 1] : uPlot.rangeNum(lo, hi, 0.08, true)) } },
      axes: [
        axis({ values: (u, s) => s.map(t => clock(t, 0)), incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600], space: 64, size: 34 }),
        yAxis(unit),
      ],
      cursor: { y: false, sync: { key: "time", scales: ["x", null] }, focus: { prox: 24 }, points: { size: 7 } },
      hooks: { drawClear: F.phases.length ? [phaseBands(F)] : [], draw: [eventMarks(F)] },
    }, [x, ...ys], chart);
    charts.push({ u, chart });
  }

  // ---- altitude against descent speed, with the published points
  function phasePlane(host, flights) {
    const has = flights.filter(F => F.series["truth.altitude_m"] && F.series["truth.v_up_m_s:down"]);
    if (!has.length) return;
    const { f, chart } = figure(host, "Altitude against descent speed", "The way down, read from top right to bottom left; circles: published points.");
    const data = [null], series = [{}], entries = [], TOP = 3600;
    const add = (x, y, color, dash, label) => {
      data.push([x, y]); entries.push([label, color, dash ? "dashed" : "solid"]);
      series.push({ facets: [{ scale: "x" }, { scale: "y" }], stroke: color, label, paths: trace(color, dash) });
    };
    has.forEach(F => {
      const color = flights.length > 1 ? css("--flight-" + D.flights.indexOf(F)) : css("--truth");
      add(F.series["truth.v_up_m_s:down"], F.series["truth.altitude_m"], color, null, flights.length > 1 ? F.name : "truth");
      const v = F.series["nav.v_up_m_s:down"], h = F.series["nav.altitude_m"];
      if (v && h && flights.length === 1) add(v, h, css("--nav"), null, "estimate");
      const limit = F.series["guidance.corridor_m_s:set"];
      if (limit && h && flights.length === 1) add(limit, h, css("--limit"), [4, 4], "corridor limit");
    });
    let reach = 100;
    for (const F of has) F.series["truth.altitude_m"].forEach((h, i) => {
      const v = F.series["truth.v_up_m_s:down"][i];
      if (h != null && h < TOP && v > reach) reach = v;
    });
    const u = new uPlot({
      mode: 2, width: chart.clientWidth, height: 470, series, padding: [10, 14, 0, 0], legend: { show: false },
      scales: { x: { time: false, auto: false, range: () => [-4, Math.min(1.05 * reach, 160)] }, y: { auto: false, range: () => [-60, TOP] } },
      axes: [axis({ label: "descent speed, m/s", size: 34, values: (u, s) => s.map(minus) }), { ...yAxis("m"), label: "altitude, m" }],
      cursor: { drag: { x: false, y: false }, points: { show: false }, dataIdx: () => null },
      hooks: { draw: [publishedPoints], setCursor: [nearest(f, chart, has)] },
    }, data, chart);
    charts.push({ u, chart });
    key(f, [...entries, ["planned profile", css("--reference"), "dot"], ["Mission 2 as flown", css("--fail"), "dot"]]);
  }
  const trace = (color, dash) => (u, k) => {
    const [xs, ys] = u.data[k], { ctx, bbox: b } = u;
    ctx.save(); ctx.beginPath(); ctx.rect(b.left, b.top, b.width, b.height); ctx.clip();
    ctx.strokeStyle = color; ctx.lineWidth = 2 * devicePixelRatio; ctx.lineJoin = "round"; ctx.setLineDash((dash || []).map(d => d * devicePixelRatio));
    ctx.beginPath(); let on = false;
    for (let i = 0; i < xs.length; i++) {
      if (xs[i] == null || ys[i] == null) { on = false; continue; }
      const x = u.valToPos(xs[i], "x", true), y = u.valToPos(ys[i], "y", true);
      on ? ctx.lineTo(x, y) : ctx.moveTo(x, y); on = true;
    }
    ctx.stroke(); ctx.restore();
    return null;
  };
  function publishedPoints(u) {
    const { ctx } = u, r = devicePixelRatio;
    ctx.save(); ctx.font = `${11.5 * r}px system-ui, sans-serif`; ctx.textBaseline = "middle"; ctx.textAlign = "left";
    for (const [points, color] of [[D.planned, css("--reference")], [D.flown, css("--fail")]]) for (const [v, h] of points) {
      const x = u.valToPos(v, "x", true), y = u.valToPos(h, "y", true);
      ctx.strokeStyle = color; ctx.fillStyle = css("--card"); ctx.lineWidth = 2.2 * r;
      ctx.beginPath(); ctx.arc(x, y, 5 * r, 0, 7); ctx.fill(); ctx.stroke();
      const text = `${v} m/s at ${h >= 1000 ? h / 1000 + " km" : h + " m"}`;
      ctx.strokeStyle = css("--card"); ctx.lineWidth = 4 * r; ctx.lineJoin = "round";
      // Where there is no room on the right of its point, a label stands on the left.
      const wide = ctx.measureText(text).width + 10 * r, right = x + wide < u.bbox.left + u.bbox.width;
      const from = right ? x + 10 * r : x - wide;
      ctx.strokeText(text, from, y);
      ctx.fillStyle = color; ctx.fillText(text, from, y);
    }
    ctx.restore();
  }
  function nearest(f, chart, has) {
    const tip = el("div", "tip"); tip.hidden = true; f.append(tip);
    return u => {
      const { left, top } = u.cursor;
      if (left == null || left < 0) { tip.hidden = true; return; }
      let best = 30 * 30, hit = null;
      for (const F of has) F.series["truth.altitude_m"].forEach((h, i) => {
        const v = F.series["truth.v_up_m_s:down"][i];
        if (h == null || v == null) return;
        const dx = u.valToPos(v, "x") - left, dy = u.valToPos(h, "y") - top, d = dx * dx + dy * dy;
        if (d < best) { best = d; hit = [F, F.t[i], v, h]; }
      });
      tip.hidden = !hit;
      if (!hit) return;
      tip.textContent = `${has.length > 1 ? hit[0].name + " · " : ""}T${clock(hit[1], 1)} · ${fmt(hit[2])} m/s · ${fmt(hit[3])} m`;
      const wide = tip.offsetWidth, x = chart.offsetLeft + u.over.offsetLeft + left + 14;
      tip.style.left = Math.min(x, f.clientWidth - wide - 8) + "px";
      tip.style.top = chart.offsetTop + u.over.offsetTop + top - 34 + "px";
    };
  }

  // ---- ground track over relief
  function map(host, patch, flights) {
    const { f, chart } = figure(host, "Ground track, " + patch.title, "");
    const tracks = [], entries = [], many = flights.length > 1;
    for (const F of flights) {
      const i0 = windowOf(F, "powered"), s = {}, color = many ? css("--flight-" + D.flights.indexOf(F)) : css("--fail");
      for (const k of ["truth.p_LB_L.0", "truth.p_LB_L.1", "nav.p_LB_L.0", "nav.p_LB_L.1"]) s[k] = F.series[k] && F.series[k].slice(i0);
      if (!s["truth.p_LB_L.0"]) continue;
      if (!many && s["nav.p_LB_L.0"]) {
        tracks.push({ east: s["nav.p_LB_L.0"], north: s["nav.p_LB_L.1"], color: css("--nav"), dash: [6, 4] });
        entries.push(["estimate", css("--nav"), "dashed"]);
      }
      tracks.push({ east: s["truth.p_LB_L.0"], north: s["truth.p_LB_L.1"], color, end: true });
      entries.push([many ? F.name : "truth, dot: end of flight", color, "solid"]);
    }
    const { low, high } = Maps.draw(chart, patch, tracks, css, dark());
    entries.push(["target", css("--ink"), "dot"]);
    key(f, entries);
    f.append(el("p", "note", `Heights ${fmt(low)} to ${fmt(high)} m from the target's ground. Shading: lamp in the north-west, 35° high, slopes exaggerated.`));
  }

  // ---- several flights in one plot
  function overlay(host, title, unit, name) {
    const flights = D.flights.filter(F => F.series[name]);
    if (flights.length < 2) return;
    const since = Math.min(...flights.map(F => F.t[F.t.length - 1])) - D.final_s;
    const tables = flights.map(F => { const i = F.t.findIndex(t => t >= since); return [F.t.slice(i), F.series[name].slice(i)]; });
    const joined = uPlot.join(tables);
    const together = { t: joined[0], phases: [], events: [] };
    timePlot(host, together, title, "", unit, "whole", flights.map((F, i) => ({ label: F.name, role: "flight-" + D.flights.indexOf(F), y: Array.from(joined[i + 1], v => v ?? null), join: true })), { height: 470 });
  }

  function build() {
    for (const c of charts.splice(0)) c.u.destroy();
    const together = document.getElementById("together"); together.replaceChildren();
    if (D.flights.length > 1) {
      overlay(together, "Altitude, both flights", "m", "truth.altitude_m");
      overlay(together, "Descent speed, both flights", "m/s", "truth.v_up_m_s:down");
      phasePlane(together, D.flights);
    }
    document.querySelectorAll(".plots").forEach(host => {
      host.replaceChildren();
      const F = D.flights[+host.dataset.flight];
      D.plots.forEach((p, i) => {
        if (i === 4) { phasePlane(host, [F]); F.terrain.forEach(patch => map(host, patch, [F])); }
        const curves = p.curves.filter(c => F.series[c.series]).map(c => ({ ...c, y: F.series[c.series] }));
        if (curves.length) timePlot(host, F, p.title, p.note, p.unit, p.window, curves, { log: p.id.startsWith("altitude") });
        else if (p.curves.some(c => D.flights.some(G => G.series[c.series]))) figure(host, p.title, p.note).chart.append(el("div", "empty", "nothing recorded on this flight"));
      });
    });
  }

  const system = matchMedia("(prefers-color-scheme: dark)");
  const theme = t => { document.documentElement.dataset.theme = t; build(); };
  document.getElementById("theme").onclick = () => theme(dark() ? "light" : "dark");
  system.addEventListener("change", () => theme(system.matches ? "dark" : "light"));
  theme(system.matches ? "dark" : "light");
  let wide = innerWidth, wait;
  addEventListener("resize", () => { if (innerWidth !== wide) { wide = innerWidth; clearTimeout(wait); wait = setTimeout(build, 150); } });
})();
