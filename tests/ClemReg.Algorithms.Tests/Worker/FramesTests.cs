using System.Buffers.Binary;
using ClemReg.Bridge.Worker;

namespace ClemReg.Algorithms.Tests.Worker;

/// <summary>Frames and payloads of the worker's protocol: what is written is read, and nothing else.</summary>
public sealed class FramesTests
{
    /// <summary>Gives a few bytes at a time, as a pipe may.</summary>
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1 + (int)(Position % 5)));
    }

    private static byte[] Written(params Frame[] frames)
    {
        using var stream = new MemoryStream();
        foreach (Frame frame in frames) Frames.Write(stream, frame);
        return stream.ToArray();
    }

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 10)]
    [InlineData((1 << 10) + 1)]
    [InlineData(1 << 16)]
    [InlineData(300_001)]
    public void What_is_written_is_read(int size)
    {
        using var stream = new Trickle(Written(new Frame(long.MinValue, FrameKind.Run, Bytes(size)), new Frame(7, FrameKind.Ask, [])));
        Assert.True(Frames.TryRead(stream, out Frame first));
        Assert.Equal((long.MinValue, FrameKind.Run), (first.Id, first.Kind));
        Assert.Equal(Bytes(size), first.Payload);
        Assert.True(Frames.TryRead(stream, out Frame second));
        Assert.Equal((7, FrameKind.Ask, 0), (second.Id, second.Kind, second.Payload.Length));
        Assert.False(Frames.TryRead(stream, out _));
    }

    [Fact]
    public void A_stream_that_ends_within_a_frame_is_an_error()
    {
        byte[] whole = Written(new Frame(1, FrameKind.Release, Bytes(8)));
        for (int length = 1; length < whole.Length; length++)
        {
            using var stream = new MemoryStream(whole, 0, length);
            Assert.Throws<ProtocolException>(() => Frames.TryRead(stream, out _));
        }
    }

    [Theory]
    [InlineData(int.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(Frames.MaxPayload + 10)]
    [InlineData(int.MaxValue)]
    public void A_length_that_no_frame_has_is_an_error(int length)
    {
        byte[] bytes = new byte[100];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        using var stream = new MemoryStream(bytes);
        Assert.Throws<ProtocolException>(() => Frames.TryRead(stream, out _));
    }

    [Fact]
    public void A_promised_length_takes_no_memory()
    {
        byte[] bytes = new byte[1000];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Frames.MaxPayload);
        long before = GC.GetAllocatedBytesForCurrentThread();
        using var stream = new MemoryStream(bytes);
        Assert.Throws<ProtocolException>(() => Frames.TryRead(stream, out _));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public void A_payload_gives_back_what_was_put_into_it()
    {
        double[] numbers = [0, -1.5, double.NaN, double.MaxValue];
        byte[] bytes = new PayloadWriter().Byte(200).Int(-5).Long(long.MaxValue).Double(Math.PI).Text("µm 🔬").Array<double>(numbers).Array<int>([]).Int(-1).Int(-1).ToArray();
        var payload = new PayloadReader(bytes);
        Assert.Equal(200, payload.Byte());
        Assert.Equal(-5, payload.Int());
        Assert.Equal(long.MaxValue, payload.Long());
        Assert.Equal(Math.PI, BitConverter.Int64BitsToDouble(payload.Long()));
        Assert.Equal("µm 🔬", payload.Text());
        Assert.Equal(numbers, payload.Array<double>());
        Assert.Equal([], payload.Array<int>()!);
        Assert.Null(payload.Text());
        Assert.Null(payload.Array<double>());
    }

    [Theory]
    [InlineData(5)]
    [InlineData(-2)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void A_count_beyond_the_payload_is_an_error(int count)
    {
        byte[] bytes = new PayloadWriter().Int(count).Int(0).ToArray();
        Assert.Throws<ProtocolException>(() => new PayloadReader(bytes).Text());
        Assert.Throws<ProtocolException>(() => new PayloadReader(bytes).Array<double>());
    }
}
