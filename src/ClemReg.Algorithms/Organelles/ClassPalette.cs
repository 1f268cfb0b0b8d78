using ClemReg.Algorithms.Meshes;

namespace ClemReg.Algorithms.Organelles;

/// <summary>One colour for a class of organelles in boxes, labels, overlays and meshes, whatever else is shown.</summary>
public static class ClassPalette
{
    private static readonly Dictionary<string, Rgb> Known = new()
    {
        ["earlyendosome"] = new Rgb(255, 214, 51),
        ["lateendosome"] = new Rgb(255, 128, 26),
        ["mitochondrion"] = new Rgb(51, 204, 77),
        ["lysosome"] = new Rgb(230, 51, 153),
        ["nucleus"] = new Rgb(77, 128, 255),
        ["cell"] = new Rgb(191, 191, 204),
        ["golgi"] = new Rgb(179, 102, 255),
        ["vacuole"] = new Rgb(51, 204, 230),
        ["multivesicularbody"] = new Rgb(255, 77, 64),
        ["lipiddroplet"] = new Rgb(204, 230, 77),
    };

    /// <summary>The colour of a class.</summary>
    /// <param name="name">Its name, in any of the spellings that <see cref="OrganelleClass.Key"/> makes one.</param>
    /// <param name="number">Its number, from 0, which decides where the name is none of the papers'.</param>
    public static Rgb Of(string name, int number) => Known.TryGetValue(OrganelleClass.Key(name), out Rgb colour) ? colour : Rgb.Of(number);
}
