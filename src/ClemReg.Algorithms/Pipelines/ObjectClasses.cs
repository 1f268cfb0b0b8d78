using System.Globalization;
using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Transforms.Interchange;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Classes of files and labels, from a table.</summary>
internal sealed class ObjectClasses
{
    private readonly Dictionary<string, string> _byFile = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<int, string> _byLabel = [];

    /// <summary>Whether it names a class.</summary>
    public bool Any => _byFile.Count + _byLabel.Count > 0;

    /// <summary>The class of a label, or null.</summary>
    public string? Of(int label) => _byLabel.GetValueOrDefault(label);

    /// <summary>The class of a mesh, or null.</summary>
    public string? Of(ObjectMesh mesh) => _byFile.TryGetValue(mesh.File, out string? name) || _byFile.TryGetValue(Path.GetFileNameWithoutExtension(mesh.File), out name) ? name : Of(mesh.Label);

    /// <summary>Reads a table with the columns file or label (or id), and class. Lines without a class are passed over.</summary>
    /// <exception cref="BadInputException">A column is missing, or a line is wrong.</exception>
    public static ObjectClasses Read(InputText text)
    {
        var source = new ImportSource(text.Text, text.File, LengthUnit.All[0]);
        string[] lines = source.Lines();
        List<string> header = [.. CsvRow.Split(lines[0].ToLowerInvariant()).Select(c => c.Trim())];
        int file = header.IndexOf("file"), label = header.IndexOf("label") is >= 0 and var l ? l : header.IndexOf("id"), kind = header.IndexOf("class");
        if (kind < 0 || (file < 0 && label < 0)) throw source.Bad(1, $"there is no column {(kind < 0 ? "class" : "file or label")}: the header must be file,class or label,class, and is '{Xyz.Short(lines[0])}'.");
        var classes = new ObjectClasses();
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim().Length == 0) continue;
            List<string> cells = CsvRow.Split(lines[i]);
            string name = kind < cells.Count ? cells[kind].Trim() : "";
            if (name.Length == 0) continue;
            if (file >= 0 && file < cells.Count && cells[file].Length > 0)
            {
                if (!classes._byFile.TryAdd(cells[file], name)) throw source.Bad(i + 1, $"{Xyz.Short(cells[file])} is given twice.");
                continue;
            }
            string number = label >= 0 && label < cells.Count ? cells[label] : "";
            if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int value) || value < 1) throw source.Bad(i + 1, $"label is '{Xyz.Short(number)}': it must be a whole number above 0.");
            if (!classes._byLabel.TryAdd(value, name)) throw source.Bad(i + 1, $"label {value} is given twice.");
        }
        return classes;
    }
}
