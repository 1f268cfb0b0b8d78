using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Organelles;

/// <summary>Pixels of slices between others, and pixels that belong to one of two.</summary>
public static class MaskInterpolation
{
    private static readonly Job Alone = new(1);

    /// <summary>
    /// The mask between two: their signed distances to the rim, centres moved onto the way between, are averaged (shape-based interpolation, S. Raya and J. Udupa 1990).
    /// </summary>
    /// <param name="a">The first.</param>
    /// <param name="b">The last.</param>
    /// <param name="part">How far from the first to the last, 0 to 1.</param>
    public static SliceMask Between(SliceMask a, SliceMask b, double part)
    {
        double y = b.CentreY - a.CentreY, x = b.CentreX - a.CentreX;
        (int ay, int ax) = ((int)Math.Round(part * y), (int)Math.Round(part * x));
        (int by, int bx) = (ay - (int)Math.Round(y), ax - (int)Math.Round(x));
        int top = Math.Min(a.Top + ay, b.Top + by) - 1, left = Math.Min(a.Left + ax, b.Left + bx) - 1;
        int height = Math.Max(a.Bottom + ay, b.Bottom + by) + 1 - top, width = Math.Max(a.Right + ax, b.Right + bx) + 1 - left;
        float[] first = Signed(a, top - ay, left - ax, height, width), last = Signed(b, top - by, left - bx, height, width);
        var between = new Plane<bool>(height, width);
        for (int i = 0; i < first.Length; i++) between.Values[i] = (1 - part) * first[i] + part * last[i] > 0;
        return SliceMask.Of(between, top, left);
    }

    /// <summary>Parts a mask by what its pixels are nearer to.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="own">Masks of the one.</param>
    /// <param name="other">Masks of the other.</param>
    /// <returns>Pixels nearer to own, or as near, and the others.</returns>
    public static (SliceMask Own, SliceMask Other) Divide(SliceMask mask, IReadOnlyList<SliceMask> own, IReadOnlyList<SliceMask> other)
    {
        SliceMask[] all = [mask, .. own, .. other];
        int top = all.Min(m => m.Top), left = all.Min(m => m.Left), height = all.Max(m => m.Bottom) - top, width = all.Max(m => m.Right) - left;
        Plane<bool> whole = mask.ToPlane(top, left, height, width), rest = new(height, width);
        float[] toOwn = Sum(own), toOther = Sum(other);
        for (int i = 0; i < whole.Values.Length; i++)
        {
            rest.Values[i] = whole.Values[i] && toOther[i] < toOwn[i];
            whole.Values[i] &= !rest.Values[i];
        }
        return (SliceMask.Of(whole, top, left), SliceMask.Of(rest, top, left));

        float[] Sum(IReadOnlyList<SliceMask> masks)
        {
            var sum = new float[height * width];
            foreach (SliceMask m in masks)
            {
                float[] distance = DistanceTransform.ToNearest(m.ToPlane(top, left, height, width), Alone).Values;
                for (int i = 0; i < sum.Length; i++) sum[i] += distance[i];
            }
            return sum;
        }
    }

    /// <summary>Pixels to the nearest one on the other side of the rim, less a half: above 0 inside.</summary>
    private static float[] Signed(SliceMask mask, int top, int left, int height, int width)
    {
        Plane<bool> inside = mask.ToPlane(top, left, height, width), outside = new(height, width, Array.ConvertAll(inside.Values, v => !v));
        float[] within = DistanceTransform.ToNearest(outside, Alone).Values, beyond = DistanceTransform.ToNearest(inside, Alone).Values;
        var signed = new float[within.Length];
        for (int i = 0; i < signed.Length; i++) signed[i] = within[i] > 0 ? within[i] - 0.5f : 0.5f - beyond[i];
        return signed;
    }
}
