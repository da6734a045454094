// One of our views alone on the page, for a wall screen: view.html?landing, ?command, ?signal, ?alarms.

import { api, takeToken } from './api.js';

takeToken();
const name = ['landing', 'command', 'signal', 'alarms'].find((view) => location.search.slice(1) === view) ?? 'landing';
document.title = `Frigoris: ${name}`;
const host = document.createElement('div');
document.body.append(host);
const { mount } = await import(`./${name}.js`);
mount(host, api());
