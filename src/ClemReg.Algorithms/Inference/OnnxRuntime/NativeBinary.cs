using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ClemReg.Algorithms.Inference.OnnxRuntime;

/// <summary>
/// What a shared library's header tells: the system and the processor that it is for, and whether the file ends before its contents do.
/// Looked at before a file that the user named is loaded, as the system's own refusal of a wrong one says little, and a truncated one
/// would end the process.
/// </summary>
internal readonly record struct NativeBinary(string System, string Processor, long MinimumLength)
{
    private const int HeaderBytes = 64 * 1024;

    /// <summary>What a library for this process must be.</summary>
    public static NativeBinary Here { get; } = new(
        OperatingSystem.IsWindows() ? "Windows" : OperatingSystem.IsMacOS() ? "macOS" : "Linux",
        RuntimeInformation.ProcessArchitecture switch { Architecture.X64 => "x64", Architecture.Arm64 => "arm64", var other => other.ToString() }, 0);

    /// <summary>Throws unless the file is a whole library for this process.</summary>
    /// <exception cref="ModelException">It is not; the message says what it is instead.</exception>
    public static void Check(string path)
    {
        byte[] head;
        long length;
        try
        {
            using FileStream file = File.OpenRead(path);
            length = file.Length;
            head = new byte[(int)Math.Min(length, HeaderBytes)];
            file.ReadExactly(head);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"{path} cannot be read: {e.Message}", e);
        }
        if (Read(head, Here.Processor) is not { } found)
            throw new ModelException($"{path} is not a shared library. A library for {Here.System} ({Here.Processor}) is needed.");
        if (found.System != Here.System || found.Processor != Here.Processor)
            throw new ModelException($"{path} is a library for {found.System} ({found.Processor}); one for {Here.System} ({Here.Processor}) is needed.");
        if (length < found.MinimumLength)
            throw new ModelException($"{path} is damaged: it has {length} bytes, but its header tells of at least {found.MinimumLength}. Get it again.");
    }

    /// <summary>What a file that begins with <paramref name="head"/> is, or null if it is no library of a kind known here.</summary>
    /// <param name="head">At least the headers: the first 64 KB, or all of the file.</param>
    /// <param name="preferred">The processor to look for in a macOS file that serves several.</param>
    public static NativeBinary? Read(ReadOnlySpan<byte> head, string preferred)
    {
        try
        {
            if (head.StartsWith("\u007fELF"u8)) return Elf(head);
            if (head.StartsWith("MZ"u8)) return Pe(head);
            if (head.Length < 8) return null;
            return BinaryPrimitives.ReadUInt32BigEndian(head) switch
            {
                0xCFFAEDFE => MachO(head),
                0xCAFEBABE => Universal(head, preferred),
                _ => null,
            };
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            return null; // the file ends within its headers
        }
    }

    private static NativeBinary? Elf(ReadOnlySpan<byte> head)
    {
        if (head[4] != 2 || head[5] != 1) return new NativeBinary("Linux", "32-bit or big-endian", 0);
        string processor = U16(head, 18) switch { 62 => "x64", 183 => "arm64", var other => $"machine type {other}" };
        // The table of segments: each says which part of the file is mapped into memory.
        long table = (long)U64(head, 32), size = U16(head, 54), count = U16(head, 56), tableEnd = table + size * count, end = tableEnd;
        for (long i = 0; i < count && tableEnd <= head.Length; i++)
        {
            ReadOnlySpan<byte> segment = head[checked((int)(table + i * size))..];
            end = Math.Max(end, (long)(U64(segment, 8) + U64(segment, 32)));
        }
        return new NativeBinary("Linux", processor, end);
    }

    private static NativeBinary? Pe(ReadOnlySpan<byte> head)
    {
        int start = (int)U32(head, 60);
        if (!head[start..].StartsWith("PE\0\0"u8)) return null;
        string processor = U16(head, start + 4) switch { 0x8664 => "x64", 0xAA64 => "arm64", 0x14C => "32-bit x86", var other => $"machine type 0x{other:X}" };
        int sections = U16(head, start + 6), table = start + 24 + U16(head, start + 20);
        long end = 0;
        for (int i = 0; i < sections; i++)
            end = Math.Max(end, (long)U32(head, table + 40 * i + 16) + U32(head, table + 40 * i + 20));
        return new NativeBinary("Windows", processor, end);
    }

    private static NativeBinary MachO(ReadOnlySpan<byte> head)
    {
        string processor = CpuName(U32(head, 4));
        uint commands = U32(head, 16);
        int at = 32;
        long end = 0;
        for (uint i = 0; i < commands; i++)
        {
            int size = (int)U32(head, at + 4);
            if (U32(head, at) == 0x19) end = Math.Max(end, (long)(U64(head, at + 40) + U64(head, at + 48))); // a 64-bit segment
            if (size < 8) break;
            at = checked(at + size);
        }
        return new NativeBinary("macOS", processor, end);
    }

    private static NativeBinary? Universal(ReadOnlySpan<byte> head, string preferred)
    {
        uint count = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        if (count is 0 or > 16) return null; // a Java class begins alike, with its version here
        string names = "";
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> part = head[(8 + 20 * i)..];
            string name = CpuName(BinaryPrimitives.ReadUInt32BigEndian(part));
            if (name == preferred)
                return new NativeBinary("macOS", name, (long)BinaryPrimitives.ReadUInt32BigEndian(part[8..]) + BinaryPrimitives.ReadUInt32BigEndian(part[12..]));
            names += names.Length == 0 ? name : " and " + name;
        }
        return new NativeBinary("macOS", names, 0);
    }

    private static string CpuName(uint type) => type switch { 0x01000007 => "x64", 0x0100000C => "arm64", _ => $"machine type 0x{type:X}" };

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
