using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ClemReg.Algorithms.Inference.Conversion;

/// <summary>Takes the convolutions of a network out of a Darknet .weights file, in the order of the configuration.</summary>
/// <remarks>Layout: three int32 of version, a count of images seen (uint32, or uint64 from version 0.2 on), then 32-bit floats (spec onnx-models, E2).</remarks>
internal sealed class DarknetWeights
{
    /// <summary>What Darknet adds to the variance.</summary>
    private const double Epsilon = 1e-5;

    private const long MostFloats = 500_000_000;

    private readonly FileStream _stream;
    private readonly string _file;

    /// <summary>Reads the head of a file.</summary>
    /// <exception cref="BadInputException">It is no such file.</exception>
    public DarknetWeights(FileStream stream, string file)
    {
        (_stream, _file) = (stream, file);
        Span<byte> head = stackalloc byte[12];
        if (stream.Length < 16 || stream.Length > MostFloats * sizeof(float)) throw new BadInputException($"{file} has {stream.Length} bytes: it is no Darknet file of weights (.weights).");
        stream.ReadExactly(head);
        int major = BinaryPrimitives.ReadInt32LittleEndian(head), minor = BinaryPrimitives.ReadInt32LittleEndian(head[4..]);
        if (major is < 0 or > 100 || minor is < 0 or > 100) throw new BadInputException($"{file} is no Darknet file of weights (.weights): it begins with the version {major}.{minor}.");
        _stream.Position = major * 10 + minor >= 2 ? 20 : 16;
    }

    /// <summary>Numbers read so far.</summary>
    public long Parameters { get; private set; }

    /// <summary>Reads the next convolution, its batch normalisation multiplied in.</summary>
    /// <param name="name">What it is called in the graph.</param>
    /// <param name="shape">Outputs, inputs of a group, rows, columns.</param>
    /// <param name="normalised">Whether it has a batch normalisation.</param>
    /// <param name="section">For messages.</param>
    /// <exception cref="BadInputException">The file ends before, or holds numbers that are none.</exception>
    public Convolution Read(string name, long[] shape, bool normalised, DarknetSection section)
    {
        int outputs = (int)shape[0];
        float[] bias = Floats(outputs, section);
        float[]? scale = normalised ? Floats(outputs, section) : null, mean = normalised ? Floats(outputs, section) : null, variance = normalised ? Floats(outputs, section) : null;
        float[] weight = Floats(checked(shape[0] * shape[1] * shape[2] * shape[3]), section);
        if (normalised)
        {
            int each = weight.Length / outputs;
            for (int o = 0; o < outputs; o++)
            {
                double factor = scale![o] / Math.Sqrt(variance![o] + Epsilon);
                if (!double.IsFinite(factor)) throw section.Refused($"the variance of channel {o} in {_file} is {variance[o]:G6}, where 0 or more is needed: the weights do not belong to this configuration.");
                foreach (ref float w in weight.AsSpan(o * each, each)) w = (float)(w * factor);
                bias[o] = (float)(bias[o] - mean![o] * factor);
            }
        }
        return new Convolution(name, shape, MemoryMarshal.AsBytes<float>(weight).ToArray(), MemoryMarshal.AsBytes<float>(bias).ToArray());
    }

    /// <summary>Refuses a file that goes on after the last layer.</summary>
    /// <exception cref="BadInputException">It does.</exception>
    public void CheckEnd()
    {
        if (_stream.Position != _stream.Length)
            throw new BadInputException($"{_file} holds {(_stream.Length - _stream.Position) / sizeof(float)} numbers more than the configuration's layers take: they do not belong together. Give the .cfg with which it was trained.");
    }

    private float[] Floats(long count, DarknetSection section)
    {
        if ((_stream.Length - _stream.Position) / sizeof(float) < count)
            throw section.Refused($"{_file} ends here: the layer takes {count} numbers, {(_stream.Length - _stream.Position) / sizeof(float)} are left. The weights do not belong to this configuration, or the file is cut off.");
        var values = new float[count];
        _stream.ReadExactly(MemoryMarshal.AsBytes<float>(values));
        if (!System.Numerics.Tensors.TensorPrimitives.IsFiniteAll<float>(values)) throw section.Refused($"{_file} holds weights that are not numbers (NaN or infinite): the training went wrong, or the weights do not belong to this configuration.");
        Parameters += count;
        return values;
    }
}
