using System.Globalization;
using System.Text.RegularExpressions;

namespace ClemReg.Algorithms.Meshes;

/// <summary>A surface in a folder of STL files.</summary>
/// <param name="Label">The number of label_12.stl, or, of files of other names, a number that no other has.</param>
/// <param name="Class">What its name, or that of its folder within the folder, says: mitochondria of mitochondria_12.stl; empty where it says nothing.</param>
/// <param name="Name">The file's name, with its folder within the folder.</param>
/// <param name="Path">Where it is.</param>
public sealed record StlEntry(int Label, string Class, string Name, string Path);

/// <summary>Folders of STL files, one object in each: as <c>mesh</c> writes them, and as other programs do, whose file names tell classes; a folder within the folder is a class, too.</summary>
public static partial class StlFolder
{
    private static readonly string[] NoClass = ["label", "object", "mesh", "obj", "part", "segment"];

    /// <summary>Lists the files.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="parameter">What the user calls it.</param>
    /// <returns>In the order of labels.</returns>
    /// <exception cref="BadInputException">There is no folder, no STL file in it, or it cannot be read.</exception>
    public static IReadOnlyList<StlEntry> List(string folder, string parameter)
    {
        string[] files;
        try
        {
            if (!Directory.Exists(folder)) throw BadInputException.ForParameter(parameter, folder, "a folder of STL files", File.Exists(folder) ? "It is a file." : "There is none of that name.");
            files = [.. Stl(folder), .. Directory.GetDirectories(folder).SelectMany(Stl)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{parameter}: {folder} cannot be read: {e.Message}", e);
        }
        if (files.Length == 0) throw BadInputException.ForParameter(parameter, folder, "a folder with files *.stl, one an object", "mesh writes such folders; in Blender select the objects and export with Batch Mode.");
        // Numbers in names in their order: 2 before 10.
        (string Path, string Name)[] named = [.. files.Select(f => (f, Path.GetRelativePath(folder, f).Replace('\\', '/'))).OrderBy(f => Digits().Replace(f.Item2, m => m.Value.TrimStart('0').PadLeft(20, '0')), StringComparer.Ordinal).ThenBy(f => f.Item2, StringComparer.Ordinal)];
        var own = named.Select(f => Own().Match(f.Name)).Select(m => m.Success && int.TryParse(m.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int label) && label is > 0 and < Mitochondria.LabelVolume.LargestLabel ? label : 0).ToArray();
        var taken = new HashSet<int>();
        for (int i = 0; i < own.Length; i++)
            if (!taken.Add(own[i])) own[i] = 0;
        int next = 0;
        var entries = new List<StlEntry>();
        for (int i = 0; i < own.Length; i++)
        {
            if (own[i] == 0)
            {
                while (!taken.Add(++next)) { }
                own[i] = next;
            }
            entries.Add(new StlEntry(own[i], ClassOf(named[i].Name), named[i].Name, named[i].Path));
        }
        return [.. entries.OrderBy(e => e.Label)];

        static IEnumerable<string> Stl(string at) => Directory.GetFiles(at).Where(f => Path.GetExtension(f).Equals(".stl", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The class that a name says.</summary>
    internal static string ClassOf(string name)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string word = slash >= 0 ? name[..slash] : Path.GetFileNameWithoutExtension(name).TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9').TrimEnd(' ', '_', '-', '.', '#', '(');
        return NoClass.Contains(word, StringComparer.OrdinalIgnoreCase) ? "" : word;
    }

    [GeneratedRegex(@"^label_(\d+)\.stl$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Own();

    [GeneratedRegex(@"[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();
}
