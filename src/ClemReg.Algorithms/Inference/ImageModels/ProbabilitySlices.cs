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
    private int _begun;

    /// <summary>A slice of the image that is being summed up.</summary>
    private sealed class Due(int area, bool twoKinds)
    {
        public readonly float[] Probability = new float[area];
        public readonly float[] Boundary = twoKinds ? new float[area] : [];
        public int Slice;
    }

    public ProbabilitySlices(Size3 image, Size3 model, bool twoKinds, TakeProbabilities take)
    {
        (_take, _twoKinds, _plane) = (take, twoKinds, new float[image.SliceCount]);
        (_z, _y, _x) = (new AxisResampling(model.Z, image.Z), new AxisResampling(model.Y, image.Y), new AxisResampling(model.X, image.X));
    }

    /// <summary>Takes the model's slice <paramref name="z"/>; they are given in order.</summary>
    public void Add(int z, ReadOnlySpan<float> probability, ReadOnlySpan<float> boundary)
    {
        for (; _begun < _z.To && _z[_begun].First <= z; _begun++)
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
