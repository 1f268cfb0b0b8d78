using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Inference.ImageModels;

/// <summary>The image as a model wants it: at its pixel size, prepared intensities, slice by slice. The image's slices are read one at a time.</summary>
internal sealed class ModelSlices
{
    /// <summary>Pixels this much larger or smaller are as good: no pixel size is known better.</summary>
    private const double AsGood = 0.01;

    private readonly ISliceSource _image;
    private readonly Normalisation _rule;
    private readonly IntensityScale? _scale;
    private readonly FloatSlices _reader;
    private readonly float[] _plane;
    private readonly Dictionary<int, float[]> _planes = [];

    /// <summary>Prepares; a rule for the whole volume reads up to 64 of its slices.</summary>
    /// <param name="image">The EM.</param>
    /// <param name="card">The model.</param>
    /// <param name="low">The intensity that is 0 to a fixed rule.</param>
    /// <param name="high">The one that is 1.</param>
    /// <param name="job">The work.</param>
    public ModelSlices(ISliceSource image, ModelCard card, double low, double high, Job job)
    {
        _image = image;
        _rule = card.Normalisation;
        Size3 size = image.Grid.Size;
        Point3 spacing = image.Grid.Spacing;
        Z = new AxisResampling(size.Z, card.Volumetric ? Count(size.Z, spacing.Z, card.PixelNm.Z, card.MultipleOf.Z) : size.Z);
        Y = new AxisResampling(size.Y, Count(size.Y, spacing.Y, card.PixelNm.Y, card.MultipleOf.Y));
        X = new AxisResampling(size.X, Count(size.X, spacing.X, card.PixelNm.X, card.MultipleOf.X));
        _reader = new FloatSlices(image);
        _plane = new float[Size.SliceCount];
        _scale = _rule.Kind == NormalisationKind.Fixed ? IntensityScale.Fixed(_rule, low, high)
            : card.Volumetric || _rule.WholeVolume ? IntensityScale.Of(_rule, image, job) : null;
    }

    /// <summary>
    /// The pixels of an axis for the model: where they are resampled anyway, a multiple of what its pieces need if that is as good as their size, so that no mirror
    /// image has to be added at the end.
    /// </summary>
    internal static int Count(int from, double spacing, double wanted, int multiple)
    {
        int count = AxisResampling.Count(from, spacing, wanted), whole = (count + multiple / 2) / multiple * multiple;
        return count != from && whole != 0 && Math.Abs(whole - count) <= AsGood * count ? whole : count;
    }

    /// <summary>Along z.</summary>
    public AxisResampling Z { get; }

    /// <summary>Along y.</summary>
    public AxisResampling Y { get; }

    /// <summary>Along x.</summary>
    public AxisResampling X { get; }

    /// <summary>Pixels as the model sees them.</summary>
    public Size3 Size => new(Z.To, Y.To, X.To);

    /// <summary>Reads a slice of that grid. Slices in ascending order read each of the image's slices once.</summary>
    public void Read(int z, Span<float> pixels, Job job)
    {
        (int first, float[] weights) = Z[z];
        if (weights.Length == 1) Plane(first, job).CopyTo(pixels);
        else
        {
            pixels.Clear();
            for (int k = 0; k < weights.Length; k++) System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(Plane(first + k, job), weights[k], pixels, pixels);
        }
        foreach (int old in _planes.Keys.Where(k => k < first).ToArray()) _planes.Remove(old);
        (_scale ?? IntensityScale.Of(_rule, pixels)).Apply(pixels);
    }

    /// <summary>A slice of the image at the model's pixel size.</summary>
    private ReadOnlySpan<float> Plane(int z, Job job)
    {
        if (_planes.TryGetValue(z, out float[]? kept)) return kept;
        ReadOnlySpan<float> slice = _reader.ReadFinite(z, job);
        float[] plane = Z.Same ? _plane : _planes[z] = new float[_plane.Length];
        AxisResampling.Picture(slice, Y, X, plane);
        return plane;
    }
}
