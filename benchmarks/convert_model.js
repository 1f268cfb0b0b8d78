// Converted models against PyTorch, by ONNX Runtime under Node.
//
//   npm install --ignore-scripts --prefix DIR onnxruntime-node@1.30.0
//   NODE_PATH=DIR/node_modules node benchmarks/convert_model.js MODEL.onnx HEIGHTxWIDTH.bin...
//
// A .bin holds the image and PyTorch's sem_logits, ctr_hmp and offsets (tests/golden-scripts/mitonet.py). A dense model (sem_features among its
// outputs) needs its point head, MODEL_point.onnx, beside it; PointRend's choice of points is then made here. Prints the largest and mean
// difference of each output and the pixels on the other side of probability 0.3.
'use strict';
const fs = require('fs');
const path = require('path');
const ort = require('onnxruntime-node');

const [modelFile, ...bins] = process.argv.slice(2);
if (bins.length === 0) {
  console.error('usage: node convert_model.js MODEL.onnx HEIGHTxWIDTH.bin...');
  process.exit(2);
}
const options = { intraOpNumThreads: 2, logSeverityLevel: 3 };

function enlarge(x, h, w) {
  const out = new Float32Array(4 * h * w);
  for (let y = 0; y < 2 * h; y++) {
    for (let i = 0; i < 2 * w; i++) {
      const sy = Math.min(Math.max((y + 0.5) / 2 - 0.5, 0), h - 1), sx = Math.min(Math.max((i + 0.5) / 2 - 0.5, 0), w - 1);
      const y0 = Math.floor(sy), x0 = Math.floor(sx), y1 = Math.min(y0 + 1, h - 1), x1 = Math.min(x0 + 1, w - 1), fy = sy - y0, fx = sx - x0;
      out[y * 2 * w + i] = (1 - fy) * ((1 - fx) * x[y0 * w + x0] + fx * x[y0 * w + x1]) + fy * ((1 - fx) * x[y1 * w + x0] + fx * x[y1 * w + x1]);
    }
  }
  return out;
}

function sample(map, channels, h, w, x, y) {
  const out = new Float32Array(channels);
  const x0 = Math.floor(x), y0 = Math.floor(y);
  for (const [yy, xx, f] of [[y0, x0, (1 - (x - x0)) * (1 - (y - y0))], [y0, x0 + 1, (x - x0) * (1 - (y - y0))], [y0 + 1, x0, (1 - (x - x0)) * (y - y0)], [y0 + 1, x0 + 1, (x - x0) * (y - y0)]]) {
    if (yy < 0 || yy >= h || xx < 0 || xx >= w) continue;
    for (let c = 0; c < channels; c++) out[c] += f * map[(c * h + yy) * w + xx];
  }
  return out;
}

async function pointRend(point, coarse, features, points) {
  const [, channels, fh, fw] = features.dims;
  let logits = coarse.data, h = fh, w = fw;
  for (let step = 0; step < 2; step++) {
    logits = enlarge(logits, h, w);
    h *= 2;
    w *= 2;
    const index = Array.from(logits.keys()).sort((a, b) => Math.abs(logits[a]) - Math.abs(logits[b])).slice(0, Math.min(points, h * w));
    const fine = new Float32Array(channels * index.length), rough = new Float32Array(index.length);
    index.forEach((at, i) => {
      const x = (at % w + 0.5) / w * fw - 0.5, y = (Math.floor(at / w) + 0.5) / h * fh - 0.5;
      sample(features.data, channels, fh, fw, x, y).forEach((v, c) => { fine[c * index.length + i] = v; });
      rough[i] = sample(coarse.data, 1, fh, fw, x, y)[0];
    });
    const out = await point.run({ fine_features: new ort.Tensor('float32', fine, [1, channels, index.length]), coarse_logits: new ort.Tensor('float32', rough, [1, 1, index.length]) });
    index.forEach((at, i) => { logits[at] = out.point_logits.data[i]; });
  }
  return logits;
}

(async () => {
  const session = await ort.InferenceSession.create(modelFile, options);
  const dense = session.outputNames.includes('sem_features');
  const point = dense ? await ort.InferenceSession.create(modelFile.replace(/\.onnx$/, '_point.onnx'), options) : null;
  let worst = 0;
  for (const bin of bins) {
    const [h, w] = path.basename(bin).match(/(\d+)x(\d+)/).slice(1).map(Number);
    const bytes = fs.readFileSync(bin);
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const image = new ort.Tensor('float32', values.slice(0, h * w), [1, 1, h, w]);
    let start = process.hrtime.bigint();
    const out = await session.run({ image });
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    const found = {
      sem_logits: dense ? await pointRend(point, out.sem_logits, out.sem_features, Number(process.env.POINTS || 8192)) : out.sem_logits.data,
      ctr_hmp: out.ctr_hmp.data,
      offsets: out.offsets.data,
    };
    let from = h * w, others = 0;
    const line = [];
    for (const [name, count] of [['sem_logits', h * w], ['ctr_hmp', h * w / 16], ['offsets', h * w / 8]]) {
      if (found[name].length !== count) throw new Error(`${name} has ${found[name].length} numbers, not ${count}`);
      let most = 0, sum = 0;
      for (let i = 0; i < count; i++) {
        const difference = Math.abs(found[name][i] - values[from + i]);
        most = Math.max(most, difference);
        sum += difference;
        if (name === 'sem_logits' && (found[name][i] >= -0.8472979) !== (values[from + i] >= -0.8472979)) others++;
      }
      from += count;
      worst = Math.max(worst, most);
      line.push(`${name} ${most.toExponential(2)} (mean ${(sum / count).toExponential(2)})`);
    }
    console.log(`${path.basename(modelFile)} ${h}x${w}: ${line.join(', ')}, ${others} of ${h * w} mask pixels differ, ${seconds.toFixed(2)} s`);
  }
  console.log(`largest difference ${worst.toExponential(2)}`);
  process.exit(worst <= 1e-4 ? 0 : 1);
})();
