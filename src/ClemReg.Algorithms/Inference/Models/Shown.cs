namespace ClemReg.Algorithms.Inference.Models;

/// <summary>Text from files in messages.</summary>
internal static class Shown
{
    private const int Longest = 80;

    /// <summary>A name out of a file, with what does not print as '?', cut where it is long.</summary>
    public static string Name(string name)
    {
        string cut = name.Length > Longest ? name[..(Longest - 3)] + "..." : name;
        return cut.Length == 0 ? "(no name)" : string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
    }
}
