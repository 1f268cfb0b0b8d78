using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.OnnxRuntime;
using Xunit.Abstractions;

namespace ClemReg.Algorithms.Tests.Inference;

public sealed class OrtLibraryTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clemreg-ort").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void The_library_is_loaded_once_and_says_what_it_is()
    {
        IInferenceRuntime runtime = TestRuntime.Runtime();
        Assert.Matches("^ONNX Runtime 1\\.\\d+\\.\\d+ \\(.*libonnxruntime", runtime.Description);
        Assert.Contains(ExecutionProvider.Cpu, runtime.Providers);
        Assert.Same(runtime, TestRuntime.Runtime());
        var heard = new Heard();
        string other = Write("libonnxruntime.so", [1]);
        Assert.Same(runtime, OrtLibrary.Load(other, null, new Job(1, default, heard)));
        Assert.Contains("after a restart", Assert.Single(heard.Lines), StringComparison.Ordinal);
        Assert.Throws<NotFoundException>(() => OrtLibrary.Load(Path.Combine(_folder, "absent.so"), TestRuntime.Library, new Job()));
    }

    [Fact]
    public void The_path_given_goes_before_the_variable_and_that_before_our_own()
    {
        string library = Write("libonnxruntime.so.1", [1]), own = Write("my.so", [1]);
        Assert.Equal((own, false), OrtLibrary.Find(own, _folder, "/nowhere"));
        Assert.Equal((library, false), OrtLibrary.Find(null, _folder, own));
        Assert.Equal((library, false), OrtLibrary.Find(" ", _folder, own));
        Assert.Equal((own, true), OrtLibrary.Find(null, "", own));
        Assert.Equal((library, true), OrtLibrary.Find("", null, _folder));
    }

    [Fact]
    public void A_missing_library_says_where_it_was_looked_for_and_what_to_do()
    {
        string absent = Path.Combine(_folder, "absent");
        string message = Assert.Throws<NotFoundException>(() => OrtLibrary.Find(null, null, absent)).Message;
        Assert.Contains(absent, message, StringComparison.Ordinal);
        Assert.Contains("set FIJI_ORT_LIB to", message, StringComparison.Ordinal);
        Assert.Contains("(FIJI_ORT_LIB): there is no such file", Assert.Throws<NotFoundException>(() => OrtLibrary.Find(null, absent, TestRuntime.Library)).Message, StringComparison.Ordinal);
        Assert.Contains("libonnxruntime", Assert.Throws<NotFoundException>(() => OrtLibrary.Find(_folder, null, TestRuntime.Library)).Message, StringComparison.Ordinal);
        Assert.Contains("the path given", Assert.Throws<NotFoundException>(() => OrtLibrary.Find("\0", null, null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_is_not_onnx_runtime_is_refused()
    {
        string other = Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libSystem.Native.so");
        Assert.Contains("OrtGetApiBase", Assert.Throws<ModelException>(() => OrtLibrary.Open(other, guarded: false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_is_too_old_is_refused_with_both_versions()
    {
        string source = Write("old.c", """
            static void *get_api(unsigned version) { return version <= 12 ? (void *)1 : 0; }
            static const char *get_version(void) { return "1.12.1"; }
            static struct { void *a, *b; } base = { (void *)get_api, (void *)get_version };
            void *OrtGetApiBase(void) { return &base; }
            """u8);
        string library = Path.Combine(_folder, "libold.so");
        try
        {
            using Process gcc = Process.Start("gcc", ["-shared", "-fPIC", "-o", library, source]);
            gcc.WaitForExit();
            Assert.Equal(0, gcc.ExitCode);
        }
        catch (Win32Exception)
        {
            output.WriteLine("SKIPPED: no gcc here to make an old library with.");
            return;
        }
        string message = Assert.Throws<ModelException>(() => OrtLibrary.Open(library, guarded: false)).Message;
        Assert.Contains("1.12.1", message, StringComparison.Ordinal);
        Assert.Contains("1.17", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_or_foreign_file_is_refused_before_it_is_loaded()
    {
        byte[] head = Head(TestRuntime.Library);
        Refused("is damaged", head);
        Refused("not a shared library", head.AsSpan(0, 40));
        Refused("not a shared library", "#!/bin/sh\nexit 1\n"u8);
        Refused("not a shared library", []);
        Refused("for Windows (x64)", Pe(0x8664));
        Refused("for macOS (arm64)", MachO(0x0100000C));
        Refused("needed", With(head, 18, NativeBinary.Here.Processor == "x64" ? (ushort)183 : (ushort)62));

        void Refused(string message, ReadOnlySpan<byte> content)
        {
            string path = Write("candidate.so", content);
            Assert.Contains(message, Assert.Throws<ModelException>(() => OrtLibrary.Open(path, guarded: true)).Message, StringComparison.Ordinal);
            Assert.False(File.Exists(path + ".trying"));
        }
    }

    [Fact]
    public void Headers_tell_system_processor_and_least_length()
    {
        NativeBinary? found = NativeBinary.Read(Head(TestRuntime.Library), "x64");
        Assert.Equal(("Linux", NativeBinary.Here.Processor), (found?.System, found?.Processor));
        Assert.InRange(found!.Value.MinimumLength, new FileInfo(TestRuntime.Library).Length / 2, new FileInfo(TestRuntime.Library).Length);
        Assert.Equal(new NativeBinary("Windows", "x64", 0x1200), NativeBinary.Read(Pe(0x8664), "x64"));
        Assert.Equal(new NativeBinary("Windows", "arm64", 0x1200), NativeBinary.Read(Pe(0xAA64), "x64"));
        Assert.Equal("32-bit x86", NativeBinary.Read(Pe(0x14C), "x64")?.Processor);
        Assert.Equal(new NativeBinary("macOS", "arm64", 0x5000), NativeBinary.Read(MachO(0x0100000C), "x64"));
        Assert.Equal(new NativeBinary("macOS", "x64", 0x5000), NativeBinary.Read(MachO(0x01000007), "x64"));
        Assert.Equal(new NativeBinary("macOS", "arm64", 0x9000), NativeBinary.Read(Universal(), "arm64"));
        Assert.Equal("x64 and arm64", NativeBinary.Read(Universal(), "riscv")?.Processor);
        Assert.Null(NativeBinary.Read([0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 52], "x64")); // a Java class
    }

    [Fact]
    public void Headers_cut_anywhere_or_with_any_byte_changed_are_read_without_a_fault()
    {
        var random = new Random(5);
        foreach (byte[] whole in (byte[][])[Head(TestRuntime.Library)[..4096], Pe(0x8664), MachO(0x01000007), Universal()])
        {
            for (int length = 0; length < Math.Min(whole.Length, 600); length++) _ = NativeBinary.Read(whole.AsSpan(0, length), "x64");
            for (int i = 0; i < 5000; i++)
            {
                byte[] changed = (byte[])whole.Clone();
                for (int k = 0; k < 3; k++) changed[random.Next(Math.Min(changed.Length, 400))] = (byte)random.Next(256);
                _ = NativeBinary.Read(changed, "x64");
            }
        }
    }

    [Fact]
    public void A_marker_that_was_left_behind_forbids_loading_until_it_is_deleted()
    {
        string library = Write("lib.so", [1]), marker = library + ".trying";
        using (CrashMarker.Stand(library))
        {
            Assert.True(File.Exists(marker));
            Assert.Null(CrashMarker.Stand(library)); // another one at the same time goes ahead without
        }
        Assert.False(File.Exists(marker));
        File.WriteAllText(marker, "x");
        Assert.Contains($"delete {marker}", Assert.Throws<ModelException>(() => CrashMarker.Stand(library)).Message, StringComparison.Ordinal);
        Assert.Throws<ModelException>(() => CrashMarker.Stand(library));
        File.Delete(marker);
        using (IDisposable? again = CrashMarker.Stand(library)) Assert.NotNull(again);
        Assert.Null(CrashMarker.Stand("/proc/nowhere/lib.so"));
    }

    private string Write(string name, ReadOnlySpan<byte> content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    private static byte[] Head(string path)
    {
        using FileStream file = File.OpenRead(path);
        var head = new byte[65536];
        file.ReadExactly(head);
        return head;
    }

    private static byte[] With(byte[] bytes, int at, ushort value)
    {
        bytes = (byte[])bytes.Clone();
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), value);
        return bytes;
    }

    /// <summary>The headers of a Windows library with one section of 0x200 bytes at 0x1000.</summary>
    private static byte[] Pe(ushort machine)
    {
        var bytes = new byte[512];
        "MZ"u8.CopyTo(bytes);
        Put32(bytes, 60, 128);
        "PE\0\0"u8.CopyTo(bytes.AsSpan(128));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(132), machine);
        bytes[134] = 1;
        bytes[148] = 16; // of the optional header
        Put32(bytes, 128 + 24 + 16 + 16, 0x200);
        Put32(bytes, 128 + 24 + 16 + 20, 0x1000);
        return bytes;
    }

    /// <summary>The headers of a macOS library with a segment of 0x1000 bytes at 0x4000 after a command of another kind.</summary>
    private static byte[] MachO(uint cpu)
    {
        var bytes = new byte[256];
        Put32(bytes, 0, 0xFEEDFACF);
        Put32(bytes, 4, cpu);
        Put32(bytes, 16, 2);
        Put32(bytes, 32, 0x2);
        Put32(bytes, 36, 16);
        Put32(bytes, 48, 0x19);
        Put32(bytes, 52, 72);
        Put32(bytes, 48 + 40, 0x4000);
        Put32(bytes, 48 + 48, 0x1000);
        return bytes;
    }

    private static byte[] Universal()
    {
        var bytes = new byte[64];
        uint[] words = [0xCAFEBABE, 2, 0x01000007, 3, 0x1000, 0x2000, 12, 0x0100000C, 0, 0x4000, 0x5000, 12];
        for (int i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 * i), words[i]);
        return bytes;
    }

    private static void Put32(byte[] bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);
}
