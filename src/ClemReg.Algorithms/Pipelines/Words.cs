using System.Globalization;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Numbers of things in what people read.</summary>
internal static class Words
{
    /// <summary>"1 object", "12 objects"; "3 boxes".</summary>
    /// <param name="count">How many.</param>
    /// <param name="thing">What, in the singular; one in -x or -s has its plural in -es.</param>
    public static string Count(long count, string thing) => $"{count.ToString(CultureInfo.InvariantCulture)} {(count == 1 ? thing : Many(thing))}";

    private static string Many(string thing) => thing.EndsWith('x') || thing.EndsWith('s') ? thing + "es" : thing + "s";
}
