// A stand-in for the ground system: its HTTP and WebSocket interface over a recorded or a drawn flight.
// Use: node test/mock.mjs [--recording FILE] [--loss] [--speed N] [--from SECONDS_BEFORE_TOUCHDOWN] [--port N]
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accept } from './websocket.mjs';
import { PHASES, dictionary, drawn, mission, recorded } from './flight.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MIME = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.jpg': 'image/jpeg', '.woff': 'font/woff', '.json': 'application/json' };
const LIGHT_s = 1.28;
const STEPS = [['confirm', 'Ask every station in view'], ['sweep', 'Sweep the receiver over the predicted Doppler'], ['rate', 'Command the lowest bit rate'], ['antenna', 'Switch to the other antenna'], ['reboot', 'Command a computer restart'], ['pass', 'Wait for the next pass']];

// The server's policy: what our pages may load.
const policy = (path) => `default-src 'self'; script-src 'self'${path.startsWith('/console') ? " 'unsafe-eval'" : " 'unsafe-inline'"}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; font-src 'self' data:; connect-src 'self' ws:`;

export async function start({ recording, loss = false, speed = 1, from_s = 240, port = 0, release_s = 20 } = {}) {
  const flight = recording ? recorded(recording) : drawn(loss);
  const words = dictionary(flight);
  const plan = mission(flight);
  const token = randomBytes(8).toString('hex');
  const zero = { wall: Date.now(), utc: flight.planned_touchdown_utc - from_s * 1000 };
  const now = () => zero.utc + (Date.now() - zero.wall) * speed;
  const arrived_s = (t = now()) => (t - LIGHT_s * 1000 - flight.start_utc) / 1000;
  const sockets = new Set();
  const alarms = new Map();
  const commands = [];
  const procedure = { state: 'idle', automatic: false, step: 0, confirm: null, until: null, steps: STEPS.map(([name, text]) => ({ name, text, hazardous: name === 'reboot', wait_s: 20, state: 'waiting' })), log: [] };
  const told = { row: -1, event: 0 };
  const limit = (key, value) => {
    const l = words.parameters.find((p) => p.key === key)?.limits;
    if (!l) return null;
    return value < l.redLow || value > l.redHigh ? 'red' : value < l.yellowLow || value > l.yellowHigh ? 'yellow' : null;
  };
  const datum = (key, index) => {
    const utc = flight.start_utc + flight.t_s[index] * 1000;
    const value = flight.rows[key][index];
    return { key, utc, value, received: utc + LIGHT_s * 1000, limit: limit(key, value), channel: 0 };
  };
  const station = (key, t) => {
    const up = (t - flight.start_utc) / 1000 < flight.end_s;
    const value = { 'station.cn0_dBHz': up ? 62 + Math.sin(t / 9e3) : 20, 'station.bit_rate_bit_s': 32768, 'station.elevation_rad': 0.6, 'station.doppler_Hz': 12000 * Math.cos(t / 9e5), 'station.light_time_s': LIGHT_s, 'station.frames_good': Math.floor(t / 1000) % 1e5, 'station.frames_bad': 3, 'station.carrier_locked': +up, 'station.frame_locked': +up }[key.replace(/\.\d\./, '.')];
    return { key, utc: t, value, received: t, limit: null };
  };
  const silent = (t = now()) => flight.loss_s !== null && arrived_s(t) > flight.loss_s + 2;
  const said = (row) => ({ utc: flight.start_utc + flight.t_s[row.index] * 1000, altitude_m: row.value('nav.altitude_m'), v_up_m_s: row.value('nav.v_up_m_s'), v_horizontal_m_s: row.value('nav.v_horizontal_m_s'),
    tilt_deg: (row.value('nav.tilt_rad') * 180) / Math.PI, propellant_kg: row.value('nav.propellant_kg'), phase: PHASES[row.value('phase')] });

  function state() {
    const t = now();
    const last = said(flight.at(Math.min(arrived_s(t), flight.end_s)));
    const lost = silent(t);
    const landed = last.phase === 'landed';
    const gone_s = (t - LIGHT_s * 1000 - last.utc) / 1000;
    const next = plan.timeline.find((e) => e.utc > t) ?? null;
    const call = landed ? 'landed' : lost ? (gone_s > 30 ? 'unknown' : 'unknown') : 'in flight';
    return { now_utc: t, mission: plan.mission, speed, phase: last.phase, signal: lost ? 'lost' : 'acquired', last_contact_utc: last.utc + LIGHT_s * 1000, last_state: last,
      extrapolated: lost ? { utc: t - LIGHT_s * 1000, altitude_m: Math.max(0, last.altitude_m + last.v_up_m_s * gone_s), altitude_sigma_m: 5 + 2 * gone_s, v_up_m_s: last.v_up_m_s, says: 'no thrust change assumed' } : null,
      countdown: { planned_touchdown_utc: flight.planned_touchdown_utc, seconds: (flight.planned_touchdown_utc - t) / 1000, light_time_s: LIGHT_s },
      status: { call, since: lost ? last.utc : flight.start_utc, evidence: lost ? [{ source: 'carrier', says: `silent for ${gone_s.toFixed(0)} s`, weight: -3 }, { source: 'last telemetry', says: `${last.altitude_m.toFixed(0)} m, descending at ${(-last.v_up_m_s).toFixed(1)} m/s`, weight: -2 }, { source: 'contact', says: 'no touchdown switch closed in what was received', weight: 0 }]
        : landed ? [{ source: 'touchdown switches', says: 'closed', weight: 3 }, { source: 'carrier', says: 'steady, Doppler of a place at rest', weight: 4 }] : [] },
      stations: plan.stations.map((s) => ({ ...s, carrier_locked: !lost, cn0_dBHz: 62 })), next, procedure };
  }

  const push = (message) => sockets.forEach((s) => s.send(message));
  const tell = (command, name, text = '') => {
    command.state = name;
    command.history.push({ utc: now(), state: name, text });
    push({ command });
  };
  function run(command) {
    tell(command, 'released');
    [['radiated', 300], ['received', 300 + 1280 / speed], ['accepted', 500 + 2560 / speed], ['completed', 900 + 2560 / speed]].forEach(([name, ms]) =>
      setTimeout(() => (silent() && name !== 'radiated' ? 0 : tell(command, name, name === 'accepted' ? 'report (1,1)' : '')), ms).unref());
  }

  function live() {
    const t_s = Math.min(arrived_s(), flight.end_s);
    const row = flight.at(t_s).index;
    if (row !== told.row) {
      told.row = row;
      for (const p of words.parameters.filter((p) => p.limits)) {
        const d = datum(p.key, row);
        const old = alarms.get(p.key);
        if (d.limit && (!old || old.severity !== d.limit || !old.active)) {
          alarms.set(p.key, { id: p.key, key: p.key, name: p.text, severity: d.limit, text: `${p.key} outside its ${d.limit} limit`, value: d.value, unit: p.unit, raised_utc: d.utc, active: true, acknowledged: false });
          push({ alarm: alarms.get(p.key) });
        } else if (!d.limit && old?.active) {
          old.active = false;
          push({ alarm: old });
        }
      }
      for (const s of sockets) {
        const keys = [...s.keys].filter((k) => flight.rows[k]);
        if (keys.length) s.send({ values: keys.map((k) => datum(k, row)) });
      }
    }
    while (flight.events[told.event] && flight.events[told.event].utc <= flight.start_utc + t_s * 1000) {
      const event = flight.events[told.event++];
      push({ event: { ...event, received: event.utc + LIGHT_s * 1000 } });
    }
  }
  const timers = [setInterval(live, 100), setInterval(() => {
    push({ state: state() });
    for (const s of sockets) {
      const keys = [...s.keys].filter((k) => k.startsWith('station.'));
      if (keys.length) s.send({ values: keys.map((k) => station(k, now())) });
    }
    commands.filter((c) => c.state === 'awaiting release' && Date.now() > c.deadline).forEach((c) => tell(c, 'expired'));
  }, 1000 / Math.min(speed, 4))];

  function history(key, query) {
    const [start, end, size] = ['start', 'end', 'size'].map((n) => Number(query.get(n)));
    if (key.startsWith('station.')) {
      const rows = [];
      for (let t = Math.max(start, flight.start_utc, end - 600e3); t < Math.min(end, now()); t += 5000) rows.push(station(key, t));
      return query.get('strategy') === 'latest' ? rows.slice(-1) : rows;
    }
    if (!flight.rows[key]) return null;
    const last = Math.min(arrived_s(), flight.end_s);
    let rows = [];
    flight.t_s.forEach((t, i) => {
      const utc = flight.start_utc + t * 1000;
      if (t <= last && utc >= start && utc <= end) rows.push(i);
    });
    if (query.get('strategy') === 'latest') rows = rows.slice(-(size || 1));
    else if (query.get('strategy') === 'minmax' && size && rows.length > size) {
      const step = Math.ceil((2 * rows.length) / size);
      const kept = [];
      for (let i = 0; i < rows.length; i += step) {
        const part = rows.slice(i, i + step).sort((a, b) => flight.rows[key][a] - flight.rows[key][b]);
        kept.push(...[part[0], part.at(-1)].sort((a, b) => a - b));
      }
      rows = [...new Set(kept)];
    }
    return rows.map((i) => datum(key, i));
  }

  function check(order) {
    const command = words.commands.find((c) => c.name === order.name);
    if (!command) return `no command ${order.name}`;
    for (const a of command.arguments) {
      const v = order.arguments?.[a.name];
      if (typeof v !== 'number' || v < a.min || v > a.max) return `${a.name} = ${v} ${a.unit} lies outside [${a.min}, ${a.max}]`;
    }
    return null;
  }

  function posted(path, body) {
    const part = path.split('/').filter(Boolean).slice(1);
    if (part[0] === 'alarms') {
      const alarm = alarms.get(part[1]);
      if (!alarm) return [404, { error: 'no such alarm' }];
      Object.assign(alarm, { acknowledged: true, acknowledged_utc: now() });
      push({ alarm });
      return [200, alarm];
    }
    if (part[0] === 'procedure') {
      const step = procedure.steps[procedure.step];
      if (part[1] === 'next' && procedure.confirm && body.confirm !== step.name) return [422, { error: `${step.name} is hazardous: confirm it by its name` }];
      if (part[1] === 'next') {
        step.state = 'no answer';
        procedure.log.push({ utc: now(), from: now(), to: now(), step: procedure.step, name: step.name, outcome: 'no answer', text: `${step.name}: no answer` });
      }
      procedure.step = part[1] === 'start' ? 0 : (procedure.step + (part[1] === 'next')) % procedure.steps.length;
      const dangerous = procedure.steps[procedure.step].hazardous;
      Object.assign(procedure, { state: part[1] === 'stop' ? 'stopped' : dangerous ? 'held' : 'running', confirm: dangerous ? procedure.steps[procedure.step].name : null, until: now() + 60_000 });
      push({ state: state() });
      return [200, procedure];
    }
    if (part.length === 1) {
      const wrong = check(body);
      if (wrong) return [422, { error: wrong }];
      const hazardous = words.commands.find((c) => c.name === body.name).hazardous;
      const command = { id: String(commands.length + 1), name: body.name, arguments: body.arguments ?? {}, state: 'checked', history: [{ utc: now(), state: 'checked', text: '' }] };
      commands.push(command);
      if (!hazardous) run(command);
      else {
        command.deadline = Date.now() + release_s * 1000;
        command.until = now() + release_s * 1000 * speed;
        tell(command, 'awaiting release');
      }
      return [200, { id: command.id, state: command.state, until: command.until }];
    }
    const command = commands.find((c) => c.id === part[1]);
    if (command?.state !== 'awaiting release') return [409, { error: 'nothing awaits release' }];
    if (body.confirm !== command.name) return [422, { error: 'the name does not match' }];
    run(command);
    return [200, { id: command.id, state: command.state }];
  }

  async function file(path) {
    const at = path === '/' ? '/home.html' : path.startsWith('/broadcast') ? '/broadcast.html' : path.replace(/^\/console/, '').replace(/^\/?$/, '/index.html');
    return [await readFile(join(ROOT, normalize(at))), MIME[extname(at)] ?? 'application/octet-stream'];
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://x');
    const json = (status, body) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    try {
      if (request.method === 'POST') {
        if (request.headers.authorization !== `Bearer ${token}`) return json(401, { error: 'a token is needed' });
        let text = '';
        for await (const chunk of request) text += chunk;
        return json(...posted(url.pathname.replace(/^\//, ''), text ? JSON.parse(text) : {}));
      }
      const key = /^\/api\/history\/(.+)$/.exec(url.pathname)?.[1];
      if (key) {
        const rows = history(decodeURIComponent(key), url.searchParams);
        return rows ? json(200, rows) : json(404, { error: 'no such parameter' });
      }
      const answers = { '/api/dictionary': () => words, '/api/mission': () => plan, '/api/state': state, '/api/alarms': () => [...alarms.values()], '/api/commands': () => commands, '/api/procedure': () => procedure,
        '/api/events': () => flight.events.filter((e) => e.utc <= flight.start_utc + arrived_s() * 1000 && e.utc >= (Number(url.searchParams.get('start')) || 0) && e.utc <= (Number(url.searchParams.get('end')) || Infinity)).map((e) => ({ ...e, received: e.utc + LIGHT_s * 1000 })) };
      if (answers[url.pathname]) return json(200, answers[url.pathname]());
      const [body, type] = await file(url.pathname);
      response.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': policy(url.pathname) }).end(body);
    } catch {
      json(404, { error: 'not found' });
    }
  });
  server.on('upgrade', (request, socket) => {
    const s = accept(request, socket, (text) => {
      const said = JSON.parse(text);
      said.subscribe?.forEach((k) => s.keys.add(k));
      said.unsubscribe?.forEach((k) => s.keys.delete(k));
    }, () => sockets.delete(s));
    s.keys = new Set();
    sockets.add(s);
    s.send({ state: state() });
  });
  await new Promise((ready) => server.listen(port, '127.0.0.1', ready));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return { origin, token, now, drop: () => sockets.forEach((s) => s.close()), stop: () => (timers.forEach(clearInterval), sockets.forEach((s) => s.close()), server.close(), server.closeAllConnections()) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (name) => (process.argv.includes('--' + name) ? process.argv[process.argv.indexOf('--' + name) + 1] : undefined);
  const { origin, token } = await start({ recording: option('recording'), loss: process.argv.includes('--loss'), speed: Number(option('speed') ?? 1), from_s: Number(option('from') ?? 240), port: Number(option('port') ?? 4810) });
  console.log(`${origin}/#token=${token}`);
}
