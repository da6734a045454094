// Where the landing site's axes point in inertial space, and where the Sun stands there: enough to draw
// the attitude that comes down as q_IB and to light the ground.
//
// As published, [Archinal2018], Moon, ME axes: alpha_0, delta_0, W as series in E1..E13; good to some 150 m on the
// surface, which is 0.005 deg. The Sun: the low-precision formulas of the Astronomical Almanac, J2000, 0.01 deg, seen from the Earth
// instead of the Moon: another 0.15 deg at most.

const RAD = Math.PI / 180;
const J2000_ms = Date.UTC(2000, 0, 1, 12);
const TT_UTC_ms = 69_184; // since 2017

const E = [[125.045, -0.0529921], [250.089, -0.1059842], [260.008, 13.0120009], [176.625, 13.3407154], [357.529, 0.9856003], [311.588, 26.4057084], [134.963, 13.064993],
  [276.617, 0.3287146], [34.226, 1.7484877], [15.134, -0.1589763], [119.743, 0.0036096], [239.961, 0.1643573], [25.053, 12.9590088]];
const ALPHA = [-3.8787, -0.1204, 0.07, -0.0172, 0, 0.0072, 0, 0, 0, -0.0052, 0, 0, 0.0043];
const DELTA = [1.5419, 0.0239, -0.0278, 0.0068, 0, -0.0029, 0.0009, 0, 0, 0.0008, 0, 0, -0.0009];
const W = [3.561, 0.1208, -0.0642, 0.0158, 0.0252, -0.0066, -0.0047, -0.0046, 0.0028, 0.0052, 0.004, 0.0019, -0.0044];

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

// Rows are the axes of the Moon-fixed frame M in I: M = rows · I.
function moonAxes(utc) {
  const d = (utc + TT_UTC_ms - J2000_ms) / 86_400_000;
  const T = d / 36525;
  const angles = E.map(([e0, rate]) => (e0 + rate * d) * RAD);
  const sum = (terms, f) => terms.reduce((s, c, i) => s + c * f(angles[i]), 0);
  const alpha = (269.9949 + 0.0031 * T + sum(ALPHA, Math.sin)) * RAD;
  const delta = (66.5392 + 0.013 * T + sum(DELTA, Math.cos)) * RAD;
  const w = (38.3213 + 13.17635815 * d - 1.4e-12 * d * d + sum(W, Math.sin)) * RAD;
  const node = [-Math.sin(alpha), Math.cos(alpha), 0];
  const pole = [Math.cos(delta) * Math.cos(alpha), Math.cos(delta) * Math.sin(alpha), Math.sin(delta)];
  const side = [pole[1] * node[2] - pole[2] * node[1], pole[2] * node[0] - pole[0] * node[2], pole[0] * node[1] - pole[1] * node[0]];
  const [c, s] = [Math.cos(w), Math.sin(w)];
  return [node.map((n, i) => c * n + s * side[i]), node.map((n, i) => -s * n + c * side[i]), pole];
}

// East, north and up of the site in I.
export function siteAxes(utc, { latitude_deg, longitude_deg }) {
  const [lat, lon] = [latitude_deg * RAD, longitude_deg * RAD];
  const axes = moonAxes(utc);
  const turn = (v) => [0, 1, 2].map((i) => v[0] * axes[0][i] + v[1] * axes[1][i] + v[2] * axes[2][i]);
  return [turn([-Math.sin(lon), Math.cos(lon), 0]), turn([-Math.sin(lat) * Math.cos(lon), -Math.sin(lat) * Math.sin(lon), Math.cos(lat)]),
    turn([Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)])];
}

// Body axes x, y, z in the site's frame L, from q_IB (scalar first) and `siteAxes`.
export function bodyAxes([w, x, y, z], axes) {
  const columns = [[1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)], [2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)], [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)]];
  return columns.map((column) => axes.map((axis) => dot(axis, column)));
}

// Unit vector to the Sun in L.
export function sunDirection(utc, axes) {
  const d = (utc - J2000_ms) / 86_400_000;
  const g = (357.529 + 0.98560028 * d) * RAD;
  const longitude = (280.459 + 0.98560911 * d) * RAD + (1.915 * Math.sin(g) + 0.02 * Math.sin(2 * g)) * RAD;
  const tilt = (23.439 - 3.6e-7 * d) * RAD;
  const sun = [Math.cos(longitude), Math.cos(tilt) * Math.sin(longitude), Math.sin(tilt) * Math.sin(longitude)];
  return axes.map((axis) => dot(axis, sun));
}
