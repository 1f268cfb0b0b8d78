using System.Numerics.Tensors;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Inference.ImageModels;

/// <summary>Brings probabilities from the model's pixels back to the image's, slice by slice.</summary>
internal sealed class ProbabilitySlices
{
    private readonly TakeProbabilities _take;
    private readonly AxisResampling _z, _y, _x;
    private readonly List<Due> _due = [];
    private readonly Stack<Due> _spare = new();
    private readonly float[] _plane;
    private readonly bool _twoKinds;
    private readonly int _end;
    private int _begun;

    /// <summary>A slice of the image that is being summed up.</summary>
    private sealed class Due(int area, bool twoKinds)
    {
        public readonly float[] Probability = new float[area];
        public readonly float[] Boundary = twoKinds ? new float[area] : [];
        public int Slice;
    }

    /// <summary>Prepares.</summary>
    /// <param name="image">Pixels of the image.</param>
    /// <param name="model">Pixels of the model.</param>
    /// <param name="twoKinds">Whether there are boundaries.</param>
    /// <param name="slices">The image's slices that are wanted.</param>
    /// <param name="take">Gets them.</param>
    public ProbabilitySlices(Size3 image, Size3 model, bool twoKinds, Range slices, TakeProbabilities take)
    {
        (_take, _twoKinds, _plane) = (take, twoKinds, new float[image.SliceCount]);
        (_z, _y, _x) = (new AxisResampling(model.Z, image.Z), new AxisResampling(model.Y, image.Y), new AxisResampling(model.X, image.X));
        (_begun, int count) = slices.GetOffsetAndLength(image.Z);
        _end = _begun + count;
        (int last, float[] weights) = _z[_end - 1];
        (First, Last) = (_z[_begun].First, last + weights.Length - 1);
    }

    /// <summary>The first of the model's slices that is needed.</summary>
    public int First { get; }

    /// <summary>The last of them.</summary>
    public int Last { get; }

    /// <summary>Takes the model's slice <paramref name="z"/>; they are given in order from <see cref="First"/> to <see cref="Last"/>.</summary>
    public void Add(int z, ReadOnlySpan<float> probability, ReadOnlySpan<float> boundary)
    {
        for (; _begun < _end && _z[_begun].First <= z; _begun++)
        {
            Due due = _spare.Count > 0 ? _spare.Pop() : new Due(_plane.Length, _twoKinds);
            due.Probability.AsSpan().Clear();
            due.Boundary.AsSpan().Clear();
            due.Slice = _begun;
            _due.Add(due);
        }
        AddTo(z, probability, d => d.Probability);
        if (_twoKinds) AddTo(z, boundary, d => d.Boundary);
        while (_due.Count > 0 && _z[_due[0].Slice].First + _z[_due[0].Slice].Weights.Length - 1 <= z)
        {
            Due due = _due[0];
            _due.RemoveAt(0);
            _take(due.Slice, due.Probability, due.Boundary);
            _spare.Push(due);
        }
    }

    private void AddTo(int z, ReadOnlySpan<float> slice, Func<Due, float[]> kind)
    {
        AxisResampling.Picture(slice, _y, _x, _plane);
        foreach (Due due in _due)
        {
            (int first, float[] weights) = _z[due.Slice];
            if (z - first < weights.Length) TensorPrimitives.MultiplyAdd(_plane, weights[z - first], kind(due), kind(due));
        }
    }
}
