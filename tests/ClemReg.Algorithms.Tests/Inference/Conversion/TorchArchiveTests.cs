using System.IO.Compression;
using System.Runtime.InteropServices;
using ClemReg.Algorithms.Inference.Conversion;

namespace ClemReg.Algorithms.Tests.Inference.Conversion;

/// <summary>The archive and its pickle: views of all kinds are read, and what does not belong there is refused by name.</summary>
public class TorchArchiveTests
{
    private static readonly float[] Six = [0, 1, 2, 3, 4, 5];

    [Fact]
    public void Names_come_from_modules_within_modules()
    {
        byte[] pickle = new PickleWriter().Module("Net").Text("a").Module("Part").Text("weight").Tensor("FloatStorage", "0", 6, 0, [2, 3], [3, 1])
            .Text("steps").Number(42).EndModule().Text("b").Tensor("FloatStorage", "0", 6, 0, [6], [1]).EndModule().Op('.').Bytes;
        using TorchArchive archive = Open(TorchFile.Make(pickle, ("0", Bytes(Six))));
        Assert.Equal("Net", archive.RootType);
        Assert.Equal(["a.weight", "b"], archive.Names.Order());
        Assert.Equal(42, archive.Integer("a.steps"));
        Assert.Equal(Six, Floats(archive, "a.weight"));
    }

    [Theory]
    [InlineData(0, new[] { 2, 3 }, new[] { 3, 1 }, new float[] { 0, 1, 2, 3, 4, 5 })]
    [InlineData(0, new[] { 3, 2 }, new[] { 1, 3 }, new float[] { 0, 3, 1, 4, 2, 5 })]
    [InlineData(2, new[] { 2 }, new[] { 1 }, new float[] { 2, 3 })]
    [InlineData(1, new[] { 3 }, new[] { 2 }, new float[] { 1, 3, 5 })]
    [InlineData(5, new[] { 1, 1 }, new[] { 100, 100 }, new float[] { 5 })]
    [InlineData(3, new int[] { }, new int[] { }, new float[] { 3 })]
    [InlineData(0, new[] { 0 }, new[] { 1 }, new float[] { })]
    public void Views_are_read_in_the_order_of_their_axes(int offset, int[] shape, int[] strides, float[] expected)
    {
        foreach (CompressionLevel level in new[] { CompressionLevel.NoCompression, CompressionLevel.Optimal })
        {
            byte[] pickle = new PickleWriter().Module().Text("w").Tensor("FloatStorage", "0", 6, offset, shape, strides).EndModule().Op('.').Bytes;
            using TorchArchive archive = Open(TorchFile.Make([("x/data.pkl", pickle), ("x/data/0", Bytes(Six)), ("x/byteorder", "little"u8.ToArray())], level));
            Assert.Equal(expected, Floats(archive, "w"));
        }
    }

    [Fact]
    public void Floats_of_all_sizes_become_32_bits()
    {
        float[] numbers = [1.5f, -0.25f, 96];
        (string Storage, byte[] Data)[] cases =
        [
            ("DoubleStorage", Bytes(numbers.Select(v => (double)v).ToArray())),
            ("HalfStorage", Bytes(numbers.Select(v => (Half)v).ToArray())),
            ("BFloat16Storage", Bytes(numbers.Select(v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16)).ToArray())),
        ];
        foreach ((string storage, byte[] data) in cases)
        {
            using TorchArchive archive = Open(One(storage, 3, 0, [3], [1], data));
            Assert.Equal(numbers, Floats(archive, "w"));
        }
        using TorchArchive whole = Open(One("LongStorage", 3, 0, [3], [1], new byte[24]));
        Assert.Contains("LongStorage", Assert.Throws<BadInputException>(() => whole.ReadFloats("w")).Message, StringComparison.Ordinal);
        using TorchArchive bad = Open(One("FloatStorage", 3, 0, [3], [1], Bytes<float>([1, float.NaN, 2])));
        Assert.Contains("NaN", Assert.Throws<BadInputException>(() => bad.ReadFloats("w")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(6, 0, new[] { 7 }, new[] { 1 })]
    [InlineData(6, 1, new[] { 6 }, new[] { 1 })]
    [InlineData(6, 0, new[] { 3 }, new[] { 3 })]
    [InlineData(6, -1, new[] { 2 }, new[] { 1 })]
    [InlineData(6, 0, new[] { -2, -3 }, new[] { 3, 1 })]
    [InlineData(6, 5, new[] { 2 }, new[] { -1 })]
    [InlineData(6, 0, new[] { 100000, 100000 }, new[] { 0, 0 })]
    [InlineData(6, 0, new[] { int.MaxValue, int.MaxValue, int.MaxValue }, new[] { 1, 1, 1 })]
    [InlineData(6, 0, new[] { 2, 3 }, new[] { 1 })]
    [InlineData(6, 6, new int[] { }, new int[] { })]
    public void A_view_outside_its_memory_is_refused(int count, int offset, int[] shape, int[] strides) =>
        Assert.Contains("tensor", Refusal(One("FloatStorage", count, offset, shape, strides, Bytes(Six))), StringComparison.Ordinal);

    [Fact]
    public void An_entry_of_another_size_than_said_is_refused()
    {
        using TorchArchive archive = Open(One("FloatStorage", 7, 0, [7], [1], Bytes(Six)));
        Assert.Contains("24 bytes where 28", Assert.Throws<BadInputException>(() => archive.ReadFloats("w")).Message, StringComparison.Ordinal);
        byte[] pickle = new PickleWriter().Module().Text("w").Tensor("FloatStorage", "absent", 6, 0, [6], [1]).EndModule().Op('.').Bytes;
        using TorchArchive missing = Open(TorchFile.Make(pickle));
        Assert.Contains("missing", Assert.Throws<BadInputException>(() => missing.ReadFloats("w")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_number_is_found_by_its_checksum()
    {
        byte[] file = One("FloatStorage", 6, 0, [6], [1], Bytes(Six));
        int at = file.AsSpan().IndexOf(Bytes(Six));
        file[at + 5] ^= 1;
        using TorchArchive archive = Open(file);
        Assert.Contains("checksum", Assert.Throws<BadInputException>(() => archive.ReadFloats("w")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bomb_is_not_unpacked()
    {
        byte[] pickle = new PickleWriter().Module().Text("w").Tensor("FloatStorage", "0", 1 << 20, 0, [1 << 20], [1]).EndModule().Op('.').Bytes;
        using TorchArchive archive = Open(TorchFile.Make([("x/data.pkl", pickle), ("x/data/0", new byte[4 << 20])], CompressionLevel.Optimal));
        Assert.Contains("grows", Assert.Throws<BadInputException>(() => archive.ReadFloats("w")).Message, StringComparison.Ordinal);
        byte[] large = TorchFile.Make([("x/data.pkl", new byte[PickleReader.MaximumBytes + 1])], CompressionLevel.Optimal);
        Assert.Contains("data.pkl has", Refusal(large), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("os", "system")]
    [InlineData("posix", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("__builtin__", "getattr")]
    [InlineData("torch", "load")]
    [InlineData("torch._utils", "_rebuild_parameter")]
    [InlineData("torch.jit._pickle", "build_other")]
    [InlineData("collections", "Counter")]
    [InlineData("__torch__evil", "x")]
    [InlineData("subprocess", "Popen")]
    public void A_name_that_is_not_allowed_is_told_and_not_run(string module, string name)
    {
        byte[] pickle = new PickleWriter().Global(module, name).Text("touch /tmp/owned").Raw(0x85).Op('R').Op('.').Bytes;
        string message = Refusal(TorchFile.Make(pickle));
        Assert.Contains($"{module}.{name}", message, StringComparison.Ordinal);
        Assert.Contains("nothing of it was run", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("__torch__.torch.classes.quantized", "Conv2dPackedParamsBase")]
    [InlineData("torch", "QInt8Storage")]
    [InlineData("torch._utils", "_rebuild_qtensor")]
    public void A_quantised_model_is_told_as_such(string module, string name) =>
        Assert.Contains("MitoNet_v1.pth rather than", Refusal(TorchFile.Make(new PickleWriter().Global(module, name).Op('.').Bytes)), StringComparison.Ordinal);

    [Fact]
    public void Every_instruction_outside_the_list_is_refused_by_its_number()
    {
        string allowed = ")}](XJKMGNQtRsuaebqrhj.c";
        for (int code = 0; code < 256; code++)
        {
            if (allowed.Contains((char)code) || code is 0x81 or 0x85 or 0x86 or 0x87 or 0x88 or 0x89) continue;
            Assert.Contains($"0x{code:x2} at byte 2", Refusal(TorchFile.Make(new PickleWriter().Raw((byte)code).Op('.').Bytes)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Broken_pickles_are_refused()
    {
        PickleWriter[] cases =
        [
            new PickleWriter(),
            new PickleWriter().Op('.'),
            new PickleWriter().Op('N').Op('N').Op('.'),
            new PickleWriter().Op('(').Op('N').Op('.'),
            new PickleWriter().Op('t').Op('.'),
            new PickleWriter().Op('N').Op('(').Raw(0x85).Op('.'),
            new PickleWriter().Op('h').Raw(3).Op('.'),
            new PickleWriter().Op('j').Int(-1).Op('.'),
            new PickleWriter().Op('q').Raw(0).Op('.'),
            new PickleWriter().Op('X').Int(-5),
            new PickleWriter().Op('X').Int(int.MaxValue),
            new PickleWriter().Op('N').Op('N').Op('R').Op('.'),
            new PickleWriter().Op('N').Op('N').Raw(0x81).Op('.'),
            new PickleWriter().Op('N').Op('N').Op('b').Op('.'),
            new PickleWriter().Op('N').Op('Q').Op('.'),
            new PickleWriter().Op('}').Op('N').Op('a').Op('.'),
            new PickleWriter().Op(']').Op('N').Op('N').Op('s').Op('.'),
            new PickleWriter().Op('}').Op('(').Op('N').Op('u').Op('.'),
            new PickleWriter().Global("collections", "OrderedDict").Op('N').Raw(0x85).Op('R').Op('.'),
            new PickleWriter().Module().EndModule().Op('N').Op('b').Op('N').Op('b').Op('.'),
            new PickleWriter().Raw([(byte)'c', .. "torch"u8]),
        ];
        foreach (PickleWriter pickle in cases) Assert.Contains("data.pkl", Refusal(TorchFile.Make(pickle.Bytes)), StringComparison.Ordinal);
        Assert.Contains("protocol 2", Refusal(TorchFile.Make([0x80, 4, (byte)'N', (byte)'.'])), StringComparison.Ordinal);
    }

    [Fact]
    public void Bombs_of_marks_objects_and_memory_end()
    {
        Assert.Contains("1000000", Refusal(TorchFile.Make(new PickleWriter().Raw([.. Enumerable.Repeat((byte)'(', 1_100_000)]).Bytes)), StringComparison.Ordinal);
        Assert.Contains("1000000", Refusal(TorchFile.Make(new PickleWriter().Raw([.. Enumerable.Repeat((byte)'N', 1_100_000)]).Bytes)), StringComparison.Ordinal);

        // A module that holds itself.
        byte[] circle = new PickleWriter().Global("__torch__.test", "Net").Op(')').Raw(0x81).Op('q').Raw(0).Op('}').Op('(').Text("me").Op('h').Raw(0).EndModule().Op('.').Bytes;
        Assert.Contains("nested too deeply", Refusal(TorchFile.Make(circle)), StringComparison.Ordinal);

        // Each module holds the one before it twice: 2^40 paths through 40 modules. All stay in a list, of which only the last is the root.
        var doubling = new PickleWriter().Op(']').Module().EndModule().Op('q').Raw(0).Op('a');
        for (byte i = 0; i < 40; i++)
            doubling.Module().Text("a").Op('h').Raw(i).Text("b").Op('h').Raw(i).EndModule().Op('q').Raw((byte)(i + 1)).Op('a');
        byte[] pickle = new PickleWriter().Module().Text("all").Raw(doubling.Bytes[2..]).Text("last").Op('h').Raw(40).EndModule().Op('.').Bytes;
        Assert.Contains("too many", Refusal(TorchFile.Make(pickle)), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_files_and_archives_are_told()
    {
        Assert.Contains("Python pickle", Refusal([0x80, 2, (byte)'}', (byte)'q', 0, (byte)'.']), StringComparison.Ordinal);
        Assert.Contains("HDF5", Refusal([0x89, .. "HDF\r\n"u8]), StringComparison.Ordinal);
        Assert.Contains("empty", Refusal([]), StringComparison.Ordinal);
        Assert.Contains("0 entries NAME/data.pkl", Refusal(TorchFile.Make([("a.txt", "x"u8.ToArray())], CompressionLevel.NoCompression)), StringComparison.Ordinal);
        Assert.Contains("2 entries NAME/data.pkl", Refusal(TorchFile.Make([("a/data.pkl", []), ("b/data.pkl", [])], CompressionLevel.NoCompression)), StringComparison.Ordinal);
        Assert.Contains("two entries a/data.pkl", Refusal(TorchFile.Make([("a/data.pkl", []), ("a/data.pkl", [])], CompressionLevel.NoCompression)), StringComparison.Ordinal);
        byte[] pickle = new PickleWriter().Module().EndModule().Op('.').Bytes;
        Assert.Contains("byte order", Refusal(TorchFile.Make([("a/data.pkl", pickle), ("a/byteorder", "big"u8.ToArray())], CompressionLevel.NoCompression)), StringComparison.Ordinal);
        byte[] whole = TorchFile.Make(pickle);
        Assert.Contains("list of entries", Refusal(whole[..^10]), StringComparison.Ordinal);
    }

    [Fact]
    public void The_checksum_is_that_of_zip_archives() => Assert.Equal(0xCBF43926u, Crc32.Of("123456789"u8));

    private static byte[] One(string storage, int count, int offset, int[] shape, int[] strides, byte[] data) =>
        TorchFile.Make(new PickleWriter().Module().Text("w").Tensor(storage, "0", count, offset, shape, strides).EndModule().Op('.').Bytes, ("0", data));

    private static TorchArchive Open(byte[] file) => new(new MemoryStream(file), "m.pth");

    private static string Refusal(byte[] file) => Assert.Throws<BadInputException>(() => Open(file)).Message;

    private static float[] Floats(TorchArchive archive, string name) => MemoryMarshal.Cast<byte, float>(archive.ReadFloats(name)).ToArray();

    private static byte[] Bytes<T>(T[] numbers) where T : unmanaged => MemoryMarshal.AsBytes<T>(numbers).ToArray();
}
