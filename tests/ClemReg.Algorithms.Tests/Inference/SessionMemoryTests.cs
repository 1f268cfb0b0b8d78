using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.OnnxRuntime;
using Xunit.Abstractions;
using static ClemReg.Algorithms.Tests.Inference.TestRuntime;

namespace ClemReg.Algorithms.Tests.Inference;

[Collection(CountedMemory.Name)]
public sealed class SessionMemoryTests(ITestOutputHelper output)
{
    [Fact]
    public void A_thousand_sessions_and_their_runs_leave_no_memory_behind()
    {
        for (int i = 0; i < 100; i++) Cycle();
        int live = OrtHandle.Live;
        // What leaks grows in every round; what the runtime's collector or the allocator keeps for a while does not.
        var grown = new long[4];
        for (int round = 0; round < grown.Length; round++)
        {
            long before = Resident();
            for (int i = 0; i < 250; i++) Cycle();
            grown[round] = Resident() - before;
        }
        output.WriteLine($"resident memory grew by {string.Join(", ", grown)} kB in four rounds of 250 sessions");
        Assert.Equal(live, OrtHandle.Live);
        Assert.True(grown.Min() < 250 * 16, $"resident memory grew by {string.Join(", ", grown)} kB in four rounds of 250 sessions");

        static void Cycle()
        {
            using IInferenceSession session = Open("conv");
            using InferenceTensor image = InferenceTensor.Allocate(TensorType.Float32, 1, 1, 100, 100), features = InferenceTensor.Allocate(TensorType.Float32, 1, 2, 100, 100);
            var inputs = new Dictionary<string, InferenceTensor> { ["image"] = image };
            using InferenceResult allocated = session.Run(inputs, new Job());
            using InferenceResult given = session.Run(inputs, new Job(), new Dictionary<string, InferenceTensor?> { ["features"] = features });
            Assert.Throws<ModelException>(() => Open("wrong_types"));
        }

        static long Resident()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmRSS", StringComparison.Ordinal));
            return long.Parse(new string([.. line.Where(char.IsDigit)]), System.Globalization.CultureInfo.InvariantCulture);
        }
    }
}
