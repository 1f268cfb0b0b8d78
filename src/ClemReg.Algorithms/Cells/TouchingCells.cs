using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Cells;

/// <summary>Divides regions that are notched into the convex parts that touch there: by a watershed of the distance to the outline.</summary>
internal static class TouchingCells
{
    /// <summary>What fills so much of its convex hull is one cell.</summary>
    private const double Convex = 0.93;

    /// <summary>Parts must fill so much more of their hulls than the whole fills of its own.</summary>
    private const double Gain = 0.02;

    /// <summary>Parts below this share of the whole are none.</summary>
    private const double LeastPart = 0.05;

    /// <summary>Blur of the distances, of a cell's diameter, and pixels at least: outlines are rough.</summary>
    private const double BlurShare = 0.03, LeastBlur = 0.5;

    /// <summary>A neck is narrower than the parts by this share of the thickest one's half width, and pixels at least.</summary>
    private const double DepthShare = 0.08, LeastDepth = 0.75;

    /// <summary>Divides a region.</summary>
    /// <param name="region">The region, with a margin of a pixel at least.</param>
    /// <param name="diameter">The usual diameter of a cell, pixels.</param>
    /// <param name="job">Cancellation.</param>
    /// <returns>The parts' numbers from 1, 0 elsewhere; null where it is one.</returns>
    public static Plane<int>? Divide(Plane<bool> region, double diameter, Job job)
    {
        double whole = Filled(region.Width, region.Values.Length, p => region.Values[p]);
        if (whole > Convex) return null;
        using var distance = new Volume<float>(new Grid(new Size3(1, region.Height, region.Width), new Point3(1, 1, 1)));
        DistanceTransform.ToNearest(new Plane<bool>(region.Height, region.Width, Array.ConvertAll(region.Values, inside => !inside)), job).Values.CopyTo(distance.Slice(0));
        double sigma = Math.Max(BlurShare * diameter, LeastBlur);
        using Volume<float> smooth = GaussianFilter.Apply(distance, new Point3(0, sigma, sigma), job);
        var depths = new Plane<float>(region.Height, region.Width, smooth.Slice(0).ToArray());
        float deepest = depths.Values.Max(), step = (float)Math.Max(LeastDepth, DepthShare * deepest);
        for (int i = 0; i < depths.Values.Length; i++) depths.Values[i] = -depths.Values[i];
        // Minima that are not deeper than the step above their surroundings are gone.
        var raised = new Plane<float>(region.Height, region.Width, Array.ConvertAll(depths.Values, d => d + step));
        Plane<int> markers = RegionalMinima.Label(Reconstruction.ByErosion(raised, depths, Neighbourhood.Eight, job), Neighbourhood.Eight, job);
        if (markers.Values.Max() < 2) return null;
        Plane<int> parts = MarkerWatershed.Flood(depths, markers, Neighbourhood.Eight, lines: false, job);
        var sizes = new int[parts.Values.Max() + 1];
        int size = 0;
        for (int i = 0; i < parts.Values.Length; i++)
        {
            if (!region.Values[i]) parts.Values[i] = 0;
            else
            {
                sizes[parts.Values[i]]++;
                size++;
            }
        }
        var numbers = new int[sizes.Length];
        int count = 0;
        double filled = 0, kept = 0;
        for (int k = 1; k < sizes.Length; k++)
        {
            if (sizes[k] <= LeastPart * size) continue;
            numbers[k] = ++count;
            filled += sizes[k] * Filled(region.Width, region.Values.Length, p => parts.Values[p] == k);
            kept += sizes[k];
        }
        if (count < 2 || filled / kept <= whole + Gain) return null;
        for (int i = 0; i < parts.Values.Length; i++) parts.Values[i] = numbers[parts.Values[i]];
        return parts;
    }

    /// <summary>The share of their convex hull that pixels fill, 0 to 1.</summary>
    private static double Filled(int width, int count, Func<int, bool> inside)
    {
        List<(int Y, int X)> pixels = [.. Enumerable.Range(0, count).Where(inside).Select(p => (p / width, p % width))];
        return (double)pixels.Count / ConvexHull.Rows(pixels).Sum(row => row.Last - row.First + 1);
    }
}
