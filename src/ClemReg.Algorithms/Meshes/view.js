// What view.html does: scripts/bundle-viewer.sh makes one script of this and of what it uses of three.js.
import {
  AmbientLight, BatchedMesh, BufferAttribute, BufferGeometry, Color, ColorManagement, DirectionalLight, DoubleSide, LinearSRGBColorSpace, LineBasicMaterial, LineSegments, MeshLambertMaterial, OrthographicCamera,
  Raycaster, Scene, Vector2, Vector3, WebGLRenderer,
} from 'three';

const byId = id => document.getElementById(id);
const about = JSON.parse(byId('about').textContent);
const objects = JSON.parse(byId('meshes').textContent);
const MOST_LISTED = 1000;

const canvas = byId('scene'), overlay = byId('overlay'), pen = overlay.getContext('2d');
ColorManagement.enabled = false;
let renderer;
try { renderer = new WebGLRenderer({ canvas, antialias: true }); }
catch (problem) {
  byId('problem').textContent = 'This browser shows no WebGL 2, which the surfaces need. Try a current Firefox, Chrome, Edge or Safari, with hardware acceleration on.';
  throw problem;
}
renderer.outputColorSpace = LinearSRGBColorSpace;
renderer.setClearColor(0xffffff);

// --- The surfaces: one batch and material a class, so that a class has an opacity. All lengths from here on are nm from the middle of the volume, whose corners are low and high.
const origin = about.low.map((v, k) => (v + about.high[k]) / 2), low = about.low.map((v, k) => v - origin[k]), high = low.map(v => -v);
const scene = new Scene();
const decode = text => {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes.buffer;
};
for (const o of objects) {
  const places = new Uint16Array(decode(o.vertices)), corners = decode(o.triangles), position = new Float32Array(places.length);
  for (let i = 0; i < places.length; i++) position[i] = o.low[i % 3] - origin[i % 3] + o.step[i % 3] * places[i];
  o.geometry = new BufferGeometry();
  o.geometry.setAttribute('position', new BufferAttribute(position, 3));
  o.geometry.setIndex(new BufferAttribute(places.length / 3 > 65536 ? new Uint32Array(corners) : new Uint16Array(corners), 1));
  o.geometry.computeVertexNormals();
  o.vertices = o.triangles = null;
  o.seen = true;
}
const classes = [...new Set(objects.map(o => o.class))].sort().map(name => {
  const of = objects.filter(o => o.class === name), sum = count => of.reduce((n, o) => n + count(o.geometry), 0);
  const batch = new BatchedMesh(of.length, sum(g => g.attributes.position.count), sum(g => g.index.count), new MeshLambertMaterial({ side: DoubleSide }));
  batch.frustumCulled = false;
  for (const o of of) {
    o.batch = batch;
    o.inBatch = batch.addInstance(batch.addGeometry(o.geometry));
    batch.setColorAt(o.inBatch, new Color(o.colour));
    o.geometry.dispose();
    o.geometry = null;
  }
  scene.add(batch);
  return { name, of, batch };
});
const setOpacity = (batch, opacity) => {
  const material = batch.material;
  material.opacity = opacity;
  material.transparent = opacity < 1;
  material.depthWrite = !material.transparent;
  material.needsUpdate = true;
  redraw();
};
const ends = i => [i & 1 ? high[0] : low[0], i & 2 ? high[1] : low[1], i & 4 ? high[2] : low[2]];
const edges = [];
for (let i = 0; i < 8; i++) for (const bit of [1, 2, 4]) if (!(i & bit)) edges.push([i, i | bit, bit]);
scene.add(new LineSegments(new BufferGeometry().setFromPoints(edges.flatMap(([a, b]) => [a, b]).map(i => new Vector3(...ends(i)))), new LineBasicMaterial({ color: 0x999999 })));
// A quarter from everywhere, three quarters from the left above the viewer; pi because Lambert's surfaces divide by it.
const light = new DirectionalLight(0xffffff, 0.75 * Math.PI);
scene.add(light, new AmbientLight(0xffffff, 0.25 * Math.PI));
let chosen = -1;
const showStates = () => {
  objects.forEach((o, i) => {
    o.batch.setVisibleAt(o.inBatch, o.seen);
    o.batch.setColorAt(o.inBatch, new Color(o.colour).lerp(new Color(0xffffff), i === chosen ? 0.5 : 0));
  });
  redraw();
};

// --- The camera: x to the right, y down, z away, as in Fiji; rows of the turn are the screen's right, down and away. Parallel projection, so that the scale bar holds everywhere.
const camera = new OrthographicCamera();
camera.matrixAutoUpdate = false;
let turn, middle, perNm;
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const size = high.map((h, k) => h - low[k]), diagonal = Math.hypot(...size);
const ratio = () => window.devicePixelRatio || 1;
const toScreen = p => {
  const d = p.map((v, k) => v - middle[k]);
  return [canvas.clientWidth / 2 + perNm * dot(turn[0], d), canvas.clientHeight / 2 + perNm * dot(turn[1], d), dot(turn[2], d)];
};
const rotate = (yaw, pitch) => {
  // About the screen's down axis, then about its right axis.
  const [r, d, a] = turn, [c, s, e, f] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  const right = r.map((v, k) => c * v - s * a[k]), away = r.map((v, k) => s * v + c * a[k]);
  const down = d.map((v, k) => e * v - f * away[k]);
  turn = [right, down, cross(right, down)];
};
const fit = () => {
  middle = [0, 0, 0];
  let across = 1e-9, up = 1e-9;
  for (let i = 0; i < 8; i++) {
    const d = ends(i).map((v, k) => v - middle[k]);
    across = Math.max(across, Math.abs(dot(turn[0], d)));
    up = Math.max(up, Math.abs(dot(turn[1], d)));
  }
  perNm = Math.min((canvas.clientWidth - 140) / (2 * across), (canvas.clientHeight - 120) / (2 * up));
  redraw();
};
const along = t => { turn = t; fit(); };
const reset = () => {
  turn = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  rotate(-0.5, 0.45);
  fit();
};
const aim = () => {
  const [right, down, away] = turn.map(row => new Vector3(...row)), reach = diagonal + Math.hypot(...middle);
  camera.matrix.makeBasis(right, down.clone().negate(), away.clone().negate()).setPosition(new Vector3(...middle).addScaledVector(away, -reach));
  camera.right = canvas.clientWidth / 2 / perNm;
  camera.top = canvas.clientHeight / 2 / perNm;
  [camera.left, camera.bottom, camera.near, camera.far] = [-camera.right, -camera.top, 0, 2 * reach];
  camera.updateProjectionMatrix();
  camera.updateMatrixWorld(true);
  light.position.set(0, 0, 0).addScaledVector(right, -0.4).addScaledVector(down, -0.45).addScaledVector(away, -0.8);
};
const draw = () => {
  const [w, h] = [Math.max(1, canvas.clientWidth), Math.max(1, canvas.clientHeight)];
  renderer.setPixelRatio(ratio());
  renderer.setSize(w, h, false);
  if (overlay.width !== canvas.width || overlay.height !== canvas.height) [overlay.width, overlay.height] = [canvas.width, canvas.height];
  aim();
  renderer.render(scene, camera);
  drawMarks();
};
let waiting = false;
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; draw(); });
}

// --- Axes with ticks in um, and the scale bar.
const nice = least => {
  const ten = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map(f => f * ten).find(v => v >= least * 0.999999);
};
const inUm = nm => String(+(nm / 1000).toPrecision(6));
function drawMarks() {
  pen.setTransform(ratio(), 0, 0, ratio(), 0, 0);
  pen.clearRect(0, 0, overlay.clientWidth, overlay.clientHeight);
  pen.font = '12px system-ui, sans-serif';
  pen.fillStyle = pen.strokeStyle = '#333';
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  const centre = toScreen([0, 0, 0]);
  for (const [axis, bit] of [[0, 1], [1, 2], [2, 4]]) {
    // The edge at the lower left of the box as it is seen.
    let best = null;
    for (const [a, b, of] of edges) {
      if (of !== bit) continue;
      const [p, q] = [toScreen(ends(a)), toScreen(ends(b))], score = (p[1] + q[1]) - 0.7 * (p[0] + q[0]);
      if (!best || score > best.score) best = { p, q, score };
    }
    const { p, q } = best, [dx, dy] = [q[0] - p[0], q[1] - p[1]], length = Math.hypot(dx, dy);
    if (length < 30) continue;
    let [ox, oy] = [-dy / length, dx / length];
    if (ox * ((p[0] + q[0]) / 2 - centre[0]) + oy * ((p[1] + q[1]) / 2 - centre[1]) < 0) [ox, oy] = [-ox, -oy];
    const step = nice(size[axis] * 50 / length);
    pen.beginPath();
    for (let v = Math.ceil(about.low[axis] / step - 1e-6) * step; v <= about.high[axis] + 1e-6 * step; v += step) {
      const f = (v - about.low[axis]) / size[axis], x = p[0] + f * dx, y = p[1] + f * dy;
      pen.moveTo(x, y);
      pen.lineTo(x + 5 * ox, y + 5 * oy);
      pen.fillText(inUm(Math.abs(v) < 1e-9 * step ? 0 : v), x + 20 * ox, y + 13 * oy);
    }
    pen.stroke();
    pen.fillText('xyz'[axis] + ' (\u00b5m)', (p[0] + q[0]) / 2 + 52 * ox, (p[1] + q[1]) / 2 + 32 * oy);
  }
  const bar = nice(60 / perNm), width = bar * perNm, x = overlay.clientWidth - 20 - width, y = overlay.clientHeight - 20;
  pen.fillRect(x, y, width, 4);
  pen.fillText(bar >= 100 ? inUm(bar) + ' \u00b5m' : +bar.toPrecision(6) + ' nm', x + width / 2, y - 10);
}

// --- Mouse, touch and keys.
const pointers = new Map();
let travelled = 0;
const zoomAt = (factor, x, y) => {
  const [u, v] = [(x - canvas.clientWidth / 2) / perNm, (y - canvas.clientHeight / 2) / perNm];
  perNm *= factor;
  shift(u * (1 - 1 / factor), v * (1 - 1 / factor));
};
const shift = (u, v) => { middle = middle.map((m, k) => m + u * turn[0][k] + v * turn[1][k]); redraw(); };
canvas.addEventListener('contextmenu', e => e.preventDefault());
canvas.addEventListener('pointerdown', e => {
  canvas.setPointerCapture(e.pointerId);
  pointers.set(e.pointerId, [e.offsetX, e.offsetY]);
  travelled = 0;
});
canvas.addEventListener('pointermove', e => {
  const before = pointers.get(e.pointerId);
  if (!before) return;
  const [dx, dy] = [e.offsetX - before[0], e.offsetY - before[1]];
  travelled += Math.hypot(dx, dy);
  if (pointers.size === 2) {
    const [id] = [...pointers.keys()].filter(i => i !== e.pointerId), other = pointers.get(id);
    // What was in the middle between both fingers stays there.
    shift(-dx / 2 / perNm, -dy / 2 / perNm);
    zoomAt(Math.hypot(e.offsetX - other[0], e.offsetY - other[1]) / Math.max(1, Math.hypot(before[0] - other[0], before[1] - other[1])), (e.offsetX + other[0]) / 2, (e.offsetY + other[1]) / 2);
  }
  else if (e.buttons & 6 || e.shiftKey) shift(-dx / perNm, -dy / perNm);
  else {
    rotate(dx / 150, dy / 150);
    redraw();
  }
  pointers.set(e.pointerId, [e.offsetX, e.offsetY]);
});
for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, e => {
  if (pointers.delete(e.pointerId) && end === 'pointerup' && travelled < 4 && e.button === 0) choose(objectAt(e.offsetX, e.offsetY), true);
});
canvas.addEventListener('wheel', e => {
  e.preventDefault();
  zoomAt(Math.exp(-Math.max(-1, Math.min(1, e.deltaY / 300))), e.offsetX, e.offsetY);
}, { passive: false });
const act = { r: reset, s: () => save() };
window.addEventListener('keydown', e => {
  if (e.target.tagName === 'INPUT' || e.ctrlKey || e.metaKey || e.altKey) return;
  const arrow = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] }[e.key];
  if (arrow) { rotate(...arrow); redraw(); }
  else if (e.key === '+' || e.key === '-') zoomAt(e.key === '+' ? 1.25 : 0.8, canvas.clientWidth / 2, canvas.clientHeight / 2);
  else if (act[e.key]) act[e.key]();
});
function objectAt(x, y) {
  aim();
  const caster = new Raycaster();
  caster.setFromCamera(new Vector2(2 * x / canvas.clientWidth - 1, 1 - 2 * y / canvas.clientHeight), camera);
  const [hit] = caster.intersectObjects(classes.map(c => c.batch));
  return hit ? objects.findIndex(o => o.batch === hit.object && o.inBatch === hit.batchId) : -1;
}
function save() {
  draw();
  const whole = document.createElement('canvas'), to = whole.getContext('2d');
  [whole.width, whole.height] = [canvas.width, canvas.height];
  to.drawImage(canvas, 0, 0);
  to.drawImage(overlay, 0, 0);
  const link = document.createElement('a');
  link.download = 'meshes.png';
  link.href = whole.toDataURL('image/png');
  link.click();
}

// --- The panel.
const node = (kind, text, className) => {
  const n = document.createElement(kind);
  if (text !== undefined) n.textContent = text;
  if (className) n.className = className;
  return n;
};
const swatch = colour => {
  const s = node('span', undefined, 'swatch');
  s.style.background = colour;
  return s;
};
const tick = (on, title, changed) => {
  const box = node('input');
  box.type = 'checkbox';
  box.checked = on;
  box.title = title;
  box.addEventListener('click', e => e.stopPropagation());
  box.addEventListener('change', () => { changed(box.checked); showStates(); showClasses(); showList(); });
  return box;
};
function showClasses() {
  const section = byId('classes');
  section.replaceChildren(node('h2', objects.length + ' objects'));
  for (const { name, of, batch } of classes) {
    const row = node('label'), seen = of.filter(o => o.seen).length;
    const box = tick(seen > 0, 'Shows or hides all of them', on => of.forEach(o => { o.seen = on; }));
    box.indeterminate = seen > 0 && seen < of.length;
    row.append(box);
    if (classes.length > 1) row.append(swatch(of[0].colour));
    const opacity = node('input');
    Object.assign(opacity, { type: 'range', min: 0.1, max: 1, step: 0.05, value: batch.material.opacity, title: 'Opacity' });
    opacity.addEventListener('input', () => setOpacity(batch, +opacity.value));
    row.append(node('span', name || 'all'), node('span', String(of.length), 'quiet'), opacity);
    section.append(row);
  }
}
function showList() {
  const wanted = byId('filter').value.trim().toLowerCase(), list = byId('list'), rows = [];
  let more = 0;
  objects.forEach((o, i) => {
    if (wanted && String(o.label) !== wanted && !(o.class && o.class.toLowerCase().includes(wanted))) return;
    if (rows.length === MOST_LISTED) { more++; return; }
    const row = node('div', undefined, i === chosen ? 'object chosen' : 'object');
    row.append(tick(o.seen, 'Shows or hides it', on => { o.seen = on; }), swatch(o.colour), node('span', 'label ' + o.label + (o.class ? ' \u2013 ' + o.class : '')));
    row.addEventListener('click', () => choose(i, false));
    rows.push(row);
  });
  list.replaceChildren(...rows);
  if (more) list.append(node('div', more + ' more: search for a label.', 'quiet'));
}
function choose(i, scroll) {
  chosen = i;
  const section = byId('measures');
  section.replaceChildren();
  if (i >= 0) {
    section.append(node('h2', 'label ' + objects[i].label + (objects[i].class ? ' \u2013 ' + objects[i].class : '')));
    const table = node('table');
    about.columns.forEach((name, k) => {
      const value = about.rows[i][k];
      if (value === null || value === '' || name === 'label' || name === 'class') return;
      const row = node('tr');
      row.append(node('td', name), node('td', typeof value === 'number' ? String(+value.toPrecision(6)) : value));
      table.append(row);
    });
    section.append(table);
  }
  showStates();
  showList();
  if (scroll) byId('list').querySelector('.chosen')?.scrollIntoView({ block: 'nearest' });
}
byId('filter').addEventListener('input', showList);
byId('reset').addEventListener('click', reset);
byId('alongZ').addEventListener('click', () => along([[1, 0, 0], [0, 1, 0], [0, 0, 1]]));
byId('alongY').addEventListener('click', () => along([[1, 0, 0], [0, 0, 1], [0, -1, 0]]));
byId('alongX').addEventListener('click', () => along([[0, 0, 1], [0, 1, 0], [-1, 0, 0]]));
byId('picture').addEventListener('click', save);
window.addEventListener('resize', redraw);
reset();
showStates();
showClasses();
// view.html#7 opens with label 7 chosen.
const named = objects.findIndex(o => '#' + o.label === location.hash);
choose(named, true);
