// The second step of what is hazardous: says what will happen, wants its name written, and closes when the
// time is over.

import { h, setText } from './dom.js';

// `until`: mission time, ms; `act`: does it, throws the refusal. `name`: what must be written.
export function confirmDialog(host, api, { id, title, name, text, until, verb, act }) {
  const left = h('b');
  const bar = h('div.bar', {}, h('i'));
  const typed = h('input', { autocomplete: 'off', spellcheck: 'false', 'aria-label': `Write ${name} to confirm` });
  const release = h('button.hazard', { disabled: true }, verb);
  const wrong = h('p.refused', { role: 'alert' });
  const dialog = h('dialog', { 'data-id': String(id) }, h('h1', {}, title), h('p', {}, text), h('p.warn', {}, 'Hazardous: once radiated it cannot be taken back.'),
    h('p', {}, 'Write ', h('code', {}, name), ' to confirm.'), typed, wrong, h('div.left', {}, h('span', {}, 'Expires in ', left), bar),
    h('div.row', {}, h('button', { onclick: () => dialog.close() }, 'Leave it'), release));
  const whole = Math.max(1, until - api.now());
  const timer = setInterval(() => {
    const rest = until - api.now();
    setText(left, `${Math.max(0, Math.ceil(rest / 1000 / api.speed))} s`);
    bar.firstChild.style.width = `${Math.max(0, (100 * rest) / whole)}%`;
    if (rest <= 0) dialog.close();
  }, 200);
  const matches = () => typed.value.trim() === name;
  const send = async () => {
    release.disabled = true;
    try {
      await act(typed.value.trim());
      dialog.close();
    } catch (error) {
      setText(wrong, `Refused: ${error.message}`);
    }
  };
  typed.oninput = () => (release.disabled = !matches());
  typed.onkeydown = (e) => e.key === 'Enter' && matches() && send();
  release.onclick = send;
  dialog.onclose = () => (clearInterval(timer), dialog.remove());
  host.append(dialog);
  dialog.showModal();
  typed.focus();
  return dialog;
}
