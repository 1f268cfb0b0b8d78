// One model on one input through the binding: the seconds of each run, those of the processors (user and system), and the output.
//   ModelTimes LIBRARY MODEL.onnx INPUT.raw SHAPE THREADS RUNS OUTPUT.raw
// INPUT.raw holds float32, SHAPE is as 1x1x512x512. Prints {"load": s, "runs": [s, ...], "cpu": [s, ...]} and writes the first output.
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using ClemReg.Algorithms;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.OnnxRuntime;

int Number(int i) => int.Parse(args[i], CultureInfo.InvariantCulture);
string Text(double seconds) => seconds.ToString("R", CultureInfo.InvariantCulture);

using var source = new CancellationTokenSource(); // as in Fiji: a run that can be cancelled
var job = new Job(Number(4), source.Token);
long[] shape = [.. args[3].Split('x').Select(n => long.Parse(n, CultureInfo.InvariantCulture))];
using InferenceTensor input = InferenceTensor.Allocate(TensorType.Float32, shape);
using (FileStream file = File.OpenRead(args[2])) file.ReadExactly(MemoryMarshal.AsBytes(input.Values<float>()));

long start = Stopwatch.GetTimestamp();
using IInferenceSession session = OrtLibrary.Load(args[0], null, job).Open(args[1], new InferenceOptions { Provider = ExecutionProvider.Cpu }, job);
double load = Stopwatch.GetElapsedTime(start).TotalSeconds;
var inputs = new Dictionary<string, InferenceTensor> { [session.Inputs[0].Name] = input };
List<string> times = [], processor = [];
for (int run = 0; run <= Number(5); run++)
{
    TimeSpan before = Environment.CpuUsage.TotalTime;
    start = Stopwatch.GetTimestamp();
    using InferenceResult result = session.Run(inputs, job);
    double wall = Stopwatch.GetElapsedTime(start).TotalSeconds, cpu = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    if (run > 0) // the first warms up
    {
        times.Add(Text(wall));
        processor.Add(Text(cpu));
    }
    else File.WriteAllBytes(args[6], MemoryMarshal.AsBytes(result[session.Outputs[0].Name].Values<float>()));
}
Console.WriteLine($"{{\"load\": {Text(load)}, \"runs\": [{string.Join(", ", times)}], \"cpu\": [{string.Join(", ", processor)}]}}");
