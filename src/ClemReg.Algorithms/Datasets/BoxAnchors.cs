using ClemReg.Algorithms.Simulation;

namespace ClemReg.Algorithms.Datasets;

/// <summary>A box's sides, pixels of a network's input.</summary>
/// <param name="Width">Along x.</param>
/// <param name="Height">Along y.</param>
public readonly record struct BoxSize(double Width, double Height)
{
    /// <summary>Intersection over union of two boxes with one centre, 0 to 1.</summary>
    public static double Overlap(BoxSize a, BoxSize b)
    {
        double both = Math.Min(a.Width, b.Width) * Math.Min(a.Height, b.Height);
        return both / (a.Width * a.Height + b.Width * b.Height - both);
    }
}

/// <summary>
/// Anchors, the boxes from which a YOLO network reckons, fitted to boxes: k-means with 1 - IoU as the distance (J. Redmon and A. Farhadi 2017, section 2) from k-means++ beginnings, as Darknet's calc_anchors, and
/// the best of several.
/// </summary>
public static class BoxAnchors
{
    private const int Tries = 10, MostRounds = 300;

    /// <summary>Fits anchors.</summary>
    /// <param name="sizes">The boxes' sides, above 0.</param>
    /// <param name="count">How many anchors.</param>
    /// <param name="seed">For the beginnings.</param>
    /// <returns>Whole pixels, areas rising; null where fewer sizes than anchors are there.</returns>
    public static IReadOnlyList<BoxSize>? Fit(IReadOnlyList<BoxSize> sizes, int count, int seed)
    {
        if (sizes.Distinct().Count() < count) return null;
        var random = new RandomStream(RandomStream.Key(0xA9C402, seed));
        BoxSize[] best = [];
        double bestOverlap = -1;
        for (int t = 0; t < Tries; t++)
        {
            BoxSize[] centres = Spread(sizes, count, random);
            Move(sizes, centres);
            double overlap = MeanOverlap(sizes, centres);
            if (overlap > bestOverlap) (best, bestOverlap) = (centres, overlap);
        }
        return [.. best.Select(c => new BoxSize(Math.Max(1, Math.Round(c.Width)), Math.Max(1, Math.Round(c.Height)))).OrderBy(c => c.Width * c.Height).ThenBy(c => c.Width)];
    }

    /// <summary>The mean over the boxes of the IoU with the anchor that fits best, 0 to 1.</summary>
    public static double MeanOverlap(IReadOnlyList<BoxSize> sizes, IReadOnlyList<BoxSize> anchors) => sizes.Average(s => anchors.Max(a => BoxSize.Overlap(s, a)));

    /// <summary>k-means++ (D. Arthur and S. Vassilvitskii 2007): each next centre is a box drawn with the squared distance to the nearest centre as its weight.</summary>
    private static BoxSize[] Spread(IReadOnlyList<BoxSize> sizes, int count, RandomStream random)
    {
        var centres = new BoxSize[count];
        centres[0] = sizes[random.NextInt(sizes.Count)];
        var nearest = new double[sizes.Count];
        Array.Fill(nearest, double.PositiveInfinity);
        for (int k = 1; k < count; k++)
        {
            double sum = 0;
            for (int i = 0; i < nearest.Length; i++)
            {
                double distance = 1 - BoxSize.Overlap(sizes[i], centres[k - 1]);
                nearest[i] = Math.Min(nearest[i], distance * distance);
                sum += nearest[i];
            }
            double drawn = random.NextDouble() * sum;
            int chosen = Array.FindIndex(nearest, d => d > 0 && (drawn -= d) < 0);
            centres[k] = sizes[chosen >= 0 ? chosen : Array.FindLastIndex(nearest, d => d > 0)];
        }
        return centres;
    }

    /// <summary>Each centre becomes the mean of the boxes that are nearest to it, until none changes.</summary>
    private static void Move(IReadOnlyList<BoxSize> sizes, BoxSize[] centres)
    {
        var of = new int[sizes.Count];
        Array.Fill(of, -1);
        for (int round = 0; round < MostRounds; round++)
        {
            bool changed = false;
            var sums = new (double Width, double Height, int Count)[centres.Length];
            for (int i = 0; i < of.Length; i++)
            {
                int nearest = 0;
                for (int k = 1; k < centres.Length; k++)
                    if (BoxSize.Overlap(sizes[i], centres[k]) > BoxSize.Overlap(sizes[i], centres[nearest])) nearest = k;
                changed |= of[i] != nearest;
                of[i] = nearest;
                sums[nearest] = (sums[nearest].Width + sizes[i].Width, sums[nearest].Height + sizes[i].Height, sums[nearest].Count + 1);
            }
            if (!changed) return;
            for (int k = 0; k < centres.Length; k++)
                if (sums[k].Count > 0) centres[k] = new BoxSize(sums[k].Width / sums[k].Count, sums[k].Height / sums[k].Count);
        }
    }
}
