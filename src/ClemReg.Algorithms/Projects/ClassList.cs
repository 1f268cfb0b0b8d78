using System.Globalization;
using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Organelles;
using ClemReg.Algorithms.Transforms.Interchange;

namespace ClemReg.Algorithms.Projects;

/// <summary>Classes of objects with colours, as a user types them: name=#rrggbb, with commas between.</summary>
internal static class ClassList
{
    public const string Allowed = "names with commas between them, each with a colour if you like, such as mitochondria=#33cc4d,nucleus";

    /// <summary>Reads the list; what has no colour gets one.</summary>
    /// <exception cref="BadInputException">A name is empty or there twice, or a colour is none.</exception>
    public static List<(string Name, string Colour)> Read(string text, string parameter)
    {
        var classes = new List<(string Name, string Colour)>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            int at = part.LastIndexOf("=#", StringComparison.Ordinal);
            string name = (at < 0 ? part : part[..at]).Trim(), colour = at < 0 ? Colour(part, classes.Count) : part[(at + 1)..].Trim().ToLowerInvariant();
            try
            {
                Check(name, colour, classes);
            }
            catch (BadInputException e)
            {
                throw new BadInputException($"{parameter} = {Xyz.Short(text)}: {e.Message} It must be {Allowed}.", e);
            }
            classes.Add((name, colour));
        }
        return classes;
    }

    /// <summary>Refuses a name or a colour.</summary>
    public static void Check(string name, string colour, IReadOnlyList<(string Name, string Colour)> before)
    {
        if (name.Length == 0 || name.Any(char.IsControl)) throw new BadInputException("classes: a name is empty.");
        if (before.Any(b => b.Name == name)) throw new BadInputException($"classes: {Xyz.Short(name)} is there twice.");
        if (colour.Length != 7 || colour[0] != '#' || !int.TryParse(colour.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _))
            throw new BadInputException($"classes: the colour {Xyz.Short(colour)} of {Xyz.Short(name)} is none such as #33cc4d.");
    }

    /// <summary>The colour of a class that has none of its own: that which it has in pictures.</summary>
    public static string Colour(string name, int number)
    {
        Rgb colour = ClassPalette.Of(name, number);
        return string.Create(CultureInfo.InvariantCulture, $"#{colour.Red:x2}{colour.Green:x2}{colour.Blue:x2}");
    }
}
