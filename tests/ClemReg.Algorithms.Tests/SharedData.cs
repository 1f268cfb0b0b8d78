using Xunit.Abstractions;

namespace ClemReg.Algorithms.Tests;

/// <summary>
/// The real data that is not part of the project: the folder that CLEMREG_DATA names, or ../shared/data beside the checkout. Tests that
/// need it say that they skip where it is absent.
/// </summary>
internal static class SharedData
{
    /// <summary>The full path of a file or folder in the data, or null, said to <paramref name="output"/>, where there is none.</summary>
    public static string? Find(string relative, ITestOutputHelper output)
    {
        foreach (string root in Roots())
        {
            string path = Path.GetFullPath(Path.Combine(root, relative));
            if (Path.Exists(path)) return path;
        }
        output.WriteLine($"SKIPPED: {relative} is not there; set CLEMREG_DATA to the folder of the real data.");
        return null;
    }

    private static IEnumerable<string> Roots()
    {
        if (Environment.GetEnvironmentVariable("CLEMREG_DATA") is { Length: > 0 } named) yield return named;
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "ClemReg.Fiji.sln")))
                yield return Path.Combine(folder.FullName, "..", "shared", "data");
    }
}
