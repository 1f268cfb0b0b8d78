using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.OnnxRuntime;
using static ClemReg.Algorithms.Tests.Inference.TestRuntime;

namespace ClemReg.Algorithms.Tests.Inference;

[Collection("ONNX Runtime")]
public sealed class InferenceCancelTests
{
    private static readonly TimeSpan Forever = TimeSpan.FromSeconds(60);

    /// <summary>Memory that says when nobody uses it any more.</summary>
    private sealed unsafe class Watch : IDisposable
    {
        private readonly float[] _memory = GC.AllocateArray<float>(2, pinned: true);
        private readonly ManualResetEventSlim _free = new();

        public InferenceTensor Tensor() => new(TensorType.Float32, [2], (byte*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0), this);

        public bool WaitUntilFree() => _free.Wait(Forever);

        public void Dispose() => _free.Set();
    }

    [Fact]
    public void A_run_that_would_take_days_ends_when_it_is_cancelled_and_the_session_goes_on()
    {
        using IInferenceSession session = Open("loop");
        for (int i = 0; i < 5; i++)
        {
            using var source = new CancellationTokenSource();
            var watch = new Watch();
            InferenceTensor start = watch.Tensor();
            Dictionary<string, InferenceTensor> inputs = Steps(long.MaxValue, start);
            source.CancelAfter(20 * i + 1);
            Assert.ThrowsAny<OperationCanceledException>(() => session.Run(inputs, new Job(1, source.Token)));
            start.Dispose();
            Assert.True(watch.WaitUntilFree(), "the library is still at work");

            using InferenceResult result = session.Run(Steps(3, Vector(1, 2)), new Job());
            Assert.Equal([4, 5], result["end"].Values<float>().ToArray());
        }
    }

    [Fact]
    public async Task Only_the_cancelled_one_of_two_runs_ends()
    {
        using IInferenceSession session = Open("loop");
        using var source = new CancellationTokenSource();
        Task<float[]> other = Task.Run(() =>
        {
            using InferenceResult result = session.Run(Steps(20000, Vector(0, 0)), new Job());
            return result["end"].Values<float>().ToArray();
        });
        source.CancelAfter(10);
        Assert.ThrowsAny<OperationCanceledException>(() => session.Run(Steps(long.MaxValue, Vector(0, 0)), new Job(1, source.Token)));
        Assert.All(await other, value => Assert.Equal(20000, value));
    }

    [Fact]
    public void A_cancelled_job_opens_and_runs_nothing()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        var job = new Job(1, source.Token);
        Assert.ThrowsAny<OperationCanceledException>(() => Open("conv", job: job));
        using IInferenceSession session = Open("conv");
        Assert.ThrowsAny<OperationCanceledException>(() => session.Run(Image(3, 3), job));
    }

    [Fact]
    public async Task Disposing_of_session_and_tensors_during_a_run_waits_for_its_end()
    {
        using var source = new CancellationTokenSource();
        IInferenceSession session = Open("loop");
        var watch = new Watch();
        InferenceTensor start = watch.Tensor();
        Dictionary<string, InferenceTensor> inputs = Steps(long.MaxValue, start);
        using var running = new ManualResetEventSlim();
        Task run = Task.Run(() =>
        {
            running.Set();
            session.Run(inputs, new Job(1, source.Token));
        });
        running.Wait();
        Thread.Sleep(50);
        session.Dispose();
        start.Dispose();
        source.Cancel();
        await Assert.ThrowsAnyAsync<Exception>(() => run); // cancelled, or disposed of before it began
        Assert.True(watch.WaitUntilFree());
        Assert.Throws<ObjectDisposedException>(() => session.Run(inputs, new Job()));
    }

    [Fact]
    public void Work_that_does_not_stop_is_left_behind_and_its_result_discarded()
    {
        using var source = new CancellationTokenSource();
        using var goOn = new ManualResetEventSlim();
        using var discarded = new ManualResetEventSlim();
        int stops = 0;
        source.CancelAfter(5);
        Assert.ThrowsAny<OperationCanceledException>(() => Watched.Run(source.Token, () =>
        {
            goOn.Wait();
            return 42;
        }, () => stops++, result =>
        {
            if (result == 42) discarded.Set();
        }));
        Assert.Equal(1, stops);
        Assert.False(discarded.IsSet);
        goOn.Set();
        Assert.True(discarded.Wait(Forever));
    }

    [Fact]
    public void Work_that_ends_in_time_gives_its_result_or_its_own_error()
    {
        using var source = new CancellationTokenSource();
        Assert.Equal(7, Watched.Run(source.Token, () => 7, () => { }, _ => { }));
        Assert.Equal("x", Assert.Throws<InvalidDataException>(() => Watched.Run<int>(source.Token, () => throw new InvalidDataException("x"), () => { }, _ => { })).Message);
        source.Cancel();
        int discarded = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => Watched.Run(source.Token, () => 7, () => { }, result => Interlocked.Add(ref discarded, result)));
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref discarded) == 7, Forever));
    }

    private static Dictionary<string, InferenceTensor> Steps(long steps, InferenceTensor start) =>
        new() { ["steps"] = InferenceTensor.Over(new[] { steps }.AsMemory()), ["start"] = start };
}
