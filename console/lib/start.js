// Starts Open MCT with our plugin, or says what is missing.

import { api as connect, takeToken } from './api.js';
import { installClocks } from './clock.js';
import { clock, countdown, utcOf } from './format.js';
import { plugin } from './plugin.js';

const MODULES = 'node_modules/openmct/dist/';
const HOME = '#/browse/frigoris.displays:root/frigoris.displays:landing';

function complain(...lines) {
  const wait = document.getElementById('wait');
  if (wait) wait.replaceChildren(...lines.flatMap((line) => [line, document.createElement('br')]));
}

function code(text) {
  const element = document.createElement('code');
  element.textContent = text;
  return element;
}

// The state of the signal and the clock, in Open MCT's own bar.
function indicator(openmct, api) {
  const simple = openmct.indicators.simpleIndicator();
  const paint = () => {
    const { state } = api;
    const planned = utcOf(state?.countdown?.planned_touchdown_utc);
    simple.text([clock(api.now()) + ' UTC', planned && countdown(planned - api.now()), api.online ? `signal ${state?.signal ?? '–'}` : 'server does not answer'].filter(Boolean).join('   '));
    simple.statusClass(!api.online || state?.signal === 'lost' ? 's-status-error' : state?.signal === 'acquired' ? 's-status-on' : 's-status-caution');
  };
  simple.iconClass('icon-connectivity');
  simple.description('Mission time and state of the signal');
  openmct.indicators.add(simple);
  setInterval(paint, 500);
}

async function start() {
  takeToken();
  const { openmct } = window;
  if (!openmct) return complain('Open MCT is not installed. The command that brings it:', code('frigoris console'));
  const api = connect();
  let dictionary;
  try {
    dictionary = await api.dictionary;
  } catch (error) {
    return complain(`The ground system gave no dictionary: ${error.message}. Trying again.`) ?? setTimeout(() => location.reload(), 3000);
  }
  const mission = await api.mission;
  const planned = utcOf(mission?.planned_touchdown_utc);
  await Promise.race([api.ready, new Promise((late) => setTimeout(late, 3000))]);
  openmct.setAssetPath(MODULES.slice(0, -1));
  openmct.install(openmct.plugins.LocalStorage());
  openmct.install(openmct.plugins.Espresso());
  openmct.install(openmct.plugins.MyItems());
  const menuOptions = installClocks(openmct, api, planned);
  openmct.install(openmct.plugins.DisplayLayout());
  openmct.install(openmct.plugins.LADTable());
  openmct.install(openmct.plugins.Timeline());
  openmct.install(openmct.plugins.Conductor({ menuOptions }));
  openmct.install(plugin(api, dictionary, planned));
  indicator(openmct, api);
  if (!location.hash || location.hash === '#/') history.replaceState(null, '', HOME);
  openmct.start(document.getElementById('app'));
}

start();
