// Open MCT's plugin: the dictionary as a tree, history, live values, limits, staleness, faults, events,
// and our own views. Owns nothing that is not on the server.

import { alarmsOf, mount as mountAlarms } from './alarms.js';
import { mount as mountCommand } from './command.js';
import { ORDER, SPACE, VIEWS, displayObjects } from './displays.js';
import { mount as mountLanding } from './landing.js';
import { mount as mountSignal } from './signal.js';

const NS = 'frigoris';
const MOUNT = { landing: mountLanding, command: mountCommand, signal: mountSignal, alarms: mountAlarms };
const DOMAINS = (planned) => [
  { key: 'utc', source: 'utc', name: 'On-board UTC', format: 'utc', hints: { domain: 1 } },
  ...(planned ? [{ key: 'tminus', source: 'tminus', name: 'To touchdown', format: 'tminus', hints: { domain: 2 } }] : []),
  { key: 'received', source: 'received', name: 'Received', format: 'utc', hints: { domain: 3 } },
];

// A datum counts as stale this long after it was received, s of mission time; at least 4 s on the wall.
const STALE_s = 10;
const FAR = 1e12; // stands for the open side of a limit: the LAD table needs both

export function plugin(api, dictionary, planned_utc) {
  const parameters = new Map(dictionary.parameters.map((p) => [p.key, p]));
  const lists = [...new Set(dictionary.parameters.map((p) => p.list ?? 'other'))];
  const slug = (list) => 'list.' + list.replace(/\W+/g, '-');
  const isPoint = (o) => o.type === 'frigoris.point';
  const isEvents = (o) => o.type === 'frigoris.events';
  const dated = (datum) => (planned_utc ? { ...datum, tminus: datum.utc - planned_utc } : datum);
  // Open MCT asks in the time system shown; the server answers in on-board UTC.
  const bounds = ({ start, end, domain }) => (domain === 'tminus' ? { start: start + planned_utc, end: end + planned_utc } : { start, end });

  function valueMetadata(p) {
    const value = { key: 'value', name: p.key, unit: p.unit || undefined, hints: { range: 1 } };
    if (p.kind === 'enumeration') return { ...value, format: 'enum', enumerations: p.enumerations.map(({ value: v, string }) => ({ value: v, string })) };
    if (p.kind === 'bits') return { ...value, format: `bits.${p.key}` };
    return { ...value, format: p.kind === 'integer' ? 'integer' : 'number', ...(p.kind === 'integer' ? {} : { formatString: '%.6g' }) };
  }

  function object(key) {
    const identifier = { namespace: NS, key };
    if (key === 'telemetry') return { identifier, name: 'Telemetry', type: 'folder', location: 'ROOT' };
    if (key === 'events') {
      const text = (k, name) => ({ key: k, source: k, name, format: 'string', hints: {} });
      return { identifier, name: 'Events', type: 'frigoris.events', location: `${NS}:telemetry`,
        telemetry: { values: [...DOMAINS(planned_utc), { key: 'severity', source: 'severity', name: 'Severity', format: 'string', hints: { range: 1 } }, text('name', 'Event'), text('text', 'What it says')] } };
    }
    const list = lists.find((l) => slug(l) === key);
    if (list) return { identifier, name: list, type: 'folder', location: `${NS}:telemetry` };
    const p = parameters.get(key);
    return p && { identifier, name: p.key, notes: p.text, type: 'frigoris.point', location: `${NS}:${slug(p.list ?? 'other')}`, telemetry: { values: [valueMetadata(p), ...DOMAINS(planned_utc)] } };
  }

  function installObjects(openmct) {
    openmct.types.addType('frigoris.point', { name: 'Telemetry parameter', description: 'One line of the dictionary', cssClass: 'icon-telemetry' });
    openmct.types.addType('frigoris.events', { name: 'Events', description: 'What the lander announces', cssClass: 'icon-list-view' });
    openmct.objects.addProvider(NS, { get: async ({ key }) => object(key) });
    openmct.composition.addProvider({
      appliesTo: ({ identifier, type }) => identifier.namespace === NS && type === 'folder',
      load: async ({ identifier }) => {
        const inside = identifier.key === 'telemetry' ? [...lists.map(slug), 'events'] : dictionary.parameters.filter((p) => slug(p.list ?? 'other') === identifier.key).map((p) => p.key);
        return inside.map((key) => ({ namespace: NS, key }));
      },
    });
    const displays = displayObjects(dictionary.parameters);
    openmct.objects.addProvider(SPACE, { get: async ({ key }) => structuredClone(displays.get(key)) });
    openmct.composition.addProvider({ appliesTo: ({ identifier }) => identifier.namespace === SPACE && identifier.key === 'root', load: async () => ORDER });
    openmct.objects.addRoot({ namespace: SPACE, key: 'root' }, openmct.priority.HIGH);
    openmct.objects.addRoot({ namespace: NS, key: 'telemetry' });
  }

  function installViews(openmct) {
    for (const { key, type, name, cssClass, description } of VIEWS) {
      openmct.types.addType(type, { name, description, cssClass });
      openmct.objectViews.addProvider({
        key: type, name, cssClass, canView: (o) => o.type === type, priority: () => openmct.priority.HIGH,
        view: () => {
          let end;
          return {
            show: (container) => {
              const host = document.createElement('div');
              host.style.cssText = 'position:absolute;inset:0;overflow:auto';
              container.append(host);
              end = MOUNT[key](host, api);
            },
            destroy: () => end?.(),
          };
        },
      });
    }
  }

  function evaluator(o) {
    const limits = parameters.get(o.identifier.key)?.limits ?? {};
    const hit = (side, colour, low, high) => ({ cssClass: `is-limit--${side} is-limit--${colour}`, name: `${colour} ${side === 'upr' ? 'high' : 'low'}`, low, high });
    return {
      evaluate: (datum) => {
        const { redHigh, redLow, yellowHigh, yellowLow } = limits;
        const v = datum?.value;
        if (datum?.limit === null) return undefined; // the server knows the phase; the table does not
        if (redHigh != null && v > redHigh) return hit('upr', 'red', redHigh, FAR);
        if (redLow != null && v < redLow) return hit('lwr', 'red', -FAR, redLow);
        if (yellowHigh != null && v > yellowHigh) return hit('upr', 'yellow', yellowHigh, redHigh ?? FAR);
        if (yellowLow != null && v < yellowLow) return hit('lwr', 'yellow', redLow ?? -FAR, yellowLow);
        return datum?.limit ? hit('upr', datum.limit, -FAR, FAR) : undefined;
      },
    };
  }

  async function limitLines(o) {
    const { redHigh, redLow, yellowHigh, yellowLow } = parameters.get(o.identifier.key)?.limits ?? {};
    const level = (color, low, high) => (low == null && high == null ? undefined : { low: { color, value: low ?? -FAR }, high: { color, value: high ?? FAR } });
    const lines = { WARNING: level('yellow', yellowLow, yellowHigh), CRITICAL: level('red', redLow, redHigh) };
    return Object.fromEntries(Object.entries(lines).filter(([, line]) => line));
  }

  function isOld(key) {
    const datum = api.latest(key);
    if (!api.online || !datum) return true;
    return api.now() - datum.received > 1000 * Math.max(STALE_s, 4 * api.speed);
  }

  function installTelemetry(openmct) {
    openmct.telemetry.addFormat({ key: 'integer', format: (v) => (typeof v === 'number' ? String(Math.round(v)) : v), parse: Number, validate: (v) => Number.isInteger(Number(v)) });
    for (const p of dictionary.parameters.filter((q) => q.kind === 'bits')) {
      const names = (v) => (p.enumerations ?? []).filter((e) => Math.floor(v / 2 ** e.value) % 2).map((e) => e.string);
      openmct.telemetry.addFormat({ key: `bits.${p.key}`, format: (v) => (typeof v !== 'number' ? v : v === 0 ? 'none' : names(v).join(', ') || String(v)), parse: Number, validate: () => true });
    }
    openmct.telemetry.addProvider({
      supportsRequest: (o) => isPoint(o) || isEvents(o),
      request: async (o, options) => {
        const { start, end } = bounds(options);
        const { strategy, size, signal } = options;
        if (!isEvents(o)) return (await api.history(o.identifier.key, { start, end, strategy, size, signal })).map(dated);
        const rows = (await api.get(`/events?start=${Math.floor(start)}&end=${Math.ceil(end)}`, { signal })).map(dated);
        return strategy === 'latest' ? rows.slice(-(size || 1)) : rows;
      },
      supportsSubscribe: (o) => isPoint(o) || isEvents(o),
      subscribe: (o, call) => (isEvents(o) ? api.on('event', (e) => call(dated(e))) : api.subscribe(o.identifier.key, (d) => call(dated(d)))),
      supportsLimits: (o) => isPoint(o),
      getLimitEvaluator: evaluator,
      getLimits: (o) => ({ limits: () => limitLines(o) }),
      supportsStaleness: (o) => isPoint(o),
      isStale: async (o) => dated({ isStale: isOld(o.identifier.key), utc: api.now() }),
      subscribeToStaleness: (o, call) => {
        let old;
        const hold = api.subscribe(o.identifier.key, () => {}); // staleness needs the values to come
        const timer = setInterval(() => {
          const is = isOld(o.identifier.key);
          if (is !== old) call(dated({ isStale: (old = is), utc: api.now() }));
        }, 500);
        return () => (clearInterval(timer), hold());
      },
    });
  }

  function installFaults(openmct) {
    const alarms = alarmsOf(api);
    const iso = (utc) => new Date(utc ?? 0).toISOString();
    const fault = (a) => {
      const level = a.severity === 'red' ? 'CRITICAL' : 'WARNING';
      const short = (v) => (typeof v === 'number' ? Number(v.toPrecision(5)) : '');
      const info = (v) => ({ value: short(v), rangeCondition: level, monitoringResult: level });
      return { type: 'alarms', fault: { id: a.id, name: a.name, namespace: '/lander', seqNum: 0, severity: level, acknowledged: a.acknowledged, shelved: false, shortDescription: a.text, triggerTime: iso(a.raised), currentValueInfo: info(api.latest(a.name)?.value ?? a.value), triggerValueInfo: info(a.value) } };
    };
    const mine = (o) => o.type === 'faultManagement';
    openmct.install(openmct.plugins.FaultManagement());
    openmct.faults.addProvider({
      supportsRequest: mine, supportsSubscribe: mine,
      request: async () => alarms.list().map(fault),
      subscribe: (_o, call) => {
        const tell = () => call({ type: 'global-alarm-status' });
        alarms.addEventListener('change', tell);
        setTimeout(tell);
        return () => alarms.removeEventListener('change', tell);
      },
      acknowledgeFault: async ({ id }) => {
        try {
          await alarms.acknowledge(id);
          await alarms.load();
          return { success: true };
        } catch (error) {
          openmct.notifications.error(`Not acknowledged: ${error.message}`);
          return { success: false };
        }
      },
    });
  }

  return (openmct) => {
    installObjects(openmct);
    installViews(openmct);
    installTelemetry(openmct);
    installFaults(openmct);
  };
}
