using ClemReg.Algorithms.Measures;
using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Evaluation;

/// <summary>Size and place of one side of a pair.</summary>
/// <param name="VolumeNm3">Volume.</param>
/// <param name="AreaNm2">Surface; NaN where it was not asked for.</param>
/// <param name="Centre">Centre of its voxels, nm.</param>
public sealed record PairSide(double VolumeNm3, double AreaNm2, Point3 Centre);

/// <summary>How the two sides of a pair differ.</summary>
/// <param name="Match">The pair.</param>
/// <param name="A">The parts of the first segmentation together; the area is the sum of theirs.</param>
/// <param name="B">The object of the second.</param>
public sealed record PairDifference(ObjectMatch Match, PairSide A, PairSide B)
{
    /// <summary>From the centre of B to that of A, nm.</summary>
    public Point3 Shift => A.Centre - B.Centre;

    /// <summary>Measures pairs.</summary>
    /// <param name="a">The first segmentation.</param>
    /// <param name="b">The second.</param>
    /// <param name="matches">The pairs.</param>
    /// <param name="areas">Whether surfaces are measured: of label images as <see cref="ObjectSurface"/> makes them, of meshes as they are.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    public static IReadOnlyList<PairDifference> Of(SegmentedObjects a, SegmentedObjects b, IReadOnlyList<ObjectMatch> matches, bool areas, Job job)
    {
        var pairs = new PairDifference[matches.Count];
        job.For(matches.Count, i =>
        {
            PairSide[] parts = [.. matches[i].Parts.Select(p => Measure(a, a.All[p], areas, job))];
            double volume = parts.Sum(p => p.VolumeNm3), weight = 0;
            Point3 centre = default;
            for (int k = 0; k < parts.Length; k++)
            {
                long voxels = a.All[matches[i].Parts[k]].Voxels;
                centre += voxels * parts[k].Centre;
                weight += voxels;
            }
            pairs[i] = new PairDifference(matches[i], new PairSide(volume, parts.Sum(p => p.AreaNm2), 1 / weight * centre), Measure(b, b.All[matches[i].B], areas, job));
        }, report: true);
        return pairs;
    }

    private static PairSide Measure(SegmentedObjects side, SegmentedObject o, bool areas, Job job)
    {
        var labels = side.Layers[o.Layer];
        double area = !areas ? double.NaN : double.IsNaN(o.AreaNm2) ? ObjectSurface.Of(labels, o.Region, new SurfaceOptions(), job).Area : o.AreaNm2;
        return new PairSide(o.VolumeNm3, area, ObjectMeasures.Of(labels, o.Region, job).Centre);
    }
}
