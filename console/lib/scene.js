// The lander over its terrain in three dimensions, in the site's frame L (x east, y north, z up), lit as the
// Sun stands. Ground: the plan's height grid, carried on outside it over the Moon's curve.

import * as three from '../node_modules/three/build/three.module.js';

const MOON_RADIUS_m = 1_737_400;
const HEIGHT_m = 2.3; // of the lander as drawn
const SKIRT = [1.12, 1.4, 2, 3.5, 7, 15, 35];
const FAR_m = 60_000; // beyond it the ground is the Moon's sphere

const curve = (x, y) => Math.sqrt(Math.max(0, MOON_RADIUS_m ** 2 - x * x - y * y)) - MOON_RADIUS_m;

// Height of the plan's ground, m; outside the grid that of its nearest edge.
export function groundAt(terrain, x, y) {
  if (!terrain?.heights_m?.length) return 0;
  const { spacing_m, columns, rows, heights_m } = terrain;
  const clamp = (v, n) => Math.min(n - 1.000001, Math.max(0, v));
  const [c, r] = [clamp(x / spacing_m + (columns - 1) / 2, columns), clamp(y / spacing_m + (rows - 1) / 2, rows)];
  const [i, j] = [Math.floor(c), Math.floor(r)];
  const [u, v] = [c - i, r - j];
  const at = (a, b) => heights_m[b * columns + a];
  return (at(i, j) * (1 - u) + at(i + 1, j) * u) * (1 - v) + (at(i, j + 1) * (1 - u) + at(i + 1, j + 1) * u) * v;
}

function groundMesh(terrain) {
  const { spacing_m, columns, rows } = terrain;
  const [ex, ey] = [((columns - 1) / 2) * spacing_m, ((rows - 1) / 2) * spacing_m];
  const positions = [];
  const faces = [];
  for (let j = 0; j < rows; j += 1) for (let i = 0; i < columns; i += 1) positions.push(i * spacing_m - ex, j * spacing_m - ey, terrain.heights_m[j * columns + i]);
  for (let j = 0; j + 1 < rows; j += 1) {
    for (let i = 0; i + 1 < columns; i += 1) {
      const a = j * columns + i;
      faces.push(a, a + 1, a + columns + 1, a, a + columns + 1, a + columns);
    }
  }
  const edge = [];
  for (let i = 0; i < columns; i += 1) edge.push(i);
  for (let j = 1; j < rows; j += 1) edge.push(j * columns + columns - 1);
  for (let i = columns - 2; i >= 0; i -= 1) edge.push((rows - 1) * columns + i);
  for (let j = rows - 2; j > 0; j -= 1) edge.push(j * columns);
  const mean = edge.reduce((s, k) => s + positions[3 * k + 2], 0) / edge.length;
  let ring = edge;
  for (const scale of SKIRT) {
    const next = edge.map((k) => {
      const [x, y] = [positions[3 * k] * scale, positions[3 * k + 1] * scale];
      const own = Math.max(0, 1.6 - 0.6 * scale); // the edge's own relief fades out
      positions.push(x, y, own * positions[3 * k + 2] + (1 - own) * (mean + curve(x, y)));
      return positions.length / 3 - 1;
    });
    ring.forEach((a, n) => {
      const m = (n + 1) % ring.length;
      faces.push(a, next[n], next[m], a, next[m], ring[m]);
    });
    ring = next;
  }
  const geometry = new three.BufferGeometry();
  geometry.setAttribute('position', new three.Float32BufferAttribute(positions, 3));
  geometry.setIndex(faces);
  geometry.computeVertexNormals();
  return new three.Mesh(geometry, new three.MeshLambertMaterial({ color: 0xc9c4bc, side: three.DoubleSide }));
}

// The Moon where the map does not reach; so far below the map that they never meet.
function moonMesh() {
  const mesh = new three.Mesh(new three.SphereGeometry(MOON_RADIUS_m - 4000, 180, 90), new three.MeshLambertMaterial({ color: 0xb4afa7 }));
  mesh.position.z = -MOON_RADIUS_m;
  return mesh;
}

// A plain body with four legs; +z is the way the engines push.
function landerModel() {
  const lander = new three.Group();
  const part = (geometry, colour, place) => {
    const mesh = new three.Mesh(geometry, new three.MeshStandardMaterial({ color: colour, roughness: 0.55, metalness: 0.25 }));
    mesh.position.set(...place);
    lander.add(mesh);
    return mesh;
  };
  part(new three.CylinderGeometry(0.62, 0.8, 1.0, 8), 0xd9d4c8, [0, 0, 0.75]).rotation.x = Math.PI / 2;
  part(new three.CylinderGeometry(0.45, 0.62, 0.45, 8), 0xc9a24a, [0, 0, 1.45]).rotation.x = Math.PI / 2;
  part(new three.CylinderGeometry(0.1, 0.26, 0.35, 16), 0x666a70, [0, 0, 0.1]).rotation.x = Math.PI / 2;
  for (let n = 0; n < 4; n += 1) {
    const [c, s] = [Math.cos(Math.PI / 4 + (n * Math.PI) / 2), Math.sin(Math.PI / 4 + (n * Math.PI) / 2)];
    const from = new three.Vector3(0.7 * c, 0.7 * s, 0.75);
    const to = new three.Vector3(1.3 * c, 1.3 * s, -0.45);
    const leg = part(new three.CylinderGeometry(0.045, 0.045, from.distanceTo(to), 6), 0xb8bcc2, from.clone().add(to).multiplyScalar(0.5).toArray());
    leg.quaternion.setFromUnitVectors(new three.Vector3(0, 1, 0), to.clone().sub(from).normalize());
    part(new three.CylinderGeometry(0.16, 0.16, 0.07, 12), 0xb8bcc2, to.toArray()).rotation.x = Math.PI / 2;
  }
  const flame = new three.Mesh(new three.ConeGeometry(0.3, 2.6, 16, 1, true), new three.MeshBasicMaterial({ color: 0xffb65c, transparent: true, opacity: 0.55, depthWrite: false }));
  flame.rotation.x = -Math.PI / 2;
  flame.position.z = -1.4;
  lander.add(flame);
  return { lander, flame };
}

const line = (color, count, dashed) => {
  const geometry = new three.BufferGeometry();
  geometry.setAttribute('position', new three.BufferAttribute(new Float32Array(3 * count), 3));
  const material = dashed ? new three.LineDashedMaterial({ color, dashSize: 1, gapSize: 1 }) : new three.LineBasicMaterial({ color });
  const object = new three.Line(geometry, material);
  object.frustumCulled = false;
  return object;
};

function setLine(object, points) {
  const position = object.geometry.attributes.position;
  points.slice(-position.count).forEach(([x, y, z], i) => position.setXYZ(i, x, y, z));
  object.geometry.setDrawRange(0, Math.min(points.length, position.count));
  position.needsUpdate = true;
}

function targetMark(terrain) {
  const points = [];
  for (let n = 0; n <= 72; n += 1) {
    const [x, y] = [100 * Math.cos((n * Math.PI) / 36), 100 * Math.sin((n * Math.PI) / 36)];
    points.push([x, y, groundAt(terrain, x, y) + 3]);
  }
  const ring = line(0x5fd39a, points.length);
  setLine(ring, points);
  return ring;
}

export class Scene {
  // `host` gets the canvas; throws where the browser has no WebGL.
  constructor(host, terrain) {
    const flat = { spacing_m: 500, columns: 17, rows: 17, heights_m: new Array(289).fill(0) };
    this.terrain = terrain?.heights_m?.length ? terrain : flat;
    this.host = host;
    this.renderer = new three.WebGLRenderer({ antialias: true, logarithmicDepthBuffer: true });
    this.renderer.setClearColor(0x05070a);
    host.prepend(this.renderer.domElement);
    this.scene = new three.Scene();
    this.camera = new three.PerspectiveCamera(38, 1, 1, 6e6);
    this.camera.up.set(0, 0, 1);
    this.sun = new three.DirectionalLight(0xfff6e8, 5);
    this.model = landerModel();
    this.path = line(0x8ec5ff, 4000);
    this.drop = line(0x9aa7b8, 2);
    this.scene.add(groundMesh(this.terrain), moonMesh(), targetMark(this.terrain), this.sun, new three.HemisphereLight(0x2a3040, 0xa8998a, 0.7), this.model.lander, this.path, this.drop);
    this.view = { azimuth: -2.2, elevation: 0.3, zoom: 1 };
    this.#drag();
  }

  #drag() {
    const canvas = this.renderer.domElement;
    canvas.onpointerdown = (e) => canvas.setPointerCapture(e.pointerId);
    canvas.onpointermove = (e) => {
      if (!e.buttons) return;
      this.view.azimuth -= e.movementX * 0.006;
      this.view.elevation = Math.min(1.45, Math.max(0.03, this.view.elevation + e.movementY * 0.005));
    };
    canvas.onwheel = (e) => {
      e.preventDefault();
      this.view.zoom = Math.min(8, Math.max(0.15, this.view.zoom * Math.exp(e.deltaY * 0.001)));
    };
  }

  // `sun`: unit vector in L, or undefined for a plain light from the north-west.
  light(sun) {
    const up = sun && sun[2] > 0.01;
    this.sun.position.set(...(up ? sun : [-0.6, 0.6, 0.5]));
    this.lit = up;
  }

  // The ground below a place, the height over it, and the turn from L's axes to the local vertical.
  #stand([x, y, z]) {
    if (Math.hypot(x, y, z) < FAR_m) {
      const ground = groundAt(this.terrain, x, y);
      return { ground: new three.Vector3(x, y, ground), height: Math.max(0, z - ground), turn: new three.Quaternion(), far: false };
    }
    const up = new three.Vector3(x, y, z + MOON_RADIUS_m);
    const height = Math.max(0, up.length() - MOON_RADIUS_m);
    up.normalize();
    const ground = up.clone().multiplyScalar(MOON_RADIUS_m - 4000).add(new three.Vector3(0, 0, -MOON_RADIUS_m));
    return { ground, height, turn: new three.Quaternion().setFromUnitVectors(new three.Vector3(0, 0, 1), up), far: true };
  }

  // `p`: position in L; `axes`: body axes in L or undefined; `path`: positions, newest last. Returns what the caption says.
  draw({ p, axes, path, burning }) {
    const { clientWidth: w, clientHeight: h } = this.host;
    if (!w || !h) return '';
    const canvas = this.renderer.domElement;
    if (canvas.clientWidth !== w || canvas.clientHeight !== h) this.renderer.setSize(w, h);
    this.camera.aspect = w / h;
    const { ground, height, turn, far } = this.#stand(p ?? [0, 0, 500]);
    const distance = (height * 2.1 + Math.min(400, 16 + height * 0.4)) * this.view.zoom;
    const { azimuth, elevation } = this.view;
    const place = (across, away, up) => new three.Vector3(across, away, up).applyQuaternion(turn).add(ground);
    const level = height * 0.45;
    this.camera.up.set(0, 0, 1).applyQuaternion(turn);
    this.camera.position.copy(place(distance * Math.cos(elevation) * Math.sin(azimuth), distance * Math.cos(elevation) * Math.cos(azimuth), level + distance * Math.sin(elevation)));
    if (!far) this.camera.position.z = Math.max(this.camera.position.z, groundAt(this.terrain, this.camera.position.x, this.camera.position.y) + 2);
    this.camera.lookAt(place(0, 0, level + 0.6));
    this.camera.near = distance / 50;
    this.camera.updateProjectionMatrix();
    const { lander, flame } = this.model;
    const scale = Math.max(1, (distance * 0.045) / HEIGHT_m);
    lander.visible = Boolean(p);
    lander.position.set(...(p ?? [0, 0, 0]));
    if (scale === 1) lander.position.z += 0.5; // the feet, not the body's origin, meet the ground
    lander.scale.setScalar(scale);
    if (axes) lander.setRotationFromMatrix(new three.Matrix4().makeBasis(...axes.map((a) => new three.Vector3(...a))));
    flame.visible = Boolean(burning);
    setLine(this.path, p ? [...path, p] : path);
    setLine(this.drop, p ? [p, ground.toArray()] : []);
    this.renderer.render(this.scene, this.camera);
    return `${this.lit ? 'lit by the Sun as it stands' : 'plain light'}${scale > 1.05 ? `; lander drawn ${scale < 10 ? scale.toFixed(1) : Math.round(scale)} times its size` : ''}; ${far ? '' : 'green ring 100 m around the target'}`.replace(/; $/, '');
  }

  end() {
    this.renderer.dispose();
    this.renderer.forceContextLoss();
    this.renderer.domElement.remove();
  }
}
