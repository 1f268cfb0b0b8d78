namespace ClemReg.Algorithms.Mitochondria;

/// <summary>Runs the network along one axis and parts each slice into objects, which a tracker follows.</summary>
internal sealed class AxisSegmentation
{
    private readonly NormalisedSlices _slices;
    private readonly MitoNetOptions _options;
    private readonly SemanticLogits _semantic;
    private readonly MedianVote _vote;
    private readonly float _threshold;
    private CentreGroups[] _groups = [];
    private Bilinear? _enlargeInstances;
    private float[] _centres = [];
    private float[] _offsets = [];

    private AxisSegmentation(NormalisedSlices slices, IPanopticNetwork network, MitoNetOptions options)
    {
        (_slices, _options, _semantic) = (slices, options, new SemanticLogits(slices, network, options));
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
        (ReadOnlyMemory<float> logits, int stride) = _semantic.Of(output, index, job);
        _vote.Next.SetAtLeast(logits.Span, stride, _threshold);
        _vote.Push();
    }

    private void Check(PanopticOutput output, int index)
    {
        (int height, int width) = (_slices.PaddedHeight, _slices.PaddedWidth);
        (FloatPicture centres, FloatPicture offsets) = (output.Centres, output.Offsets);
        SemanticLogits.CheckSize("ctr_hmp", centres, 1);
        SemanticLogits.CheckSize("offsets", offsets, 2);
        if (centres.Height > height || height % centres.Height != 0 || centres.Width * (height / centres.Height) != width)
            throw SemanticLogits.Refuse("ctr_hmp", centres, $"one channel of {height} x {width} pixels or a whole number of times smaller (4 for MitoNet)");
        if (offsets.Height != centres.Height || offsets.Width != centres.Width)
            throw SemanticLogits.Refuse("offsets", offsets, $"two channels of {centres.Height} x {centres.Width} pixels, as ctr_hmp has");
        SemanticLogits.CheckFinite("ctr_hmp", centres, index);
        SemanticLogits.CheckFinite("offsets", offsets, index);
    }
}
