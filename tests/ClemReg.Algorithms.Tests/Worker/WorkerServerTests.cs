using System.IO.Pipes;
using ClemReg.Bridge.Worker;

namespace ClemReg.Algorithms.Tests.Worker;

/// <summary>The worker's side of the protocol, with a client that keeps to it or does not. The whole of it with Java: clem.bridge.WorkerTest.</summary>
public sealed class WorkerServerTests
{
    private const string Identity = """{"format":"clemreg-transform","version":1,"axes":"zyx","unit":"nm","matrix":[[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}""";

    private static readonly TimeSpan Forever = TimeSpan.FromSeconds(60);

    private sealed class Client : IDisposable
    {
        private readonly AnonymousPipeServerStream _toServer = new(PipeDirection.Out);
        private readonly AnonymousPipeServerStream _fromServer = new(PipeDirection.In);
        private readonly Task _serving;

        public Client()
        {
            _serving = Task.Factory.StartNew(Serve, TaskCreationOptions.LongRunning);
        }

        private void Serve()
        {
            using var input = new AnonymousPipeClientStream(PipeDirection.In, _toServer.ClientSafePipeHandle);
            using var output = new AnonymousPipeClientStream(PipeDirection.Out, _fromServer.ClientSafePipeHandle);
            using var server = new WorkerServer(input, output);
            server.Serve();
        }

        public static Client Greeted()
        {
            var client = new Client();
            var answer = new PayloadReader(client.Call(0, FrameKind.Hello, new PayloadWriter().Text(WorkerServer.Protocol).Int(WorkerServer.Version)));
            Assert.Equal(WorkerServer.Version, answer.Int());
            Assert.Equal(Environment.ProcessId, answer.Int());
            return client;
        }

        public void Send(long id, FrameKind kind, PayloadWriter? payload = null) => Frames.Write(_toServer, new Frame(id, kind, payload?.ToArray() ?? []));

        public Frame Receive()
        {
            // A thread of its own: those of the pool may all be at work for other tests.
            Task<Frame?> reading = Task.Factory.StartNew(() => Frames.TryRead(_fromServer, out Frame frame) ? frame : (Frame?)null, TaskCreationOptions.LongRunning);
            Assert.True(reading.Wait(Forever), "no answer");
            return reading.Result ?? throw new EndOfStreamException();
        }

        public byte[] Call(long id, FrameKind kind, PayloadWriter payload)
        {
            Send(id, kind, payload);
            Frame answer = Receive();
            Assert.Equal((id, FrameKind.Done), (answer.Id, answer.Kind));
            return answer.Payload;
        }

        /// <summary>The message of a request that fails.</summary>
        public string Failure(long id, FrameKind kind, PayloadWriter payload)
        {
            Send(id, kind, payload);
            return Failure(id, Receive());
        }

        public static string Failure(long id, Frame answer)
        {
            Assert.Equal((id, FrameKind.Failed), (answer.Id, answer.Kind));
            return new PayloadReader(answer.Payload).Text()!;
        }

        public long Source() => new PayloadReader(Call(1, FrameKind.CreateSource, Grid(1, 2, 3, 4))).Long();

        /// <summary>Ends the input and waits for the server.</summary>
        public Exception? End()
        {
            _toServer.Dispose();
            try
            {
                Assert.True(_serving.Wait(Forever), "the server goes on without input");
                return null;
            }
            catch (AggregateException e)
            {
                return e.InnerException;
            }
        }

        public void Dispose()
        {
            End();
            _fromServer.Dispose();
        }
    }

    private static PayloadWriter Grid(int kind, params int[] size) => new PayloadWriter().Int(kind).Array<int>(size).Array<double>([1, 1, 1]).Array<double>([0, 0, 0]);

    private static PayloadWriter Slice(PayloadWriter payload, int type, int count, int file) => payload.Byte((byte)type).Int(count).Int(file);

    /// <summary>A file with so many bytes, as Java makes it.</summary>
    private static string SliceFile(byte[] content)
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("clemreg-test").FullName, "slice");
        File.WriteAllBytes(path, content);
        return path;
    }

    private static void Map(Client client, int number, string path, long length) => client.Call(900 + number, FrameKind.Map, new PayloadWriter().Int(number).Text(path).Long(length));

    [Fact]
    public void The_end_of_the_input_is_the_end_without_an_error()
    {
        using Client client = Client.Greeted();
        Assert.Null(client.End());
        using var silent = new Client();
        Assert.Null(silent.End());
    }

    [Fact]
    public void Another_version_or_another_protocol_is_refused()
    {
        using var newer = new Client();
        Assert.Equal(WorkerServer.Version, new PayloadReader(newer.Call(0, FrameKind.Hello, new PayloadWriter().Text(WorkerServer.Protocol).Int(WorkerServer.Version + 1))).Int());
        Assert.IsType<ProtocolException>(newer.End());
        using var other = new Client();
        other.Send(0, FrameKind.Hello, new PayloadWriter().Text("something else").Int(WorkerServer.Version));
        Assert.IsType<ProtocolException>(other.End());
        using var rude = new Client();
        rude.Send(0, FrameKind.Release, new PayloadWriter().Long(5));
        Assert.IsType<ProtocolException>(rude.End());
    }

    [Fact]
    public void What_is_said_about_unknown_requests_is_passed_over()
    {
        using Client client = Client.Greeted();
        client.Send(77, FrameKind.Cancel);
        client.Send(78, FrameKind.NoSlice);
        client.Send(79, FrameKind.Slice, Slice(new PayloadWriter(), 1, 0, 0));
        client.Send(80, FrameKind.Unmap, new PayloadWriter().Int(9));
        Assert.Equal(FrameKind.Done, client.Receive().Kind);
        client.Source();
    }

    [Theory]
    [InlineData((FrameKind)99)]
    [InlineData((FrameKind)0)]
    [InlineData(FrameKind.Done)]
    [InlineData(FrameKind.Hello)]
    public void A_request_that_does_not_exist_fails_alone(FrameKind kind)
    {
        using Client client = Client.Greeted();
        Assert.Contains("There is no request", client.Failure(5, kind, new PayloadWriter()), StringComparison.Ordinal);
        client.Source();
    }

    [Fact]
    public void A_payload_that_is_too_short_fails_alone()
    {
        using Client client = Client.Greeted();
        for (FrameKind kind = FrameKind.Text; kind <= FrameKind.Unmap; kind++)
            Assert.StartsWith("1\nProtocolException", client.Failure(5, kind, new PayloadWriter()), StringComparison.Ordinal);
        client.Source();
    }

    [Fact]
    public void Slices_go_through_a_file_that_has_no_name_any_more()
    {
        using Client client = Client.Greeted();
        string path = SliceFile([.. Enumerable.Range(0, 100).Select(i => (byte)i)]);
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, 0);
        Map(client, 1, path, 100);
        Assert.Equal(OperatingSystem.IsWindows(), File.Exists(path));
        long volume = new PayloadReader(client.Call(2, FrameKind.CreateVolume, Grid(1, 2, 3, 4))).Long();
        client.Call(3, FrameKind.WriteSlice, Slice(new PayloadWriter().Long(volume).Int(1), 1, 12, 1));
        file.Write(new byte[12]);
        client.Call(4, FrameKind.ReadSlice, Slice(new PayloadWriter().Long(volume).Int(1), 1, 12, 1));
        byte[] back = new byte[12];
        file.Position = 0;
        file.ReadExactly(back);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => (byte)i), back);
        Assert.Contains("There is no slice file 2", client.Failure(5, FrameKind.WriteSlice, Slice(new PayloadWriter().Long(volume).Int(1), 1, 12, 2)), StringComparison.Ordinal);
        client.Call(6, FrameKind.Unmap, new PayloadWriter().Int(1));
        Assert.Contains("There is no slice file 1", client.Failure(7, FrameKind.WriteSlice, Slice(new PayloadWriter().Long(volume).Int(1), 1, 12, 1)), StringComparison.Ordinal);
        client.Dispose();
        Assert.False(Directory.Exists(Path.GetDirectoryName(path)));
    }

    [Fact]
    public void A_slice_does_not_reach_beyond_its_file()
    {
        using Client client = Client.Greeted();
        string path = SliceFile(new byte[100]);
        foreach ((long length, string name) in new[] { (99L, path), (101, path), (0, path), (-1, path), (100, path + "x") })
            client.Failure(1, FrameKind.Map, new PayloadWriter().Int(1).Text(name).Long(length));
        Map(client, 1, path, 100);
        client.Failure(2, FrameKind.Map, new PayloadWriter().Int(1).Text(SliceFile(new byte[5])).Long(5));
        long volume = new PayloadReader(client.Call(3, FrameKind.CreateVolume, Grid(2, 1, 5, 11))).Long();
        foreach (FrameKind kind in new[] { FrameKind.WriteSlice, FrameKind.ReadSlice })
        {
            Assert.Contains("slice file", client.Failure(4, kind, Slice(new PayloadWriter().Long(volume).Int(0), 2, 55, 1)), StringComparison.Ordinal);
            foreach ((int type, int count) in new[] { (3, 55), (0, 55), (2, -1), (255, 1) })
                client.Failure(5, kind, Slice(new PayloadWriter().Long(volume).Int(0), type, count, 1));
        }
    }

    [Fact]
    public void A_source_asks_for_its_slices_and_many_requests_wait_at_once()
    {
        using Client client = Client.Greeted();
        string path = SliceFile([.. Enumerable.Range(50, 24).Select(i => (byte)i)]);
        Map(client, 1, path, 24);
        long source = client.Source();
        long identity = new PayloadReader(client.Call(2, FrameKind.CreateTransform, new PayloadWriter().Text(Identity))).Long();
        long target = new PayloadReader(client.Call(3, FrameKind.CreateVolume, Grid(0, 2, 3, 4))).Long();
        string request = $$$"""{"operation":"warp","handles":{"source":"{{{source}}}","transform":"{{{identity}}}","target":"{{{target}}}"}}""";

        PayloadWriter Request() => new PayloadWriter().Text(request);
        client.Send(10, FrameKind.Run, Request());
        Frame asked = AskedBy(10);
        // It waits; others are served, and a slice for another request changes nothing.
        client.Send(11, FrameKind.Slice, Slice(new PayloadWriter(), 1, 12, 1));
        Assert.Contains("mask", new PayloadReader(client.Call(12, FrameKind.Describe, new PayloadWriter().Long(target))).Text(), StringComparison.Ordinal);
        var slices = new HashSet<int>();
        while (asked.Kind == FrameKind.Ask)
        {
            var payload = new PayloadReader(asked.Payload);
            Assert.Equal((10, source), (asked.Id, payload.Long()));
            slices.Add(payload.Int());
            client.Send(10, FrameKind.Slice, Slice(new PayloadWriter(), 1, 12, 1));
            do asked = client.Receive();
            while (asked.Kind == FrameKind.Progress);
        }
        Assert.Equal(FrameKind.Done, asked.Kind);
        Assert.Equal([0, 1], slices.Order());

        client.Send(13, FrameKind.Run, Request());
        AskedBy(13);
        client.Send(13, FrameKind.NoSlice);
        Assert.StartsWith("3\n", Client.Failure(13, client.Receive()), StringComparison.Ordinal);
        client.Send(14, FrameKind.Run, Request());
        AskedBy(14);
        client.Send(14, FrameKind.Slice, Slice(new PayloadWriter(), 2, 12, 1));
        Assert.StartsWith("2\n", Client.Failure(14, client.Receive()), StringComparison.Ordinal);
        client.Send(15, FrameKind.Run, Request());
        AskedBy(15);
        client.Send(15, FrameKind.Release, new PayloadWriter().Long(source));
        Assert.IsType<ProtocolException>(client.End());

        Frame AskedBy(long id)
        {
            Frame frame;
            do frame = client.Receive();
            while (frame.Kind == FrameKind.Progress);
            Assert.Equal((id, FrameKind.Ask), (frame.Id, frame.Kind));
            return frame;
        }
    }

    [Fact]
    public void Garbage_ends_the_worker_with_an_error_of_the_protocol_or_is_refused()
    {
        var random = new Random(1);
        byte[] valid = Session();
        for (int i = 0; i < 1000; i++)
        {
            byte[] bytes = (byte[])valid.Clone();
            for (int n = random.Next(1, 6); n > 0; n--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (i % 3 == 0) random.NextBytes(bytes.AsSpan(random.Next(bytes.Length)));
            using var input = new MemoryStream(bytes, 0, i % 2 == 0 ? bytes.Length : random.Next(bytes.Length));
            using var output = new MemoryStream();
            using var server = new WorkerServer(input, output);
            try
            {
                server.Serve();
            }
            catch (ProtocolException)
            {
                // That is how it says so.
            }
        }
    }

    /// <summary>A greeting and requests of every kind, with sizes that stay small when some of their bytes change.</summary>
    private static byte[] Session()
    {
        using var stream = new MemoryStream();
        long id = 0;
        void Add(FrameKind kind, PayloadWriter payload) => Frames.Write(stream, new Frame(id++, kind, payload.ToArray()));
        Add(FrameKind.Hello, new PayloadWriter().Text(WorkerServer.Protocol).Int(WorkerServer.Version));
        Add(FrameKind.Text, new PayloadWriter().Byte(0));
        Add(FrameKind.CreatePoints, new PayloadWriter().Array<double>([1, 2, 3]));
        Add(FrameKind.CreateTransform, new PayloadWriter().Text(Identity));
        Add(FrameKind.Describe, new PayloadWriter().Long(5));
        Add(FrameKind.Run, new PayloadWriter().Text("""{"operation":"transform_points","handles":{"points":"5"}}"""));
        Add(FrameKind.WriteSlice, Slice(new PayloadWriter().Long(5).Int(0), 1, 1, 1));
        Add(FrameKind.ReadSlice, Slice(new PayloadWriter().Long(5).Int(0), 1, 1, 1));
        Add(FrameKind.Release, new PayloadWriter().Long(5));
        Add(FrameKind.Unmap, new PayloadWriter().Int(1));
        return stream.ToArray();
    }
}
