namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>
/// MoBIE's collection table: a line for each image, with an affine (12 numbers, row by row, x, y, z, physical units) on top of what the
/// image file says of itself. Source: MoBIE, CollectionTableConstants.
/// </summary>
public sealed class MobieTable : ITransformFormat
{
    /// <inheritdoc/>
    public string Name => "mobie";

    /// <inheritdoc/>
    public string Title => "MoBIE collection table";

    /// <inheritdoc/>
    public IReadOnlyList<OutputFile> Write(ExportSource source)
    {
        string affine = "(" + Xyz.Text(Xyz.Rows(source.Affine(Name), source.Unit), ",") + ")";
        string[] header = ["uri", "name", "type", "channel", "color", "blend", "affine"];
        string[] em = [source.FixedName, "em", "intensities", "0", "white", "sum", "(1,0,0,0,0,1,0,0,0,0,1,0)"];
        string[] fluorescence = [source.MovingName, "fluorescence", "intensities", "0", "r(0)-g(255)-b(0)-a(255)", "sum", affine];
        return OutputFile.Single(string.Concat(new[] { header, em, fluorescence }.Select(row => string.Join('\t', row) + "\n")));
    }

    /// <inheritdoc/>
    public bool Recognises(string text)
    {
        string first = text.TrimStart('\uFEFF').Split('\n', 2)[0];
        List<string> header = CsvRow.Split(first.TrimEnd('\r'), Separator(first));
        return header.Contains("uri") && header.Contains("affine");
    }

    /// <inheritdoc/>
    public ImportedTransform Read(ImportSource source)
    {
        string[] lines = source.Lines();
        char separator = Separator(lines[0]);
        List<string> header = CsvRow.Split(lines[0], separator);
        int uri = header.IndexOf("uri"), name = header.IndexOf("name"), affine = header.IndexOf("affine");
        if (uri < 0 || affine < 0) throw source.Bad(1, $"the header must have the columns uri and affine; it is '{Xyz.Short(lines[0])}'.");
        var found = new List<(int Line, string Label, AffineTransform Transform)>();
        var labels = new List<string>();
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim().Length == 0) continue;
            List<string> cells = CsvRow.Split(lines[i], separator);
            if (cells.Count <= Math.Max(uri, affine)) throw source.Bad(i + 1, $"{cells.Count} columns, where the header has {header.Count}.");
            string label = name >= 0 && name < cells.Count && cells[name].Length > 0 ? cells[name] : cells[uri];
            labels.Add(label);
            bool wanted = source.Item.Length > 0 && (source.Item == label || source.Item == cells[uri]);
            if (source.Item.Length > 0 && !wanted) continue;
            string text = cells[affine];
            if (text.Length == 0)
            {
                if (wanted) found.Add((i + 1, label, AffineTransform.Identity));
                continue;
            }
            if (text[0] != '(' || text[^1] != ')')
                throw source.Bad(i + 1, $"the affine is '{Xyz.Short(text)}': it must be 12 numbers in brackets, (a,b,c,tx,...). Transform tables cannot be read.");
            AffineTransform transform = Xyz.Affine(Xyz.Numbers(CsvRow.Split(text[1..^1]), 12, $"{source.File}, line {i + 1}, affine"), source.Unit);
            if (wanted || !transform.Rows.SequenceEqual(AffineTransform.Identity.Rows)) found.Add((i + 1, label, transform));
        }
        if (source.Item.Length > 0 && found.Count == 0) throw source.Bad($"there is no image {source.Item}. Images: {string.Join(", ", labels)}.");
        if (found.Count == 0) throw source.Bad("no image has an affine other than the identity.");
        if (found.Count > 1) throw source.Bad($"{found.Count} images have an affine ({string.Join(", ", found.Select(f => f.Label))}). Name the fluorescence's with item.");
        return new ImportedTransform(found[0].Transform);
    }

    private static char Separator(string header) => header.Contains('\t', StringComparison.Ordinal) ? '\t' : ',';
}
