using System.Numerics.Tensors;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Preparation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>The planes in which a volume is cut. Rows and columns of a slice: y, x (xy); z, x (xz); z, y (yz).</summary>
internal enum SliceAxis
{
    /// <summary>Slices along z.</summary>
    XY,
    /// <summary>Slices along y.</summary>
    XZ,
    /// <summary>Slices along x.</summary>
    YZ,
}

/// <summary>
/// The slices of an EM volume along an axis as the network takes them: made smaller if asked, normalised, padded below and on the right with 0.
/// </summary>
/// <remarks>
/// <para>xz and yz slices are gathered from the xy ones in slabs of bounded memory, so that a virtual stack is read slice by slice.</para>
/// <para>Intensities are divided by the top of the type's range (255, 65535) or brought from the given range to 0..1 before the network's mean and standard
/// deviation are applied. Smaller slices are bilinear as OpenCV's, but not rounded to whole grey values.</para>
/// </remarks>
internal sealed class NormalisedSlices : IDisposable
{
    private readonly ISliceSource _source;
    private readonly ReorientedSource? _turned;
    private readonly MitoNetOptions _options;
    private readonly double _low;
    private readonly double _high;
    private readonly byte[] _raw;
    private readonly float[] _slice;
    private readonly float[] _image;
    private readonly Bilinear? _shrink;
    private readonly float[] _small;

    /// <summary>Prepares the slices; nothing is read yet.</summary>
    /// <param name="em">The EM.</param>
    /// <param name="axis">Along which it is cut.</param>
    /// <param name="options">How.</param>
    /// <param name="least">Smaller slices are padded to this size.</param>
    /// <param name="job">The work.</param>
    /// <exception cref="BadInputException">The image has no known range.</exception>
    public NormalisedSlices(ISliceSource em, SliceAxis axis, MitoNetOptions options, (int Height, int Width) least, Job job)
    {
        (_low, _high) = GreyRange.Of(em.Type, options.IntensityLow, options.IntensityHigh);
        _options = options;
        _source = em;
        Size3 n = em.Grid.Size;
        (Count, Height, Width) = axis switch { SliceAxis.XY => (n.Z, n.Y, n.X), SliceAxis.XZ => (n.Y, n.Z, n.X), _ => (n.X, n.Z, n.Y) };
        int f = options.Downsampling;
        (int height, int width) = ((Height + f - 1) / f, (Width + f - 1) / f);
        (PaddedHeight, PaddedWidth) = (Math.Max(least.Height, Up(height, options.PaddingFactor)), Math.Max(least.Width, Up(width, options.PaddingFactor)));
        if (axis != SliceAxis.XY)
        {
            // xz: z and y change places; yz: x, z, y.
            AxisOrientation turn = AxisOrientation.Swap(0, 1);
            if (axis == SliceAxis.YZ) turn = AxisOrientation.Swap(0, 2).Then(AxisOrientation.Swap(1, 2));
            _source = _turned = new ReorientedSource(em, turn, turn.Exchanged(em.Grid).Grid, options.SliceMemory, job);
        }
        _raw = new byte[Height * Width * (int)em.Type];
        _slice = new float[Height * Width];
        _image = new float[PaddedHeight * PaddedWidth];
        _shrink = f > 1 ? new Bilinear((Height, Width), (height, width), alignCorners: false) : null;
        _small = f > 1 ? new float[height * width] : _slice;
    }

    /// <summary>Number of slices.</summary>
    public int Count { get; }

    /// <summary>Rows of a slice of the volume.</summary>
    public int Height { get; }

    /// <summary>Columns of a slice of the volume.</summary>
    public int Width { get; }

    /// <summary>Rows of what the network sees.</summary>
    public int PaddedHeight { get; }

    /// <summary>Columns of what the network sees.</summary>
    public int PaddedWidth { get; }

    /// <summary>Reads a slice; valid until the next call.</summary>
    /// <exception cref="BadInputException">A pixel is not a finite number.</exception>
    public ReadOnlyMemory<float> Read(int index, Job job)
    {
        job.ThrowIfCancelled();
        _source.ReadSlice(index, _raw);
        VoxelConvert.ToFloat(_raw, _source.Type, _slice);
        if (_source.Type == VoxelType.Float32 && !TensorPrimitives.IsFiniteAll<float>(_slice))
            throw new BadInputException($"Slice {index + 1} of {Count} holds pixels that are not numbers (NaN or infinite). Replace them (Process > Math > NaN Background...) or convert the image to 8 or 16 bit.");
        _shrink?.Apply(_slice, _small, job);
        Span<float> small = _small;
        if (_low != 0) TensorPrimitives.Subtract(small, (float)_low, small);
        // A division, so that 16 bits give exactly what the same 8 bits give: 257 v / 65535 = v / 255.
        TensorPrimitives.Divide(small, (float)(_high - _low), small);
        TensorPrimitives.Subtract(small, (float)_options.Mean, small);
        TensorPrimitives.Divide(small, (float)_options.StandardDeviation, small);
        int f = _options.Downsampling, width = (Width + f - 1) / f, height = small.Length / width;
        for (int y = 0; y < height; y++) small.Slice(y * width, width).CopyTo(_image.AsSpan(y * PaddedWidth));
        return _image;
    }

    /// <summary>Warns about 16-bit images that use only the bottom of their range: to the network they look black.</summary>
    public static void WarnIfDark(ISliceSource em, MitoNetOptions options, Job job)
    {
        const int slices = 8;
        if (em.Type != VoxelType.UInt16 || options.IntensityHigh is not null) return;
        var reader = new FloatSlices(em);
        int count = Math.Min(slices, em.Grid.Size.Z);
        float largest = 0;
        for (int i = 0; i < count; i++) largest = Math.Max(largest, TensorPrimitives.Max(reader.Read((int)((i + 0.5) * em.Grid.Size.Z / count), job)));
        if (largest <= 65535 / 4)
            job.Warn(FormattableString.Invariant(
                $"The largest of the intensities looked at is {largest}, of 65535 that 16 bits hold: the model sees an almost black image. If the data have fewer bits, set em_intensity_range=0,{(largest < 1024 ? 1023 : largest < 4096 ? 4095 : 16383)}."));
    }

    /// <inheritdoc/>
    public void Dispose() => _turned?.Dispose();

    private static int Up(int size, int factor) => (size + factor - 1) / factor * factor;
}
