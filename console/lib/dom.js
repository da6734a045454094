// Elements without a framework: h('div.name', { attribute }, children).

export function h(spec, attributes = {}, ...children) {
  const [tag, ...classes] = spec.split('.');
  const element = document.createElement(tag || 'div');
  if (classes.length) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value !== 'string') element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// Writes only what has changed: a screen that is not touched is not laid out anew.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setClass(element, name, on) {
  if (element.classList.contains(name) !== Boolean(on)) element.classList.toggle(name, Boolean(on));
}

// The style sheet of our views, once for each document or shadow root they live in.
export function withStyle(container) {
  const root = container.attachShadow ? container.attachShadow({ mode: 'open' }) : container;
  root.append(h('link', { rel: 'stylesheet', href: new URL('./style.css', import.meta.url).href }));
  return root;
}

// Calls `paint` at most `rate_hz` times a second while the page is seen, and no more than a quarter of the time: a
// slow picture must not hold up the numbers. Returns what stops it.
export function animate(paint, rate_hz = 10) {
  let running = true;
  let next = -Infinity;
  const frame = (t) => {
    if (!running) return;
    if (t >= next) {
      paint(t);
      next = t + Math.max(1000 / rate_hz - 4, 4 * (performance.now() - t));
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  return () => (running = false);
}
