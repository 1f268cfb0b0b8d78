using System.Text.RegularExpressions;

namespace ClemReg.Help;

/// <summary>What ImageJ shows of us under Plugins, as plugins.config says it.</summary>
internal sealed partial class Menu
{
    /// <summary>An entry: where it is, such as "Plugins > CLEM-Reg > Register…", its label, and the operation that it runs.</summary>
    public sealed record Entry(string Path, string Label, string Operation);

    public required IReadOnlyList<Entry> Entries { get; init; }

    public static Menu Read(string file)
    {
        var entries = new List<Entry>();
        foreach (string line in File.ReadAllLines(file))
        {
            if (Line().Match(line) is not { Success: true } match) continue;
            string label = Dots(match.Groups[2].Value);
            entries.Add(new Entry($"{match.Groups[1].Value.Trim().Replace(">", " > ", StringComparison.Ordinal)} > {label}", label, match.Groups[3].Value));
        }
        return new Menu { Entries = entries };
    }

    /// <summary>The documents write one sign where the menu has three dots.</summary>
    public static string Dots(string label) => label.Replace("...", "…", StringComparison.Ordinal);

    public Entry? ByLabel(string label) => Entries.FirstOrDefault(e => e.Label == Dots(label));

    public Entry? ByOperation(string operation) => Entries.FirstOrDefault(e => e.Operation == operation);

    [GeneratedRegex("""^\s*([^#",][^",]*),\s*"([^"]+)",\s*[\w.]+\("(\w+)"\)""")]
    private static partial Regex Line();
}
