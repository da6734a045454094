// Prepared displays, as Open MCT objects. Each names the parameters it wants; those the dictionary has not
// are left out, so that an older flight still opens.

export const SPACE = 'frigoris.displays';
const TELEMETRY = 'frigoris';

const LAYOUTS = [
  { key: 'dynamics', name: 'Flight dynamics', rows: [
    [{ plot: 'Altitude', keys: ['nav.altitude_m', 'guidance.altitude_m'] }, { plot: 'Vertical speed: estimated, reference', keys: ['nav.v_up_m_s', 'guidance.v_up_m_s'] }],
    [{ plot: 'Horizontal speed', keys: ['nav.v_horizontal_m_s'] }, { plot: 'Tilt', keys: ['nav.tilt_rad'] }],
    [{ table: 'Now', keys: ['phase', 'nav.altitude_m', 'nav.v_up_m_s', 'nav.v_horizontal_m_s', 'nav.tilt_rad', 'guidance.corridor_m_s', 'guidance.tgo_s', 'guidance.downrange_m', 'guidance.crossrange_m'] }]] },
  { key: 'propulsion', name: 'Propulsion', rows: [
    [{ plot: 'Propellant', keys: ['nav.propellant_kg'] }, { plot: 'Collective of the assist engines', keys: ['guidance.throttle', 'control.main'] }],
    [{ stack: 'Assist engines, duty', keys: [0, 1, 2, 3, 4, 5].map((n) => `control.assist.${n}`) }, { stack: 'Jets, duty', keys: [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `control.jets.${n}`) }],
    [{ table: 'Now', keys: ['nav.propellant_kg', 'nav.mass_kg', 'guidance.throttle', 'control.main', 'guidance.risk_dry', 'guidance.risk_outrun'] }]] },
  { key: 'navigation', name: 'Navigation health', rows: [
    [{ plot: 'Standard deviation of altitude', keys: ['nav.sigma_altitude_m'] }, { plot: 'Standard deviations of speed', keys: ['nav.sigma_v_up_m_s', 'nav.sigma_v_horizontal_m_s'] }],
    [{ plot: 'Rangefinder: innovation and gate', keys: ['rangefinder.nu', 'rangefinder.gate'] }, { plot: 'What the rangefinder is believed', keys: ['nominal', 'invalid', 'datum', 'scale'].map((n) => `rangefinder_belief.${n}`) }],
    [{ table: 'Aids', keys: ['rangefinder', 'velocimeter', 'star_tracker', 'radar_altimeter', 'camera'].flatMap((aid) => [`${aid}.outcome`, `${aid}.age_s`]) }, { table: 'Estimate', keys: ['alarms', 'nav.altitude_m', 'nav.sigma_altitude_m', 'nav.sigma_v_up_m_s', 'nav.sigma_horizontal_m', 'nav.sigma_v_horizontal_m_s', 'nav.sigma_attitude_rad'] }]] },
  { key: 'link', name: 'Link', rows: [
    [{ plot: 'Carrier to noise density', station: ['cn0_dBHz'] }, { plot: 'Doppler', station: ['doppler_Hz'] }],
    [{ plot: 'Bit rate', station: ['bit_rate_bit_s'] }, { plot: 'Frames: good, bad', station: ['frames_good', 'frames_bad'] }],
    [{ table: 'Stations', station: ['carrier_locked', 'frame_locked', 'cn0_dBHz', 'elevation_rad', 'transmitter', 'via_relay'] }, { table: 'Essential state by the backup path', prefix: 'beacon.' }]] },
  { key: 'log', name: 'Events and alarms', rows: [[{ object: { namespace: TELEMETRY, key: 'events' } }, { object: { namespace: SPACE, key: 'alarms' } }]] },
];

export const VIEWS = [
  { key: 'landing', type: 'frigoris.landing', name: 'Landing', cssClass: 'icon-target', description: 'The descent at a glance' },
  { key: 'command', type: 'frigoris.command', name: 'Command', cssClass: 'icon-arrow-right', description: 'Telecommands, released in one or two steps' },
  { key: 'signal', type: 'frigoris.signal', name: 'Loss of signal', cssClass: 'icon-connectivity', description: 'Last contact, extrapolation, procedure and the call' },
  { key: 'alarms', type: 'frigoris.alarms', name: 'Alarms', cssClass: 'icon-bell', description: 'Limits crossed, until somebody has acknowledged them' },
];

const id = (key) => ({ namespace: SPACE, key });
const KINDS = { plot: 'telemetry.plot.overlay', stack: 'telemetry.plot.stacked', table: 'LadTable' };

// A station's key carries its number: station.1.cn0_dBHz.
function wanted({ keys, prefix, station }, known) {
  if (keys) return keys.filter((k) => known.has(k));
  const all = [...known.keys()];
  if (prefix) return all.filter((k) => k.startsWith(prefix));
  return station.flatMap((name) => all.filter((k) => k.startsWith('station.') && k.endsWith('.' + name)));
}

// Every object of the displays, by key, from the dictionary's parameters.
export function displayObjects(parameters) {
  const known = new Map(parameters.map((p) => [p.key, p]));
  const objects = new Map();
  const put = (object) => (objects.set(object.identifier.key, object), object.identifier);
  const part = (layout, item, index) => {
    if (item.object) return item.object;
    const kind = Object.keys(KINDS).find((k) => item[k]);
    const keys = wanted(item, known);
    if (!keys.length) return null;
    const composition = keys.map((key) => ({ namespace: TELEMETRY, key }));
    const series = composition.map((identifier) => ({ identifier, limitLines: Boolean(known.get(identifier.key).limits), markers: false, alarmMarkers: true, interpolate: 'linear' }));
    const configuration = kind === 'table' ? { hiddenColumns: { type: true, WARNING: true, CRITICAL: true } } : { series, yAxis: {}, xAxis: {}, legend: { position: 'top', expanded: false, hideLegendWhenSmall: false, valueToShowWhenCollapsed: 'nearestValue' } };
    return put({ identifier: id(`${layout.key}.${index}`), name: item[kind], type: KINDS[kind], location: `${SPACE}:${layout.key}`, composition, configuration });
  };
  for (const layout of LAYOUTS) {
    let index = 0;
    const rows = layout.rows.map((row) => row.map((item) => part(layout, item, (index += 1))).filter(Boolean)).filter((row) => row.length);
    const frame = (identifier, size) => ({ id: `${layout.key}-${identifier.key}`, domainObjectIdentifier: identifier, size, noFrame: false });
    const containers = rows.map((row, n) => ({ id: `${layout.key}-row-${n}`, size: Math.floor(100 / rows.length), frames: row.map((identifier) => frame(identifier, Math.floor(100 / row.length))) }));
    put({ identifier: id(layout.key), name: layout.name, type: 'flexible-layout', location: `${SPACE}:root`, composition: rows.flat(), configuration: { containers, rowsLayout: true } });
  }
  for (const view of VIEWS) put({ identifier: id(view.key), name: view.name, type: view.type, location: `${SPACE}:root` });
  put({ identifier: id('root'), name: 'Mission control', type: 'folder', location: 'ROOT' });
  return objects;
}

export const ORDER = ['landing', 'dynamics', 'propulsion', 'navigation', 'link', 'log', 'alarms', 'command', 'signal'].map(id);
