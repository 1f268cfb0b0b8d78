using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>
/// Our own table of landmark pairs: a header with moving_z, moving_y, moving_x, fixed_z, fixed_y, fixed_x in any order, in nm, and a pair a
/// line. The columns name and active (true or false) may stand beside them; others are passed over.
/// </summary>
public sealed class LandmarkTable : ITransformFormat
{
    /// <summary>The columns that there must be.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["moving_z", "moving_y", "moving_x", "fixed_z", "fixed_y", "fixed_x"];

    private static List<string> Header(string text) =>
        [.. CsvRow.Split(text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n', 2)[0].ToLowerInvariant())];

    /// <inheritdoc/>
    public string Name => "landmark_table";

    /// <inheritdoc/>
    public string Title => "table of landmark pairs with a header (CSV, nm)";

    /// <inheritdoc/>
    public IReadOnlyList<OutputFile> Write(ExportSource source)
    {
        var text = new System.Text.StringBuilder("name,").AppendJoin(',', Columns).Append('\n');
        foreach ((string name, Point3 moving, Point3 there) in source.Pairs)
            text.Append(CsvRow.Quote(name)).Append(',').AppendJoin(',', new[] { moving.Z, moving.Y, moving.X, there.Z, there.Y, there.X }.Select(Xyz.Text)).Append('\n');
        source.Notes.Add("The table is in nm, z, y, x, whatever the unit.");
        return OutputFile.Single(text.ToString());
    }

    /// <inheritdoc/>
    /// <remarks>The first line names at least two of the columns.</remarks>
    public bool Recognises(string text) => Header(text).Count(Columns.Contains) >= 2;

    /// <inheritdoc/>
    public ImportedTransform Read(ImportSource source)
    {
        string[] lines = source.Lines();
        List<string> header = Header(source.Text);
        int[] at = [.. Columns.Select(c => header.IndexOf(c))];
        string[] missing = [.. Columns.Where(c => !header.Contains(c))];
        if (missing.Length > 0) throw source.Bad(1, $"there is no column {string.Join(", ", missing)}: a table of landmark pairs has {string.Join(", ", Columns)} in nm, all three axes of both images.");
        int name = header.IndexOf("name"), active = header.IndexOf("active");
        var pairs = new List<LandmarkPair>();
        int skipped = 0;
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim().Length == 0) continue;
            List<string> cells = CsvRow.Split(lines[i]);
            var v = new double[6];
            for (int c = 0; c < 6; c++)
                if (at[c] >= cells.Count || !Xyz.TryNumber(cells[at[c]], out v[c]))
                    throw source.Bad(i + 1, $"{Columns[c]} is '{(at[c] < cells.Count ? Xyz.Short(cells[at[c]]) : "")}', not a finite number.");
            bool use = true;
            if (active >= 0 && active < cells.Count && !bool.TryParse(cells[active], out use)) throw source.Bad(i + 1, $"active is '{Xyz.Short(cells[active])}': it must be true or false.");
            string called = name >= 0 && name < cells.Count && cells[name].Length > 0 ? cells[name] : $"Pt-{pairs.Count + skipped}";
            if (use) pairs.Add(new LandmarkPair(called, new Point3(v[0], v[1], v[2]), new Point3(v[3], v[4], v[5])));
            else skipped++;
        }
        if (pairs.Count + skipped == 0) throw source.Bad("the file holds no landmarks.");
        return new ImportedTransform(null, pairs, Skipped: skipped);
    }
}
