namespace ClemReg.Algorithms.Organelles;

/// <summary>Names of classes, which are written in many ways.</summary>
public static class OrganelleClass
{
    /// <summary>Spellings that no rule joins.</summary>
    private static readonly Dictionary<string, string> Others = new()
    {
        ["mito"] = "mitochondrion",
        ["mitochondria"] = "mitochondrion",
        ["nuclei"] = "nucleus",
        ["multivesicularbodie"] = "multivesicularbody",
        ["mvb"] = "multivesicularbody",
        ["golgiapparatu"] = "golgi",
        ["lipid"] = "lipiddroplet",
    };

    /// <summary>What two spellings of one class have in common: letters and digits, small, singular. "Early Endosomes" and "early_endosome" are one.</summary>
    public static string Key(string name)
    {
        string key = string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
        if (key.Length > 3 && key[^1] == 's' && !key.EndsWith("us", StringComparison.Ordinal)) key = key[..^1];
        return Others.GetValueOrDefault(key, key);
    }
}
