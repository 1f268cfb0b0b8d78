using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Organelles;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Organelles;

/// <summary>Boxes of discs and other shapes, slice by slice.</summary>
internal sealed class Scene
{
    private readonly List<SliceOrganelle> _boxes = [];

    /// <summary>The boxes, slices ascending.</summary>
    public IReadOnlyList<SliceOrganelle> Boxes => [.. _boxes.OrderBy(b => b.Slice)];

    /// <summary>Adds one box round the discs that are given as y, x, radius.</summary>
    public Scene Add(int slice, int @class, double score, params (double Y, double X, double R)[] discs)
    {
        SliceMask mask = Discs(discs);
        _boxes.Add(new SliceOrganelle(slice, new DetectedBox(@class, score, mask.Left, mask.Top, mask.Right, mask.Bottom), mask));
        return this;
    }

    public Scene Disc(int slice, double y, double x, double r) => Add(slice, 0, 0.9, (y, x, r));

    public static SliceMask Discs(params (double Y, double X, double R)[] discs)
    {
        int top = (int)discs.Min(d => d.Y - d.R) - 2, left = (int)discs.Min(d => d.X - d.R) - 2;
        var plane = new Plane<bool>((int)discs.Max(d => d.Y + d.R) + 3 - top, (int)discs.Max(d => d.X + d.R) + 3 - left);
        for (int y = 0; y < plane.Height; y++)
            for (int x = 0; x < plane.Width; x++) plane[y, x] = discs.Any(d => (top + y - d.Y) * (top + y - d.Y) + (left + x - d.X) * (left + x - d.X) <= d.R * d.R);
        return SliceMask.Of(plane, top, left);
    }

    public IReadOnlyList<Organelle3D> Linked(LinkedCompositionOptions? options = null) => LinkedComposition.Compose(Boxes, options ?? new LinkedCompositionOptions(), new Job(1));

    public IReadOnlyList<Organelle3D> Paper(PaperCompositionOptions? options = null) => PaperComposition.Compose(Boxes, options ?? new PaperCompositionOptions(), new Job(1));
}
