using System.Text;

namespace ClemReg.Algorithms.Inference.Models;

/// <summary>Tells from a file's first bytes what it is when it is not what was asked for.</summary>
internal static class FileSignature
{
    /// <summary>How many bytes are looked at.</summary>
    public const int Bytes = 512;

    private static readonly (int Offset, byte[] Bytes, string What)[] Known =
    [
        (0, "PK\x03\x04"u8.ToArray(), "a zip archive, as PyTorch's .pth and .pt files are (convert-model makes ONNX of MitoNet's)"),
        (0, [0x89, .. "HDF"u8], "an HDF5 file, as Keras' .h5 models are: export it to ONNX (tf2onnx)"),
        (0, [0x80, 2], "a Python pickle, as PyTorch's older .pth files are: export the model to ONNX (torch.onnx.export)"),
        (0, [0x80, 3], "a Python pickle"),
        (0, [0x80, 4], "a Python pickle"),
        (0, [0x80, 5], "a Python pickle"),
        (0, "version https://git-lfs"u8.ToArray(), "a git-lfs pointer, which only names the file: get the file itself (git lfs pull, or the page's download button)"),
        (4, "ORTM"u8.ToArray(), "a model in ONNX Runtime's own format: take the .onnx file that it was made from"),
        (4, "TFL3"u8.ToArray(), "a TensorFlow Lite model: export the model to ONNX (tf2onnx)"),
        (0, "GGUF"u8.ToArray(), "a GGUF file"),
        (8, "{\""u8.ToArray(), "a safetensors file, which holds weights without the network: export the model to ONNX"),
        (0, "{"u8.ToArray(), "a JSON text"),
        (0, [0x1f, 0x8b], "a gzip archive: unpack it"),
        (0, [0xfd, (byte)'7', (byte)'z'], "an xz archive: unpack it"),
        (0, [(byte)'7', (byte)'z', 0xbc, 0xaf], "a 7z archive: unpack it"),
        (257, "ustar"u8.ToArray(), "a tar archive: unpack it"),
        (0, "II*\0"u8.ToArray(), "a TIFF image"),
        (0, "MM\0*"u8.ToArray(), "a TIFF image"),
        (0, [0x89, .. "PNG"u8], "a PNG image"),
        (0, [0xff, 0xd8, 0xff], "a JPEG image"),
        (0, "%PDF"u8.ToArray(), "a PDF"),
        (0, [0x93, .. "NUMPY"u8], "a NumPy array"),
    ];

    /// <summary>What the file is, beginning with an article; null where the first bytes tell nothing.</summary>
    /// <param name="head">The first bytes, up to <see cref="Bytes"/>.</param>
    public static string? Recognise(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty) return "an empty file: get it again";
        foreach ((int offset, byte[] bytes, string what) in Known)
            if (head.Length >= offset + bytes.Length && head.Slice(offset, bytes.Length).SequenceEqual(bytes)) return what;
        if (!head.ContainsAnyExcept((byte)0)) return "a file of zeros, as a download that broke off leaves: get it again";
        string text = Encoding.Latin1.GetString(head).TrimStart('\u00ef', '\u00bb', '\u00bf', ' ', '\t', '\r', '\n');
        if (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
            return "a web page, not the file that it offers: use the page's download button or the link's raw address";
        if (text.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase)) return "an XML text";
        return text.Length >= 16 && text.All(c => c is >= ' ' and < '\u007f' or '\t' or '\r' or '\n') ? "a text" : null;
    }
}
