using System.Text.Json.Nodes;
using ClemReg.Algorithms.Measures;
using ClemReg.Algorithms.PointClouds;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>The tables of a <see cref="MeshRunResult"/>: objects, classes, contacts, neighbours.</summary>
internal sealed class MeshTables
{
    /// <summary>The class of objects that the list of classes does not name.</summary>
    public const string Unlisted = "(no class)";

    /// <summary>Longer tables are in their file only, not in the report.</summary>
    private const int MostRows = 5000;

    private readonly ResultTable _objects = new("objects", "label", "value", "class", "voxels", "voxel_volume_um3", "mesh_volume_um3", "area_um2", "sphericity", "centre_z_nm", "centre_y_nm", "centre_x_nm",
        "low_z_nm", "low_y_nm", "low_x_nm", "high_z_nm", "high_y_nm", "high_x_nm", "axis_1_nm", "axis_2_nm", "axis_3_nm", "long_axis_z", "long_axis_y", "long_axis_x", "path_length_nm",
        "shells", "handles", "at_border", "triangles", "triangles_written", "nearest_label", "nearest_surface_nm", "nearest_centre_same_class_nm");
    private readonly ResultTable _classes = new("classes", "class", "objects", "at_border", "voxels", "voxel_volume_um3", "mesh_volume_um3", "area_um2", "mean_volume_um3", "mean_area_um2", "mean_sphericity", "mean_path_length_nm", "mean_nearest_centre_nm");
    private readonly ResultTable _contacts = new("contacts", "label_a", "label_b", "class_a", "class_b", "surface_distance_nm");
    private readonly ResultTable _between = new("class_contacts", "class_a", "class_b", "pairs", "least_distance_nm", "mean_distance_nm");
    private readonly ResultTable _nearest = new("class_neighbours", "class_a", "class_b", "objects_a", "least_centre_distance_nm", "mean_centre_distance_nm", "median_centre_distance_nm", "most_centre_distance_nm");
    private readonly int _rows;

    /// <param name="made">The objects.</param>
    /// <param name="valueOf">A label's value in the image.</param>
    /// <param name="classOf">A label's class; empty where there are none.</param>
    /// <param name="classes">Whether there are classes.</param>
    /// <param name="split">Whether the objects are pieces of the image's values.</param>
    public MeshTables(MeshRunResult made, Func<int, int> valueOf, Func<int, string> classOf, bool classes, bool split)
    {
        IReadOnlyList<MeasuredObject> objects = made.Objects;
        _rows = Math.Max(objects.Count, made.Contacts.Count);
        string[] names = [.. objects.Select(o => classOf(o.Measures.Label))];
        (string Class, int[] Members)[] groups = [.. Enumerable.Range(0, objects.Count).GroupBy(i => names[i]).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (g.Key, g.ToArray()))];
        var neighbour = new double[objects.Count];
        foreach ((string a, int[] of) in groups)
            foreach ((string b, int[] to) in groups)
            {
                double[] distances = NearestCentres(objects, of, to);
                if (a == b)
                    for (int k = 0; k < of.Length; k++) neighbour[of[k]] = distances[k];
                if (distances.Length > 0 && !double.IsNaN(distances[0])) _nearest.Add(a, b, of.Length, distances.Min(), distances.Average(), Median(distances), distances.Max());
            }
        (int Of, double Distance)[] nearest = NearestSurfaces(objects.Count, made.Contacts);
        for (int i = 0; i < objects.Count; i++)
        {
            MeasuredObject o = objects[i];
            ObjectMeasures m = o.Measures;
            _objects.Add(m.Label, split ? valueOf(m.Label) : m.Label, names[i], m.Voxels, m.VoxelVolume * 1e-9, o.VolumeNm3 * 1e-9, o.AreaNm2 * 1e-6, ObjectMeasures.Sphericity(o.VolumeNm3, o.AreaNm2), m.Centre.Z, m.Centre.Y, m.Centre.X,
                m.Low.Z, m.Low.Y, m.Low.X, m.High.Z, m.High.Y, m.High.X, m.AxisLengths.Z, m.AxisLengths.Y, m.AxisLengths.X, m.LongAxis.Z, m.LongAxis.Y, m.LongAxis.X, o.PathLengthNm,
                o.Shells, o.Handles, m.AtBorder ? 1 : 0, o.Triangles, o.Written, nearest[i].Of < 0 ? "" : objects[nearest[i].Of].Measures.Label, nearest[i].Distance, neighbour[i]);
        }
        foreach ((string name, int[] members) in groups)
        {
            MeasuredObject[] of = [.. members.Select(i => objects[i])];
            _classes.Add(name, of.Length, of.Count(o => o.Measures.AtBorder), of.Sum(o => o.Measures.Voxels), of.Sum(o => o.Measures.VoxelVolume) * 1e-9, of.Sum(o => o.VolumeNm3) * 1e-9, of.Sum(o => o.AreaNm2) * 1e-6,
                of.Average(o => o.VolumeNm3) * 1e-9, of.Average(o => o.AreaNm2) * 1e-6, of.Average(o => ObjectMeasures.Sphericity(o.VolumeNm3, o.AreaNm2)), of.Average(o => o.PathLengthNm), members.Average(i => neighbour[i]));
        }
        foreach (ObjectContact c in made.Contacts) _contacts.Add(objects[c.A].Measures.Label, objects[c.B].Measures.Label, names[c.A], names[c.B], c.DistanceNm);
        foreach (var group in made.Contacts.GroupBy(c => string.CompareOrdinal(names[c.A], names[c.B]) <= 0 ? (A: names[c.A], B: names[c.B]) : (A: names[c.B], B: names[c.A])).OrderBy(g => g.Key.A, StringComparer.Ordinal).ThenBy(g => g.Key.B, StringComparer.Ordinal))
            _between.Add(group.Key.A, group.Key.B, group.Count(), group.Min(c => c.DistanceNm), group.Average(c => c.DistanceNm));
        WithoutClass = classes ? names.Count(n => n == Unlisted) : 0;
        All = classes ? [_objects, _classes, _contacts, _between, _nearest] : [_objects, _classes, _contacts];
    }

    /// <summary>The tables to be written.</summary>
    public IReadOnlyList<ResultTable> All { get; }

    /// <summary>The table of the objects.</summary>
    public ResultTable Objects => _objects;

    /// <summary>Objects that no class was given.</summary>
    public int WithoutClass { get; }

    /// <summary>The tables for a screen; where they are long only that of the classes.</summary>
    public JsonArray Json() => [.. (_rows <= MostRows ? All : [_classes]).Select(t => (JsonNode)t.Json())];

    /// <summary>For each object the distance of its centre to the nearest centre of others; NaN where there is no other.</summary>
    private static double[] NearestCentres(IReadOnlyList<MeasuredObject> objects, int[] of, int[] to)
    {
        bool same = of == to;
        if (same && of.Length < 2) return [.. of.Select(_ => double.NaN)];
        var tree = new KdTree([.. to.Select(i => objects[i].Measures.Centre)]);
        // Of its own class the nearest of all is the object itself, or one with the same centre.
        var found = new int[same ? 2 : 1];
        var squares = new double[found.Length];
        return [.. of.Select(i =>
        {
            tree.Nearest(objects[i].Measures.Centre, found, squares);
            return Math.Sqrt(squares[^1]);
        })];
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static (int Of, double Distance)[] NearestSurfaces(int count, IReadOnlyList<ObjectContact> contacts)
    {
        (int Of, double Distance)[] nearest = Enumerable.Repeat((-1, double.NaN), count).ToArray();
        foreach (ObjectContact c in contacts)
        {
            if (!(nearest[c.A].Distance <= c.DistanceNm)) nearest[c.A] = (c.B, c.DistanceNm);
            if (!(nearest[c.B].Distance <= c.DistanceNm)) nearest[c.B] = (c.A, c.DistanceNm);
        }
        return nearest;
    }
}
