namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>
/// BigWarp's landmark table: no header; name, active, moving x, y, z, fixed x, y, z in calibrated units. Source: BigWarp,
/// LandmarkTableModel.save and loadCsvHelper.
/// </summary>
public sealed class BigWarpLandmarks : ITransformFormat
{
    private const int Columns = 8;

    /// <inheritdoc/>
    public string Name => "bigwarp_landmarks";

    /// <inheritdoc/>
    public string Title => "BigWarp landmarks (CSV)";

    /// <inheritdoc/>
    public IReadOnlyList<OutputFile> Write(ExportSource source)
    {
        var text = new System.Text.StringBuilder();
        foreach (LandmarkPair pair in source.Pairs)
        {
            text.Append('"').Append(pair.Name.Replace("\"", "\"\"", StringComparison.Ordinal)).Append("\",\"true\"");
            foreach (double v in Xyz.Point(pair.Moving, source.Unit).Concat(Xyz.Point(pair.Fixed, source.Unit)))
                text.Append(",\"").Append(Xyz.Text(v)).Append('"');
            text.Append('\n');
        }
        return OutputFile.Single(text.ToString());
    }

    /// <inheritdoc/>
    public bool Recognises(string text)
    {
        List<string> cells = CsvRow.Split(text.TrimStart('\uFEFF').Split('\n', 2)[0]);
        return cells.Count is Columns or 6 && (cells[1].Equals("true", StringComparison.OrdinalIgnoreCase) || cells[1].Equals("false", StringComparison.OrdinalIgnoreCase));
    }

    /// <inheritdoc/>
    public ImportedTransform Read(ImportSource source)
    {
        string[] lines = source.Lines();
        var pairs = new List<LandmarkPair>();
        int skipped = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Trim().Length == 0) continue;
            List<string> cells = CsvRow.Split(lines[i]);
            if (cells.Count == 6)
                throw source.Bad(i + 1, "6 columns are a 2-D landmark (name, active, moving x, y, fixed x, y); 3-D landmarks have 8. Open both images as stacks in BigWarp and save the landmarks again.");
            if (cells.Count != Columns)
                throw source.Bad(i + 1, $"{cells.Count} columns, where {Columns} are needed: name, active, moving x, y, z, fixed x, y, z (no header).");
            if (!bool.TryParse(cells[1], out bool active))
                throw source.Bad(i + 1, $"the second column is '{Xyz.Short(cells[1])}': it must be true or false (whether the landmark is active). There is no header line in this format.");
            var numbers = new double[6];
            bool set = true;
            for (int c = 0; c < 6; c++)
            {
                // An unset point of a pair.
                if (cells[c + 2] is "Infinity" or "-Infinity") set = false;
                else if (!Xyz.TryNumber(cells[c + 2], out numbers[c]))
                    throw source.Bad(i + 1, $"column {c + 3} is '{Xyz.Short(cells[c + 2])}', not a number.");
            }
            if (active && set) pairs.Add(new LandmarkPair(cells[0], Xyz.Point(numbers.AsSpan(0, 3), source.Unit), Xyz.Point(numbers.AsSpan(3), source.Unit)));
            else skipped++;
        }
        if (pairs.Count + skipped == 0) throw source.Bad("the file holds no landmarks.");
        return new ImportedTransform(null, pairs, Skipped: skipped);
    }
}
