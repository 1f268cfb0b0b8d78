using System.Numerics.Tensors;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>Runs the network along one axis and parts each slice into objects, which a tracker follows.</summary>
internal sealed class AxisSegmentation
{
    private readonly NormalisedSlices _slices;
    private readonly IPanopticNetwork _network;
    private readonly MitoNetOptions _options;
    private readonly MedianVote _vote;
    private readonly float _threshold;
    private CentreGroups[] _groups = [];
    private PointRend? _pointRend;
    private Bilinear? _enlargeSemantic;
    private Bilinear? _enlargeInstances;
    private float[] _semantic = [];
    private float[] _centres = [];
    private float[] _offsets = [];

    private AxisSegmentation(NormalisedSlices slices, IPanopticNetwork network, MitoNetOptions options)
    {
        (_slices, _network, _options) = (slices, network, options);
        _vote = new MedianVote(options.MedianSlices, slices.Count, slices.Height, slices.Width);
        _threshold = (float)Math.Log(options.Threshold / (1 - options.Threshold));
    }

    /// <summary>The slices of an axis, followed forward; the way back is the caller's.</summary>
    public static SliceTracker Run(NormalisedSlices slices, IPanopticNetwork network, MitoNetOptions options, Job job)
    {
        var axis = new AxisSegmentation(slices, network, options);
        var tracker = new SliceTracker(options);
        var builder = new LabelPlaneBuilder();
        int done = 0;
        for (int i = 0; i < slices.Count; i++)
        {
            ReadOnlyMemory<float> image = slices.Read(i, job);
            PanopticOutput output = network.Run(image, slices.PaddedHeight, slices.PaddedWidth, job);
            job.ThrowIfCancelled();
            axis.Take(output, i, job);
            while (axis._vote.Pop() is { } mask) tracker.Forward(SliceInstances.Find(mask, axis._groups[done++ % axis._groups.Length], builder));
            job.Report((i + 1.0) / slices.Count);
        }
        return tracker;
    }

    private void Take(PanopticOutput output, int index, Job job)
    {
        Check(output, index);
        (int height, int width) = (output.Centres.Height, output.Centres.Width);
        ReadOnlyMemory<float> centres = output.Centres.Values, offsets = output.Offsets.Values;
        int step = _slices.PaddedHeight / height;
        if (_options.FineBoundaries && step > 1)
        {
            // As the network does it when asked: the corners' centres fall together.
            int pixels = height * width;
            (height, width) = (height * step, width * step);
            if (_enlargeInstances is null || _enlargeInstances.From != (output.Centres.Height, output.Centres.Width))
                (_enlargeInstances, _centres, _offsets) = (new Bilinear((output.Centres.Height, output.Centres.Width), (height, width), alignCorners: true), new float[height * width], new float[2 * height * width]);
            _enlargeInstances.Apply(centres, _centres, job);
            _enlargeInstances.Apply(offsets[..pixels], _offsets.AsMemory(0, height * width), job);
            _enlargeInstances.Apply(offsets.Slice(pixels, pixels), _offsets.AsMemory(height * width), job);
            (centres, offsets, step) = (_centres, _offsets, 1);
        }
        if (_groups.Length == 0)
        {
            _groups = new CentreGroups[_vote.Delay + 1];
            for (int g = 0; g < _groups.Length; g++) _groups[g] = new CentreGroups(height, width, step, step * _options.Downsampling, _slices.Width);
        }
        _groups[index % _groups.Length].Set(centres.Span[..(height * width)], offsets.Span[..(2 * height * width)], _options);
        (ReadOnlyMemory<float> logits, int stride) = FullSize(output, job);
        _vote.Next.SetAtLeast(logits.Span, stride, _threshold);
        _vote.Push();
    }

    /// <summary>The logits at the volume's own resolution.</summary>
    private (ReadOnlyMemory<float> Logits, int Stride) FullSize(PanopticOutput output, Job job)
    {
        FloatPicture semantic = output.Semantic;
        (int height, int width) = (_slices.PaddedHeight * _options.Downsampling, _slices.PaddedWidth * _options.Downsampling);
        if (semantic.Height >= height) return (semantic.Values, semantic.Width);
        if (_network.PointHead is { } head && output.Features is { } features)
        {
            int steps = int.Log2(height / semantic.Height);
            if (_pointRend is null || _pointRend.Size != (semantic.Height, semantic.Width) || _pointRend.Steps != steps)
                _pointRend = new PointRend(semantic.Height, semantic.Width, steps);
            return (_pointRend.Refine(semantic, features, head, job), width);
        }
        if (_enlargeSemantic is null || _enlargeSemantic.From != (semantic.Height, semantic.Width))
            (_enlargeSemantic, _semantic) = (new Bilinear((semantic.Height, semantic.Width), (height, width), alignCorners: false), new float[height * width]);
        _enlargeSemantic.Apply(semantic.Values, _semantic, job);
        return (_semantic, width);
    }

    private void Check(PanopticOutput output, int index)
    {
        (int height, int width) = (_slices.PaddedHeight, _slices.PaddedWidth);
        (FloatPicture semantic, FloatPicture centres, FloatPicture offsets) = (output.Semantic, output.Centres, output.Offsets);
        CheckSize("sem_logits", semantic, 1);
        CheckSize("ctr_hmp", centres, 1);
        CheckSize("offsets", offsets, 2);
        int full = height * _options.Downsampling;
        int times = full / semantic.Height;
        if (times * semantic.Height != full || !int.IsPow2(times) || (long)semantic.Width * times != (long)width * _options.Downsampling)
            throw Refuse("sem_logits", semantic, $"one channel of {full} x {width * _options.Downsampling} pixels, or that 2, 4, 8 ... times smaller");
        if (centres.Height > height || height % centres.Height != 0 || centres.Width * (height / centres.Height) != width)
            throw Refuse("ctr_hmp", centres, $"one channel of {height} x {width} pixels or a whole number of times smaller (4 for MitoNet)");
        if (offsets.Height != centres.Height || offsets.Width != centres.Width)
            throw Refuse("offsets", offsets, $"two channels of {centres.Height} x {centres.Width} pixels, as ctr_hmp has");
        if (_network.PointHead is not null && output.Features is { } features)
        {
            CheckSize("sem_features", features, features.Channels);
            if (features.Height != semantic.Height || features.Width != semantic.Width)
                throw Refuse("sem_features", features, $"channels of {semantic.Height} x {semantic.Width} pixels, as sem_logits has");
        }
        CheckFinite("sem_logits", semantic, index);
        CheckFinite("ctr_hmp", centres, index);
        CheckFinite("offsets", offsets, index);
    }

    private static void CheckSize(string name, FloatPicture picture, int channels)
    {
        if (picture.Height < 1 || picture.Width < 1 || picture.Channels != channels || picture.Values.Length < (long)channels * picture.Height * picture.Width)
            throw Refuse(name, picture, $"{channels} channel{(channels == 1 ? "" : "s")} of pixels");
    }

    private static BadInputException Refuse(string name, FloatPicture picture, string allowed) => new(
        $"The model's output {name} has {picture.Channels} x {picture.Height} x {picture.Width} values (channels, rows, columns): it must be {allowed}. Is it a panoptic model such as MitoNet, and exported with dynamic sizes?");

    private static void CheckFinite(string name, FloatPicture picture, int index)
    {
        if (!TensorPrimitives.IsFiniteAll(picture.Values.Span[..(picture.Channels * picture.Height * picture.Width)]))
            throw new BadInputException($"The model's output {name} for slice {index + 1} holds values that are not numbers (NaN or infinite): its weights are broken, or were converted to a type too small for them.");
    }
}
