using System.Numerics.Tensors;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>What a network says of each pixel, at the volume's own resolution: PointRend done here where the network leaves it out, or enlarged.</summary>
internal sealed class SemanticLogits(NormalisedSlices slices, IPanopticNetwork network, MitoNetOptions options)
{
    private readonly int _height = slices.PaddedHeight * options.Downsampling;
    private readonly int _width = slices.PaddedWidth * options.Downsampling;
    private PointRend? _pointRend;
    private Bilinear? _enlarge;
    private float[] _enlarged = [];

    /// <summary>The logits of a slice, rows from y = 0, with padding below and on the right. Valid until the next call or the network's next run.</summary>
    /// <param name="output">What the network gave.</param>
    /// <param name="index">The slice, for messages.</param>
    /// <param name="job">Threads and cancellation.</param>
    /// <returns>The logits, and how many of them a row has.</returns>
    /// <exception cref="BadInputException">The output has another size than such a network's, or holds NaN.</exception>
    public (ReadOnlyMemory<float> Logits, int Stride) Of(PanopticOutput output, int index, Job job)
    {
        Check(output, index);
        FloatPicture semantic = output.Semantic;
        if (semantic.Height >= _height) return (semantic.Values, semantic.Width);
        if (network.PointHead is { } head && output.Features is { } features)
        {
            int steps = int.Log2(_height / semantic.Height);
            if (_pointRend is null || _pointRend.Size != (semantic.Height, semantic.Width) || _pointRend.Steps != steps)
                _pointRend = new PointRend(semantic.Height, semantic.Width, steps);
            return (_pointRend.Refine(semantic, features, head, job), _width);
        }
        if (_enlarge is null || _enlarge.From != (semantic.Height, semantic.Width))
            (_enlarge, _enlarged) = (new Bilinear((semantic.Height, semantic.Width), (_height, _width), alignCorners: false), new float[_height * _width]);
        _enlarge.Apply(semantic.Values, _enlarged, job);
        return (_enlarged, _width);
    }

    private void Check(PanopticOutput output, int index)
    {
        FloatPicture semantic = output.Semantic;
        CheckSize("sem_logits", semantic, 1);
        int times = _height / semantic.Height;
        if (times * semantic.Height != _height || !int.IsPow2(times) || (long)semantic.Width * times != _width)
            throw Refuse("sem_logits", semantic, $"one channel of {_height} x {_width} pixels, or that 2, 4, 8 ... times smaller");
        if (network.PointHead is not null && output.Features is { } features)
        {
            CheckSize("sem_features", features, features.Channels);
            if (features.Height != semantic.Height || features.Width != semantic.Width)
                throw Refuse("sem_features", features, $"channels of {semantic.Height} x {semantic.Width} pixels, as sem_logits has");
        }
        CheckFinite("sem_logits", semantic, index);
    }

    /// <summary>Refuses a picture of another number of channels.</summary>
    public static void CheckSize(string name, FloatPicture picture, int channels)
    {
        if (picture.Height < 1 || picture.Width < 1 || picture.Channels != channels || picture.Values.Length < (long)channels * picture.Height * picture.Width)
            throw Refuse(name, picture, $"{channels} channel{(channels == 1 ? "" : "s")} of pixels");
    }

    /// <summary>What is said of a picture that is none of such a network's.</summary>
    public static BadInputException Refuse(string name, FloatPicture picture, string allowed) => new(
        $"The model's output {name} has {picture.Channels} x {picture.Height} x {picture.Width} values (channels, rows, columns): it must be {allowed}. Is it a panoptic model such as MitoNet, and exported with dynamic sizes?");

    /// <summary>Refuses a picture with values that are not numbers.</summary>
    public static void CheckFinite(string name, FloatPicture picture, int index)
    {
        if (!TensorPrimitives.IsFiniteAll(picture.Values.Span[..(picture.Channels * picture.Height * picture.Width)]))
            throw new BadInputException($"The model's output {name} for slice {index + 1} holds values that are not numbers (NaN or infinite): its weights are broken, or were converted to a type too small for them.");
    }
}
