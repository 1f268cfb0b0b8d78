using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Organelles;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>The tables of organelles: objects, suggestions, and the classes of labels.</summary>
internal sealed class OrganelleTables
{
    /// <summary>Longer tables are in their files only, not in the report.</summary>
    private const int MostRows = 5000;

    private readonly ResultTable _objects = new("objects", "label", "class", "first_slice", "last_slice", "slices", "slices_filled", "boxes", "mean_score", "voxels", "voxels_hidden", "volume_um3", "x", "y", "width", "height", "suggestion");
    private readonly ResultTable _suggestions = new("suggestions", "suggestion", "label", "other_label", "class", "slice", "evidence", "why");
    private readonly ResultTable _classes = new("classes", "label", "class");
    private readonly int _rows;

    /// <param name="organelles">The organelles; number i has label i + 1.</param>
    /// <param name="boxes">The boxes that they are made of.</param>
    /// <param name="classes">The classes' names.</param>
    /// <param name="labels">The organelles as they are painted.</param>
    public OrganelleTables(IReadOnlyList<Organelle3D> organelles, IReadOnlyList<SliceOrganelle> boxes, IReadOnlyList<string> classes, LabelVolume labels)
    {
        Point3 s = labels.Grid.Spacing;
        double voxel = s.Z * s.Y * s.X * 1e-9;
        var painted = labels.Objects.ToDictionary(o => o.Label, o => o.Voxels);
        for (int i = 0; i < organelles.Count; i++)
        {
            Organelle3D o = organelles[i];
            string name = classes[o.Class];
            long voxels = painted.GetValueOrDefault(i + 1), all = o.Sections.Sum(p => p.Pixels.Area);
            int x = o.Sections.Min(p => p.Pixels.Left), y = o.Sections.Min(p => p.Pixels.Top);
            _objects.Add(i + 1, name, o.Sections[0].Slice + 1, o.Sections[^1].Slice + 1, o.Sections.Count, o.Sections.Count(p => p.Filled), o.Members.Count, o.Members.Count == 0 ? double.NaN : Math.Round(o.Members.Average(m => boxes[m].Box.Score), 4),
                voxels, all - voxels, voxels * voxel, x, y, o.Sections.Max(p => p.Pixels.Right) - x, o.Sections.Max(p => p.Pixels.Bottom) - y,
                string.Join("; ", o.Reviews.Select(r => $"{Word(r.Kind)}: {Text(r)}")));
            _classes.Add(i + 1, name);
            foreach (Review r in o.Reviews) _suggestions.Add(Word(r.Kind), i + 1, r.Other < 0 ? "" : (r.Other + 1).ToString(CultureInfo.InvariantCulture), name, r.Slice + 1, Math.Round(r.Evidence, 3), Text(r));
            Suggestions += o.Reviews.Count;
        }
        _rows = Math.Max(organelles.Count, Suggestions);

        static string Word(ReviewKind kind) => kind.ToString().ToLowerInvariant();

        static string Text(Review r) => r.Text.Replace("{0}", r.Other < 0 ? "another" : (r.Other + 1).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    /// <summary>Suggestions of all organelles.</summary>
    public int Suggestions { get; }

    /// <summary>objects.csv, suggestions.csv and classes.csv.</summary>
    public IEnumerable<OutputFile> Files => new[] { _objects, _suggestions, _classes }.Select(t => new OutputFile(t.Name + ".csv", t.Csv()));

    /// <summary>The tables for a screen; none where they are too long for one.</summary>
    public JsonArray Json() => _rows <= MostRows ? new JsonArray(_objects.Json(), _suggestions.Json()) : [];
}
