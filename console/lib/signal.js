import { h, withStyle } from './dom.js';

export function mount(container) {
  withStyle(container).append(h('p', {}, 'signal'));
  return () => {};
}
