// What ModelTimes does, in Node with onnxruntime-node.
//   node model_times.js MODEL.onnx INPUT.raw SHAPE THREADS RUNS OUTPUT.raw SPINNING(0|1)
const fs = require('fs');
const ort = require('onnxruntime-node');

async function main() {
  const [model, inputFile, shapeText, threads, runs, outputFile, spinning] = process.argv.slice(2);
  const shape = shapeText.split('x').map(Number);
  const bytes = fs.readFileSync(inputFile);
  const input = new ort.Tensor('float32', new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)), shape);
  let start = process.hrtime.bigint();
  const since = () => Number(process.hrtime.bigint() - start) / 1e9;
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'], intraOpNumThreads: Number(threads), extra: { session: { intra_op: { allow_spinning: spinning } } },
  });
  const load = since();
  const times = [], processor = [];
  for (let run = 0; run <= Number(runs); run++) {
    const before = process.cpuUsage();
    start = process.hrtime.bigint();
    const result = await session.run({ [session.inputNames[0]]: input });
    const wall = since(), used = process.cpuUsage(before);
    if (run > 0) {
      times.push(wall);
      processor.push((used.user + used.system) / 1e6);
    } else {
      const data = result[session.outputNames[0]].data;
      fs.writeFileSync(outputFile, Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    }
  }
  console.log(JSON.stringify({ load, runs: times, cpu: processor }));
}

main();
