'use strict';
(function () {
  const data = JSON.parse(document.getElementById('data').textContent);
  const run = data.run, byId = id => document.getElementById(id);
  const state = { mode: 'overlay', opacity: 0.8, outline: true, marks: true, colour: data.colour, emPhase: false, ready: false };
  const BLINK_MS = 700, DIM = 0.6;

  /* Text goes into the page as text only. */
  function add(parent, tag, text, className) {
    const node = document.createElement(tag);
    if (text !== undefined && text !== null) node.textContent = text;
    if (className) node.className = className;
    parent.appendChild(node);
    return node;
  }
  const isNumber = v => typeof v === 'number' && isFinite(v);
  const nm = v => (Math.abs(v) < 10 ? v.toFixed(1) : Math.round(v)) + ' nm';
  const um = v => (v / 1000).toPrecision(3).replace(/\.?0+$/, '') + ' µm';
  const length = v => (v >= 1000 ? +(v / 1000).toPrecision(4) + ' µm' : +v.toPrecision(4) + ' nm');
  const text = v => (Array.isArray(v) || (v && typeof v === 'object') ? JSON.stringify(v) : String(v));
  function roundLength(most) {
    const power = Math.pow(10, Math.floor(Math.log10(most))), part = most / power;
    return power * (part >= 5 ? 5 : part >= 2 ? 2 : 1);
  }

  /* ---- the verdict */
  const WORDS = {
    reliable: 'The checks agree with each other. Still look at the pictures once.',
    check: 'Something needs a person’s eye: look at the pictures, above all close up, before you use the overlay.',
    unreliable: 'Do not use this overlay as it is.'
  };
  function verdict() {
    const box = byId('verdict'), word = typeof run.verdict === 'string' ? run.verdict : null;
    const line = add(box, 'div');
    if (word) box.classList.add(word in WORDS ? word : 'check');
    add(line, 'span', word ? word.charAt(0).toUpperCase() + word.slice(1) : 'No verdict', 'word');
    if (isNumber(run.predicted_error_nm)) {
      add(line, 'span', 'predicted error ' + nm(run.predicted_error_nm)
        + (isNumber(run.predicted_error_p95_nm) ? ' (95 %: ' + nm(run.predicted_error_p95_nm) + ')' : ''), 'error');
    }
    add(box, 'p', word ? WORDS[word] || '' : 'The algorithm “' + data.algorithm + '” does not predict its own error, so none is stated: judge by the pictures. '
      + 'Residuals (below) are distances between points, not the error of the registration.');
    const reasons = Array.isArray(run.reasons) ? run.reasons : [];
    if (reasons.length) {
      const list = add(box, 'ul');
      reasons.forEach(reason => add(list, 'li', text(reason)));
    }
    const heldOut = (run.registration || {}).held_out;
    if (heldOut && heldOut.text && !(run.warnings || []).includes(heldOut.text)) add(box, 'p', heldOut.text);
    if (isNumber(run.predicted_error_nm)) add(box, 'p', 'The predicted error holds for the landmark channel (the mitochondria of ' + data.landmark + ').');
    if (data.uncorrected.length) {
      add(box, 'p', 'No chromatic correction was given for ' + data.uncorrected.join(', ') + ': what these show may lie off by the microscope’s shift between colours, '
        + 'commonly tens to hundreds of nanometres, besides the error of the registration. Measure it on beads (Measure Chromatic Shift…) and give it as channel_offsets.');
    }
  }

  function facts() {
    const box = byId('facts'), registration = run.registration || {}, residuals = registration.residuals || {};
    const fact = (name, value, help) => {
      const one = add(box, 'div');
      one.title = help || '';
      add(one, 'span', name);
      add(one, 'b', value);
    };
    fact('algorithm', data.algorithm);
    if (isNumber(registration.scale)) fact('scale found', registration.scale.toFixed(4), 'How much the fluorescence was scaled. Far from 1: check the voxel sizes.');
    if (isNumber(residuals.explained_fraction)) fact('EM points with a counterpart', Math.round(100 * residuals.explained_fraction) + ' %');
    if (isNumber(residuals.nearest_median_nm)) fact('median residual (not the error)', nm(residuals.nearest_median_nm), 'Distance between points of the two clouds; not the error.');
    if (isNumber(registration.iterations)) fact('iterations', registration.iterations + (registration.converged === false ? ', not converged' : ''));
    if (isNumber(run.total_seconds)) fact('time', run.total_seconds.toFixed(1) + ' s');
    if (isNumber(run.peak_memory_mb)) fact('memory', Math.round(run.peak_memory_mb) + ' MB');
    const warnings = Array.isArray(run.warnings) ? run.warnings : [];
    byId('warnings').hidden = warnings.length === 0;
    warnings.forEach(warning => add(byId('warnings').querySelector('ul'), 'li', text(warning)));
  }

  /* ---- the views: layers of grey values, laid over each other here */
  const shown = [];

  function pixels(uri) {
    if (!uri) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const image = new Image();
      image.onload = () => {
        const canvas = document.createElement('canvas');
        canvas.width = image.width;
        canvas.height = image.height;
        const context = canvas.getContext('2d');
        context.drawImage(image, 0, 0);
        const rgba = context.getImageData(0, 0, image.width, image.height).data, grey = new Uint8Array(image.width * image.height);
        for (let i = 0; i < grey.length; i++) grey[i] = rgba[4 * i];
        resolve(grey);
      };
      image.onerror = () => reject(new Error('a picture cannot be read'));
      image.src = uri;
    });
  }

  function compose(view, light, mode, out) {
    const strength = state.opacity, w = view.width, image = data.has_image;
    const tile = Math.max(4, Math.round((view.field ? 500 : roundLength(data.fixed_grid.size[2] * data.fixed_grid.spacing[2] / 8)) / view.nm_per_pixel));
    const magenta = state.colour === 'magenta';
    for (let i = 0; i < light.length; i++) {
      let em = view.em[i] / 255, fm = light[i] / 255 * (mode === 'overlay' ? strength : 1);
      const x = i % w, y = (i - x) / w;
      let lit, dim;
      if (mode === 'em' || (mode === 'checker' && (Math.floor(x / tile) + Math.floor(y / tile)) % 2 === 0)) lit = dim = em;
      else if (mode === 'light' || mode === 'checker') { lit = fm; dim = 0; }
      else { lit = 1 - (1 - em) * (1 - fm); dim = image ? em * (1 - DIM * fm) : em; }
      if (state.outline && view.outline[i] > 127) { lit *= 0.35; dim = 0.9; }
      lit = Math.round(255 * lit);
      dim = Math.round(255 * dim);
      out[4 * i] = out[4 * i + 2] = magenta ? lit : dim;
      out[4 * i + 1] = magenta ? dim : lit;
      out[4 * i + 3] = 255;
    }
  }

  function draw(one) {
    const view = one.view, context = one.canvas.getContext('2d');
    const mode = state.mode === 'blink' ? (state.emPhase ? 'em' : 'overlay') : state.mode === 'overlay' && state.emPhase ? 'em' : state.mode;
    compose(view, view[one.side], mode, one.image.data);
    one.raw.getContext('2d').putImageData(one.image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(one.raw, 0, 0, one.canvas.width, one.canvas.height);
    const scale = one.canvas.width / view.width, k = onScreen(one.canvas);
    if (state.marks && view.field === 0 && view.plane === 'xy') marks(context, view, scale, k);
    if (view.plane === 'xy') bar(context, view.nm_per_pixel / scale, one.canvas);
    ticks(context, one, scale, k);
    if (one.canvas.width > 40 * k && one.canvas.height > 30 * k) label(context, view.plane.toUpperCase(), 6 * k, 5 * k, 'left', 'top', k);
  }

  /* Pixels of a canvas to one of the screen: letters are to be as large in all. */
  function onScreen(canvas) {
    return canvas.clientWidth ? canvas.width / canvas.clientWidth : 1;
  }

  function label(context, words, x, y, align, base, k, onLight) {
    context.font = 'bold ' + 12 * k + 'px system-ui, "DejaVu Sans", sans-serif';
    context.textAlign = align;
    context.textBaseline = base;
    context.lineWidth = 2.5 * k;
    context.strokeStyle = onLight ? '#fff' : '#000';
    context.strokeText(words, x, y);
    context.fillStyle = onLight ? '#000' : '#fff';
    context.fillText(words, x, y);
  }

  function bar(context, nmPerPixel, canvas, onLight) {
    const k = onScreen(canvas), size = roundLength(canvas.width * nmPerPixel / 4), width = size / nmPerPixel, x = 10 * k, y = canvas.height - 14 * k;
    context.fillStyle = onLight ? '#fff' : '#000';
    context.fillRect(x - k, y - k, width + 2 * k, 6 * k);
    context.fillStyle = onLight ? '#000' : '#fff';
    context.fillRect(x, y, width, 4 * k);
    label(context, length(size), x, y - 3 * k, 'left', 'bottom', k, onLight);
  }

  /* Where the other two planes cut this one, as in overlay.png. */
  function ticks(context, one, scale, k) {
    const view = one.view, axes = { xy: [2, 1], yz: [0, 1], xz: [2, 0] }[view.plane], sides = [view.width * scale, view.height * scale];
    context.fillStyle = '#ffd33d';
    axes.forEach((axis, i) => {
      const at = (one.point[axis] - view.first[axis] + 0.5) / view.size[axis] * sides[i] - k / 2, end = sides[1 - i] - 7 * k;
      [0, end].forEach(from => context.fillRect(i === 0 ? at : from, i === 0 ? from : at, i === 0 ? k : 7 * k, i === 0 ? 7 * k : k));
    });
  }

  /* Where the fields are. */
  function marks(context, view, scale, k) {
    for (const field of data.views) {
      if (field.field === 0 || field.plane !== 'xy') continue;
      const kx = view.width / view.size[2] * scale, ky = view.height / view.size[1] * scale;
      const x = (field.first[2] - view.first[2]) * kx, y = (field.first[1] - view.first[1]) * ky;
      context.strokeStyle = '#ffd33d';
      context.lineWidth = k;
      context.strokeRect(x, y, field.size[2] * kx, field.size[1] * ky);
      label(context, String(field.field), x + 4 * k, y + 3 * k, 'left', 'top', k);
    }
  }

  const plane = (views, name) => views.find(v => v.plane === name);

  /* The three planes laid out as ImageJ's orthogonal views are. */
  function planes(parent, views, side) {
    const xy = plane(views, 'xy'), yz = plane(views, 'yz'), xz = plane(views, 'xz');
    const box = add(parent, 'div', null, 'planes');
    box.style.gridTemplateColumns = xy.width + 'fr ' + yz.width + 'fr';
    const point = [xy.first[0], xz.first[1], yz.first[2]];
    for (const view of [xy, yz, xz]) {
      const canvas = add(box, 'canvas'), raw = document.createElement('canvas');
      // Few voxels are drawn larger, so that the letters on them are sharp.
      const scale = Math.max(1, Math.round(560 / xy.width));
      raw.width = view.width;
      raw.height = view.height;
      canvas.width = view.width * scale;
      canvas.height = view.height * scale;
      const image = raw.getContext('2d').createImageData(view.width, view.height);
      shown.push({ view: view, side: side, point: point, canvas: canvas, raw: raw, image: image });
    }
    return box;
  }

  function place(views) {
    // ImageJ counts slices from 1, pixels from 0.
    return 'XY: slice ' + (plane(views, 'xy').first[0] + 1) + '; XZ: y = ' + plane(views, 'xz').first[1] + '; YZ: x = ' + plane(views, 'yz').first[2];
  }

  function pictures() {
    const whole = data.views.filter(v => v.field === 0);
    if (whole.length === 0) return errorMap();
    const redraw = () => { if (state.ready) shown.forEach(draw); };
    byId('pictures').hidden = false;
    if (!data.has_image) document.querySelector('[data-mode=em]').textContent = 'EM mask';
    byId('caption').textContent = data.caption;
    [['before', 'Before'], ['after', 'After']].forEach(side => {
      const figure = add(byId('whole'), 'figure'), caption = add(figure, 'figcaption');
      add(caption, 'b', side[1]);
      add(caption, 'span', place(whole));
      planes(figure, whole, side[0]).onclick = () => { byId('whole').classList.toggle('wide'); redraw(); };
    });
    const count = Math.max.apply(null, data.views.map(v => v.field));
    byId('closeups').hidden = count === 0;
    for (let i = 1; i <= count; i++) {
      const views = data.views.filter(v => v.field === i), figure = add(byId('fields'), 'figure'), caption = add(figure, 'figcaption');
      add(caption, 'b', String(i));
      add(caption, 'span', place(views));
      planes(figure, views, 'after').onclick = () => { byId('fields').classList.toggle('one'); redraw(); };
    }
    const buttons = Array.from(document.querySelectorAll('#tools button[data-mode]'));
    const choose = mode => {
      state.mode = mode;
      state.emPhase = false;
      buttons.forEach(b => b.classList.toggle('on', b.dataset.mode === mode));
      redraw();
    };
    const step = () => { state.emPhase = !state.emPhase; redraw(); };
    buttons.forEach(b => { b.onclick = () => choose(b.dataset.mode); });
    byId('step').onclick = () => { if (state.mode !== 'overlay') choose('overlay'); step(); };
    document.addEventListener('keydown', event => {
      if (event.key !== ' ' || /^(INPUT|SELECT|BUTTON|SUMMARY)$/.test(event.target.tagName)) return;
      event.preventDefault();
      byId('step').onclick();
    });
    byId('opacity').oninput = event => { state.opacity = event.target.value / 100; redraw(); };
    byId('outline').onchange = event => { state.outline = event.target.checked; redraw(); };
    byId('marks').onchange = event => { state.marks = event.target.checked; redraw(); };
    byId('colour').value = state.colour;
    byId('colour').onchange = event => { state.colour = event.target.value; redraw(); };
    window.addEventListener('resize', redraw);
    setInterval(() => { if (state.mode === 'blink') step(); }, BLINK_MS);
    Promise.all(data.views.map(view => Promise.all(['em', 'outline', 'after', 'before'].map(layer => pixels(view[layer]).then(grey => { view[layer] = grey; })))))
      .then(() => { state.ready = true; choose('overlay'); errorMap(); }, error => { byId('caption').textContent = 'The pictures cannot be shown: ' + error.message; });
  }

  /* ---- the map of the predicted error */
  const STOPS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
  function colour(part) {
    const at = Math.min(Math.max(part, 0), 1) * (STOPS.length - 1), i = Math.min(Math.floor(at), STOPS.length - 2), f = at - i;
    return 'rgb(' + STOPS[i].map((v, c) => Math.round(v + f * (STOPS[i + 1][c] - v))).join(',') + ')';
  }

  function outlines(view) {
    const canvas = document.createElement('canvas');
    canvas.width = view.width;
    canvas.height = view.height;
    const context = canvas.getContext('2d'), image = context.createImageData(view.width, view.height);
    view.outline.forEach((v, i) => { if (v > 127) image.data.fill(255, 4 * i, 4 * i + 4); });
    context.putImageData(image, 0, 0);
    return canvas;
  }

  function errorMap() {
    const map = data.error_map;
    if (!map) return;
    byId('errors').hidden = false;
    const slices = map.slices, grid = data.fixed_grid, canvas = byId('errors-map'), context = canvas.getContext('2d');
    const fieldWidth = grid.size[2] * grid.spacing[2], fieldHeight = grid.size[1] * grid.spacing[1];
    canvas.width = 640;
    canvas.height = Math.max(20, Math.round(640 * fieldHeight / fieldWidth));
    const perNm = canvas.width / fieldWidth;
    const whole = data.views.find(v => v.field === 0 && v.plane === 'xy'), rim = whole && outlines(whole);
    let most = 0, least = Infinity;
    slices.forEach(slice => slice.nm.forEach(v => { if (v !== null) { most = Math.max(most, v); least = Math.min(least, v); } }));
    const top = roundLength(Math.max(most, 1e-3)) * Math.ceil(most / roundLength(Math.max(most, 1e-3)));
    byId('errors-text').textContent = 'From ' + nm(least) + ' to ' + nm(most) + ', over the EM’s xy plane, with the mitochondria of slice ' + (whole ? whole.first[0] + 1 : '?')
      + ' in white; grey: not predicted. It holds for the landmark channel only.';
    const show = index => {
      const slice = slices[index];
      context.fillStyle = '#888';
      context.fillRect(0, 0, canvas.width, canvas.height);
      for (let y = 0; y < map.size[1]; y++) {
        for (let x = 0; x < map.size[2]; x++) {
          const value = slice.nm[y * map.size[2] + x];
          if (value === null) continue;
          const left = (map.origin[2] + (x - 0.5) * map.spacing[2] - grid.origin[2] + grid.spacing[2] / 2) * perNm;
          const up = (map.origin[1] + (y - 0.5) * map.spacing[1] - grid.origin[1] + grid.spacing[1] / 2) * perNm;
          context.fillStyle = colour(value / top);
          context.fillRect(Math.floor(left), Math.floor(up), Math.ceil(map.spacing[2] * perNm) + 1, Math.ceil(map.spacing[1] * perNm) + 1);
        }
      }
      if (rim) context.drawImage(rim, 0, 0, canvas.width, canvas.height);
      bar(context, 1 / perNm, canvas);
      byId('errors-slice').querySelector('output').textContent = 'z = ' + um(map.origin[0] + slice.z * map.spacing[0] - grid.origin[0]);
    };
    const slider = byId('errors-slice').querySelector('input');
    slider.max = slices.length - 1;
    slider.value = Math.floor(slices.length / 2);
    slider.oninput = () => show(+slider.value);
    byId('errors-slice').hidden = slices.length < 2;
    const scale = byId('errors-bar').getContext('2d');
    for (let y = 0; y < 300; y++) {
      scale.fillStyle = colour(1 - y / 299);
      scale.fillRect(0, y + 10, 22, 1);
    }
    scale.fillStyle = '#1c2128';
    scale.font = '13px system-ui, sans-serif';
    scale.textBaseline = 'middle';
    for (let i = 0; i <= 4; i++) scale.fillText(length(Math.max(top * i / 4, 0)), 28, 310 - 75 * i);
    show(+slider.value);
  }

  /* ---- clouds and residuals */
  const FIXED = '#0b5cad', MOVED = '#d6248c';

  function clouds() {
    const c = data.clouds;
    byId('points').hidden = !c && !data.residuals;
    if (c) {
      const sentence = byId('points-text');
      sentence.append(data.second_opinion
        ? 'Centre lines of both images around the EM, from three sides. They know nothing of brightness; registered by themselves they give a second opinion (see the reasons above):'
        : 'What the registration saw, from three sides:');
      [[FIXED, c.fixed, 'EM'], [MOVED, c.registered, 'registered fluorescence']].forEach(k => {
        add(sentence, 'span', null, 'key').style.background = k[0];
        sentence.append(k[1].count + ' points of the ' + k[2] + (k[1].zyx.length / 3 < k[1].count ? ' (' + k[1].zyx.length / 3 + ' shown)' : ''));
      });
      const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
      [c.fixed.zyx, c.registered.zyx].forEach(zyx => zyx.forEach((v, i) => { low[i % 3] = Math.min(low[i % 3], v); high[i % 3] = Math.max(high[i % 3], v); }));
      const extent = low.map((v, i) => Math.max(high[i] - v, 1)), scale = 900 / Math.max(extent[1], extent[2]);
      const box = add(byId('clouds'), 'div', null, 'planes light');
      const side = axis => Math.max(8, Math.round(extent[axis] * scale));
      box.style.gridTemplateColumns = side(2) + 'fr ' + side(0) + 'fr';
      [[2, 1], [0, 1], [2, 0]].forEach(axes => {
        const canvas = add(box, 'canvas'), context = canvas.getContext('2d');
        canvas.width = side(axes[0]);
        canvas.height = side(axes[1]);
        context.globalAlpha = 0.6;
        [[FIXED, c.fixed.zyx], [MOVED, c.registered.zyx]].forEach(cloud => {
          context.fillStyle = cloud[0];
          for (let i = 0; i < cloud[1].length; i += 3) {
            context.beginPath();
            context.arc((cloud[1][i + axes[0]] - low[axes[0]]) * scale, (cloud[1][i + axes[1]] - low[axes[1]]) * scale, 2, 0, 7);
            context.fill();
          }
        });
        context.globalAlpha = 1;
        if (axes[0] === 2 && axes[1] === 1) bar(context, 1 / scale, canvas, true);
      });
    }
    if (data.residuals) histogram(byId('histogram'), data.residuals);
  }

  function svg(parent, tag, attributes, words) {
    const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
    Object.keys(attributes).forEach(name => node.setAttribute(name, attributes[name]));
    if (words !== undefined) node.textContent = words;
    parent.appendChild(node);
    return node;
  }

  function histogram(parent, h) {
    const W = 460, H = 250, left = 46, bottom = 44, n = h.counts.length, most = Math.max.apply(null, h.counts) || 1;
    const root = svg(parent, 'svg', { viewBox: '0 0 ' + W + ' ' + H, width: '100%', role: 'img', 'aria-label': 'Histogram of the residuals' });
    const x = v => left + v / (n * h.bin_nm) * (W - left - 12), y = c => H - bottom - c / most * (H - bottom - 22);
    h.counts.forEach((count, i) => {
      const bin = svg(root, 'rect', { x: x(i * h.bin_nm) + 0.5, y: y(count), width: Math.max(0.5, x(h.bin_nm) - left - 1), height: H - bottom - y(count), fill: MOVED, 'fill-opacity': 0.75 });
      svg(bin, 'title', {}, count + ' points, ' + length(i * h.bin_nm) + ' to ' + length((i + 1) * h.bin_nm));
    });
    svg(root, 'line', { x1: left, x2: W - 12, y1: H - bottom, y2: H - bottom, stroke: '#1c2128' });
    const step = roundLength(n * h.bin_nm / 3);
    for (let v = 0; v <= n * h.bin_nm * 1.0001; v += step) svg(root, 'text', { x: x(v), y: H - bottom + 15, 'text-anchor': 'middle' }, String(+v.toPrecision(4)));
    [0, most].forEach(c => svg(root, 'text', { x: left - 5, y: y(c) + 4, 'text-anchor': 'end' }, String(c)));
    svg(root, 'text', { x: (left + W) / 2, y: H - 12, 'text-anchor': 'middle' }, 'distance to the nearest point of the EM (nm)');
    [['median', h.median_nm], ['95 %', h.p95_nm]].forEach((mark, i) => {
      const at = x(mark[1]);
      svg(root, 'line', { x1: at, x2: at, y1: 16, y2: H - bottom, stroke: '#1c2128', 'stroke-dasharray': '4 3' });
      svg(root, 'text', { x: Math.min(at + 4, W - 90), y: 14 + 13 * i }, mark[0] + ' ' + nm(mark[1]));
    });
    add(parent, 'p', 'Residuals of the registered points' + (h.beyond ? '; ' + h.beyond + ' lie farther away than shown' : '')
      + '. These are distances between samples of two ' + (data.lines ? 'sets of lines' : 'outlines of different thickness') + ', not the error of the registration.', 'quiet');
  }

  /* ---- tables */
  function table(parent, header, rows) {
    const node = add(parent, 'table'), head = add(add(node, 'thead'), 'tr'), body = add(node, 'tbody');
    header.forEach(words => add(head, 'th', words));
    rows.forEach(cells => {
      const row = add(body, 'tr', null, cells.className);
      cells.forEach(cell => {
        if (cell && cell.code) add(add(row, 'td'), 'code', cell.code);
        else add(row, 'td', cell === null || cell === undefined ? '' : text(cell), isNumber(cell) ? 'number' : '');
      });
    });
  }

  function tables() {
    table(byId('inputs'), ['input', 'name', 'channel', 'voxels x × y × z', 'voxel size x × y × z (nm)', 'SHA-256'], data.inputs.map(input => [
      input.role, input.name, input.channel || '', input.size ? input.size.slice().reverse().join(' × ') : '',
      input.spacing ? input.spacing.slice().reverse().map(v => +v.toPrecision(6)).join(' × ') : '', { code: input.sha256 || 'not a file' }
    ]));
    byId('about').textContent = 'ClemReg.Fiji ' + run.software_version + ' (' + run.instruction_set + '), ' + data.about.join(', ') + '.';
    table(byId('stages'), ['stage', 'seconds'], (run.stages || []).map(s => [s.stage, s.seconds]));
    const rows = [];
    let group = null, changed = 0;
    data.parameters.forEach(p => {
      if (p.group !== group) {
        group = p.group;
        const head = [group, '', '', ''];
        head.className = 'group';
        rows.push(head);
      }
      const row = [p.label, { code: p.name }, text(p.value) + (p.unit ? ' ' + p.unit : ''), p.changed ? 'default: ' + (text(p['default']) || 'empty') : ''];
      if (p.changed) { row.className = 'changed'; changed++; }
      rows.push(row);
    });
    table(byId('parameters'), ['parameter', 'key', 'value', ''], rows);
    byId('parameters-title').textContent = 'Parameters (' + (changed === 0 ? 'all as by default' : changed + (changed === 1 ? ' differs from its default' : ' differ from their defaults') + ', marked') + ')';
    if (changed) byId('parameters-title').parentNode.open = true;
    byId('run').textContent = JSON.stringify(run, null, 1);
  }

  document.querySelector('main').hidden = false;
  byId('made').textContent = 'CLEM-Reg report, ' + data.made;
  verdict();
  facts();
  pictures();
  clouds();
  tables();
  // On paper nothing can be opened.
  window.addEventListener('beforeprint', () => document.querySelectorAll('details').forEach(d => { d.open = true; }));
})();
